import type { EventHandler, Events, LoggedEvent } from '../events/index.ts'
import { takesType } from './endpoint.ts'
import { bodyOf, endpointsFor, writeMessage } from './send.ts'
import type { OutgoingDeps } from './settings.ts'
import type { OutgoingWork } from './store.ts'

/** The name under which the log is followed. Its place is a row in the database. */
const FOLLOWER = 'lastro.outgoing'
/** Facts that make a body longer than this are left out: the receiver asks for them. */
const MAX_FACTS = 48_000

/**
 * Makes a message of each logged event that the host chose. The messages commit together with the reader's place, so
 * each event becomes one exactly once. An endpoint gets only what happened after it was created, and where none takes
 * an event, nothing is written.
 */
export function followEvents<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  events: Pick<Events, 'follow'>,
): void {
  const { fromEvents } = deps.settings()
  if (fromEvents.length === 0) return
  const exact = fromEvents.filter((pattern) => !pattern.includes('*'))
  const handler: EventHandler = (batch, { tx: host }) =>
    deps.storage.transaction(
      async (tx) => {
        for (const event of batch) await turnIntoMessage(deps, tx, event)
      },
      { tx: host },
    )
  events.follow(FOLLOWER, handler, exact.length === fromEvents.length ? { types: exact } : {})
}

async function turnIntoMessage<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  event: LoggedEvent,
): Promise<void> {
  const { fromEvents, customerOf } = deps.settings()
  const { type, at, position } = event
  // A message about the end of a message would be followed by the next one.
  if (type.startsWith('outgoing.') || !takesType(fromEvents, type)) return
  const customer = customerOf(event)
  const endpoints = await endpointsFor(tx, { customer, type })
  const met = endpoints.filter(({ createdAt }) => createdAt <= at)
  if (met.length === 0) return
  await writeMessage(deps, tx, {
    type,
    customer,
    body: bodyOf({ type, at, data: dataOf(event) }),
    endpoints: met,
    eventPosition: position,
  })
}

/** `sequence` grows in the order of commits, so a receiver can put what it got in order. */
function dataOf({ subject, correlation, position, data }: LoggedEvent) {
  const known = { subject, correlation, sequence: position }
  return JSON.stringify(data).length > MAX_FACTS ? known : { ...known, facts: data }
}
