import type { Clock, Ids, Providers, Verdict, WebhookSource } from '../../spec/index.ts'
import type { AuditStore } from '../audit/index.ts'
import { createBatcher } from '../batching/index.ts'
import type { JobEnqueuer } from '../jobs/index.ts'
import { type Logger, traceOf } from '../telemetry/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import { applyDelivery } from './apply.job.ts'
import {
  type Arrival,
  type IncomingDelivery,
  REFUSAL_STATUS,
  type Receipt,
  type RefusalReason,
  toArrival,
} from './arrival.ts'
import type { DeliveryStore, NewDelivery } from './delivery.ts'
import { type Guards, passLayers, typeOf } from './layers.ts'
import type { PointListener } from './points.ts'
import { createRateLimiter, type RateLimits, UNKNOWN_TYPE } from './rate-limit.ts'
import { createRecent } from './recent.ts'
import { createRefusals, type Refusals } from './refusals.ts'

/** What a transaction must offer to the inbox. */
export interface InboxTx {
  readonly deliveries: DeliveryStore
  readonly jobs: JobEnqueuer
  readonly audit: AuditStore
}

/** What taking deliveries needs. */
export interface IntakeDeps {
  readonly storage: UnitOfWork<InboxTx>
  readonly providers: Providers
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly rateLimits?: RateLimits
  readonly at: PointListener
}

/** Takes deliveries in. */
export interface Intake {
  receive(provider: string, incoming: IncomingDelivery): Promise<Receipt>
  /** Waits until everything taken so far was answered. */
  drain(): Promise<void>
}

/**
 * One batch is one statement and one commit. Larger ones are hardly cheaper for each delivery. What waits is bounded by
 * what a process can hold; beyond it, senders are told to come again.
 *
 * While one batch is being stored the next is on its way, so neither this process nor the database waits for the other.
 */
const LIMITS = { items: 512, weight: 4_194_304, waitingItems: 16_384, waitingWeight: 67_108_864 }
const FLIGHTS = 2
const BUSY_MS = 1_000

/** Makes the way in. Deliveries that arrive at the same time are stored by one commit. */
export function createIntake(deps: IntakeDeps): Intake {
  const guards: Guards = { recent: createRecent(), limiter: createRateLimiter(deps.rateLimits) }
  const refusals = createRefusals(deps)
  const batcher = createBatcher<NewDelivery, boolean>({
    limits: LIMITS,
    flights: FLIGHTS,
    // Of one subject never in two commits at once: their jobs keep the order in which they came.
    laneOf: ({ provider, subject }) => subject && `${provider}/${subject}`,
    weigh: ({ body }) => body.byteLength + 512,
    send: (deliveries) => store(deps, deliveries),
  })
  return {
    async receive(provider, incoming) {
      const source = sourceOf(deps.providers, provider)
      const bytes = incoming.body?.byteLength ?? 0
      const refuse = refuserOf(refusals, { provider, bytes, isConfigured: source !== undefined })
      if (source === undefined) return refuse({ reason: 'unknown_provider' })
      const arrival = toArrival(incoming, {
        provider,
        source,
        receivedAt: deps.clock.now(),
        // Without its message, which may hold what the sender wrote.
        onThrow: (error) =>
          deps.logger.error({ provider, error: traceOf(error) }, 'webhook verification threw'),
      })
      const stop = await passLayers(arrival, guards)
      if (stop?.kind === 'duplicate') return { ...acknowledge(deps, arrival), result: 'duplicate' }
      if (stop !== null) return refuse({ ...stop, topic: await typeOf(arrival) })
      const verdict = await arrival.verdict()
      // Not reached: a layer stops every rejected verdict.
      if (verdict.kind === 'rejected') return refuse({ reason: verdict.reason })
      deps.at('intake.verified')
      if (batcher.isFull()) return refuse({ reason: 'busy', retryAfterMs: BUSY_MS })
      // Reads nothing, and is refused where a transaction is open in this call: the batch would wait for it for ever.
      await deps.storage.read(nothing)
      const delivery = toDelivery(deps, { arrival, verdict, type: await typeOf(arrival) })
      const isNew = await batcher.add(delivery)
      guards.recent.add(delivery)
      const answer = acknowledge(deps, arrival)
      return isNew ? { ...answer, result: 'received', id: delivery.id } : { ...answer, result: 'duplicate' }
    },
    async drain() {
      await batcher.drain()
      await refusals.drain()
    },
  }
}

async function nothing(): Promise<void> {}

function sourceOf(providers: Providers, name: string): WebhookSource | undefined {
  return Object.hasOwn(providers, name) ? providers[name]?.webhooks : undefined
}

/** Stores a batch and the jobs that will apply it, in one commit. Answers which of them are new. */
async function store(deps: IntakeDeps, deliveries: readonly NewDelivery[]): Promise<readonly boolean[]> {
  const stored = await deps.storage.transaction(async (tx) => {
    const ids = new Set(await tx.deliveries.insert(deliveries))
    deps.at('intake.inserted')
    const inputs = deliveries
      .filter(({ id }) => ids.has(id))
      .map(({ id, provider, subject }) => ({ id, provider, subject }))
    await tx.jobs.enqueueMany(applyDelivery, inputs)
    deps.at('intake.enqueued')
    return ids
  })
  deps.at('intake.committed')
  return deliveries.map(({ id }) => stored.has(id))
}

function toDelivery(
  deps: IntakeDeps,
  {
    arrival,
    verdict,
    type,
  }: { arrival: Arrival; verdict: Exclude<Verdict, { kind: 'rejected' }>; type: string },
): NewDelivery {
  const { deliveryId, topic, subject = null, sequence = null, kind } = verdict
  return {
    id: deps.ids.next('whd'),
    provider: arrival.provider,
    deliveryId,
    topic,
    subject,
    sequence,
    verdict: kind,
    isKnownType: type !== UNKNOWN_TYPE,
    body: arrival.raw.body,
    receivedAt: arrival.raw.receivedAt,
  }
}

/** What the provider wants to hear. An adapter that throws here has broken nothing: plain 200 is said. */
function acknowledge(
  deps: IntakeDeps,
  { source, raw, provider }: Arrival,
): Pick<Receipt, 'status' | 'headers'> {
  if (source.acknowledge === undefined) return { status: 200 }
  try {
    return source.acknowledge(raw)
  } catch (error) {
    deps.logger.error({ provider, error: traceOf(error) }, 'webhook acknowledgement threw')
    return { status: 200 }
  }
}

/** Answers a refusal and counts it. Who is told to slow down is not kept waiting for the database. */
function refuserOf(
  refusals: Refusals,
  of: { readonly provider: string; readonly bytes: number; readonly isConfigured: boolean },
) {
  const { isConfigured, bytes } = of
  const provider = of.provider.slice(0, 64).toWellFormed().replaceAll('\0', '\uFFFD')
  return async (refusal: {
    readonly reason: RefusalReason
    readonly topic?: string
    readonly retryAfterMs?: number
  }): Promise<Receipt> => {
    const { reason, retryAfterMs } = refusal
    const status = REFUSAL_STATUS[reason]
    // A type is only told once it is proven, and only one that the adapter lists.
    const topic = reason === 'rate_limited' ? (refusal.topic ?? '') : ''
    const noted = refusals.note({ provider, isConfigured, topic, reason, status, bytes })
    if (retryAfterMs === undefined) await noted
    const headers =
      retryAfterMs === undefined
        ? {}
        : { headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) } }
    return { status, result: 'rejected', reason, ...headers }
  }
}
