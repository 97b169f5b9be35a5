import type { Clock } from '../../spec/index.ts'
import { refuse } from '../input.ts'
import { describeError, type Logger } from '../telemetry/index.ts'
import type { HostTx, UnitOfWork } from '../unit-of-work/index.ts'
import type { EventStore, LoggedEvent } from './log.ts'

/** Reads the log, each event once: its writes through `tx` commit together with the reader's place. */
export type EventHandler = (events: readonly LoggedEvent[], context: { readonly tx: HostTx }) => Promise<void>

/** The event log, as a host reads it. */
export interface Events {
  /** Events after a position, oldest first; null from the beginning. At most 1,000. */
  read(query?: {
    readonly after?: string | null
    readonly types?: readonly string[]
    readonly limit?: number
  }): Promise<readonly LoggedEvent[]>
  /**
   * Follows the log under a name that keeps its place in the database. The handler runs inside a transaction, in one
   * process at a time, while a worker or `tick` runs; when it throws, the same events come again.
   * @throws LastroError `invalid_input` when the name is taken or not well-formed.
   */
  follow(name: string, handler: EventHandler, options?: { readonly types?: readonly string[] }): void
  /** Gives every follower what is new. The worker and `tick` call it; tests may. Answers how many events were read. */
  deliver(): Promise<number>
}

/** What a transaction must offer to readers of the log. */
export interface EventTx {
  readonly events: EventStore
  readonly host: HostTx
}

const BATCH = 100
const MAX_READ = 1_000

interface Follower {
  readonly name: string
  readonly handler: EventHandler
  readonly types: readonly string[] | undefined
}

/** Makes the host's side of the event log. */
export function createEvents(deps: {
  readonly storage: UnitOfWork<EventTx>
  readonly clock: Clock
  readonly logger: Logger
}): Events {
  const followers = new Map<string, Follower>()
  return {
    read: ({ after = null, types, limit = BATCH } = {}) =>
      deps.storage.read((tx) =>
        tx.events.readAfter({
          position: after,
          limit: Math.min(MAX_READ, Math.max(1, Math.trunc(limit))),
          ...(types === undefined ? {} : { types }),
        }),
      ),
    follow(name, handler, { types } = {}) {
      if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
        refuse('name', 'must be 1 to 64 of a-z, 0-9, dot, dash and underscore')
      if (followers.has(name)) refuse('name', `"${name}" is followed already in this process`)
      followers.set(name, { name, handler, types })
    },
    async deliver() {
      let count = 0
      for (const follower of followers.values()) {
        try {
          for (let read = BATCH; read === BATCH; count += read) read = await deliverBatch(deps, follower)
        } catch (error) {
          deps.logger.error(
            { follower: follower.name, error: describeError(error) },
            'event follower failed, will see the same events again',
          )
        }
      }
      return count
    },
  }
}

function deliverBatch(
  deps: { readonly storage: UnitOfWork<EventTx>; readonly clock: Clock },
  follower: Follower,
): Promise<number> {
  return deps.storage.transaction(async (tx) => {
    const { position } = await tx.events.lockReader(follower.name)
    const { types } = follower
    const events = await tx.events.readAfter({
      position,
      limit: BATCH,
      ...(types === undefined ? {} : { types }),
    })
    const last = events.at(-1)
    if (last === undefined) return 0
    await follower.handler(events, { tx: tx.host })
    await tx.events.moveReader({ name: follower.name, position: last.position, at: deps.clock.now() })
    return events.length
  })
}
