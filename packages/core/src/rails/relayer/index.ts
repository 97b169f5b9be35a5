/** The door of the rail: contract events read with a durable cursor, gaps seen, each event relayed once. */
export type { RelayerDeps, RelayerSource, RelayerWork } from './context.ts'
export { createRelayer, type Relayer } from './create-relayer.ts'
export type { Backfill, ResumeStream } from './gaps.ts'
export type { RelayerOptions, RelayerStream } from './options.ts'
export { withRelayedEvents } from './relayed-source.ts'
export type { StreamStatus } from './status.ts'
export type { GapFilter, RelayerStore, RelayerTx } from './store.ts'
export {
  type GapId,
  type GapState,
  gapMachine,
  type RelayedEvent,
  type RelayerGap,
  type StreamRow,
  type StreamState,
  streamMachine,
} from './stream.ts'
