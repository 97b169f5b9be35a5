import type { Clock } from '../../spec/index.ts'
import type { AuditStore } from '../audit/index.ts'
import { createBatcher } from '../batching/index.ts'
import { describeError, type Logger } from '../telemetry/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import type { RefusalReason } from './arrival.ts'
import type { DeliveryStore, RefusalCount } from './delivery.ts'

/** An arrival that was not taken. */
export interface Refusal {
  /** As the caller wrote it; `isConfigured` says whether it is one of ours. */
  readonly provider: string
  readonly isConfigured: boolean
  /** Empty before the type is known. */
  readonly topic: string
  readonly reason: RefusalReason
  readonly status: number
  readonly bytes: number
}

/** Counts what was refused. */
export interface Refusals {
  /** Resolves when it is counted. Never throws: a refusal is answered even where it cannot be counted. */
  note(refusal: Refusal): Promise<void>
  drain(): Promise<void>
}

interface Noted extends Refusal {
  readonly at: Date
  /** The first of its kind within a minute stands in the audit; all are counted. */
  readonly isFirst: boolean
}

const LIMITS = { items: 512, weight: 512, waitingItems: 4_096, waitingWeight: 4_096 }
const MINUTE_MS = 60_000
/** The name under which all that ask for no provider of ours are counted. */
const NOBODY = '?'

/**
 * Makes the counters of refusals. Whoever sends forgeries must not fill the audit, which nobody can delete: each kind
 * of refusal is written there once a minute and process, without its body.
 */
export function createRefusals(deps: {
  readonly storage: UnitOfWork<{ readonly deliveries: DeliveryStore; readonly audit: AuditStore }>
  readonly clock: Clock
  readonly logger: Logger
}): Refusals {
  const audited = new Map<string, number>()
  const isFirst = ({ isConfigured, provider, reason }: Refusal, at: Date): boolean => {
    const minute = minuteOf(at).getTime()
    const kind = `${isConfigured ? provider : NOBODY}/${reason}`
    if (audited.get(kind) === minute) return false
    audited.set(kind, minute)
    return true
  }
  const batcher = createBatcher<Noted, null>({
    limits: LIMITS,
    weigh: () => 1,
    send: async (refusals) => {
      await deps.storage.transaction(async (tx) => {
        await tx.deliveries.countRefusals(counted(refusals))
        for (const refusal of refusals.filter((each) => each.isFirst)) {
          const { provider, reason, status, bytes, at } = refusal
          await tx.audit.append({
            actor: `provider:${provider}`,
            action: 'webhook.rejected',
            subject: provider,
            details: { reason, status, bytes },
            at,
          })
        }
      })
      return refusals.map(() => null)
    },
  })
  return {
    async note(refusal) {
      const { provider, reason, bytes } = refusal
      const at = deps.clock.now()
      const first = isFirst(refusal, at)
      if (first) deps.logger.warn({ provider, reason, bytes }, 'webhook rejected')
      // What is too much to be counted is not kept waiting for it.
      if (batcher.isFull()) return
      try {
        await batcher.add({ ...refusal, at, isFirst: first })
      } catch (error) {
        deps.logger.error({ provider, reason, error: describeError(error) }, 'refused webhooks not counted')
      }
    },
    drain: () => batcher.drain(),
  }
}

function minuteOf(at: Date): Date {
  return new Date(at.getTime() - (at.getTime() % MINUTE_MS))
}

function counted(refusals: readonly Noted[]): readonly RefusalCount[] {
  const counts = new Map<string, RefusalCount>()
  for (const { isConfigured, provider, topic, reason, at } of refusals) {
    const of = { provider: isConfigured ? provider : NOBODY, topic, reason, minute: minuteOf(at) }
    const key = JSON.stringify(of)
    counts.set(key, { ...of, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  // In one order everywhere, so that two processes never wait for each other.
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, count]) => count)
}
