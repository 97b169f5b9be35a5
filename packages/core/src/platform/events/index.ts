export type { EventStore, Json, LoggedEvent, NewEvent } from './log.ts'
export { createEvents, type EventHandler, type Events } from './reader.ts'
