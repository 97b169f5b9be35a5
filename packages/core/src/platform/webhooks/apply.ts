import type { Clock, ProviderEvent } from '../../spec/index.ts'
import { pack } from '../codec.ts'
import type { JobEnqueuer } from '../jobs/index.ts'
import { sha256Hex } from '../node.ts'
import type {
  DeliveryStore,
  DeliverySummary,
  LockedDelivery,
  OpenedDelivery,
  QueuedDelivery,
  SubjectPlace,
} from './delivery.ts'
import type { PointListener } from './points.ts'

/** What a transaction must offer. */
export interface ApplyTx {
  readonly deliveries: DeliveryStore
  readonly jobs: JobEnqueuer
}

/** An event on its way into the books. */
export interface Told {
  readonly event: ProviderEvent
  /** Proven by the delivery, or answered by the provider itself. */
  readonly isBelieved: boolean
  /** The provider was asked and has nothing there. */
  readonly isUnconfirmed?: boolean
}

/** News for the engine's domains. */
export interface ProviderNews {
  readonly provider: string
  readonly event: ProviderEvent
  /** Our id of the delivery. */
  readonly delivery: string
}

/** Where a provider's events go. Declared here, filled by the engine. */
export interface EventApplier<T> {
  /**
   * Asks the provider about an event that is a hint, that nothing proves or that fits no rule; what it answers is
   * applied instead. Empty: nothing there. @throws ProviderError when it could not be asked.
   */
  confirm(about: {
    readonly provider: string
    readonly event: ProviderEvent
    readonly signal: AbortSignal
  }): Promise<readonly ProviderEvent[]>
  /**
   * Applies one event inside the transaction. On settled state it changes nothing. Throws when it cannot.
   * `unmatched`: nothing of ours waits for it, and people were told.
   */
  apply(tx: T, news: ProviderNews): Promise<'applied' | 'unmatched'>
}

/**
 * The host's own part: runs inside the transaction, after the engine's part, once for each event that was proven or
 * confirmed and is not `ignored`. The host's statements go through `tx.host`. When it throws, everything is rolled back
 * and tried again. Must not call the network.
 */
export type WebhookHandler<T> = (tx: T, event: ProviderEvent, delivery: DeliverySummary) => Promise<void>

/** Handlers by the name of the provider; `*` for all, which comes second. */
export type WebhookHandlers<T> = Readonly<Record<string, WebhookHandler<T>>>

interface ApplyParts<T> {
  readonly applier: EventApplier<T>
  /** Enqueues a delivery that was held: at once, or no later than a time. One job of each, the sooner counts. */
  readonly again: (tx: T, next: QueuedDelivery, runAt?: Date) => Promise<void>
  readonly handlers: WebhookHandlers<T>
  readonly clock: Clock
  readonly at: PointListener
}

/** Longer than all attempts of a delivery take. Then its place is lost: waiting for ever would be worse than order. */
const HOLD_MS = 900_000

type OrderFacts = Pick<LockedDelivery, 'id' | 'provider' | 'subject' | 'sequence' | 'verdict'>

/** Where news stands in the order of its subject. What nothing proves may not say it: it would hide the true news. */
export function placeOf({ id, provider, subject, sequence, verdict }: OrderFacts): SubjectPlace | null {
  if (subject === null || sequence === null || verdict !== 'authentic') return null
  return { provider, subject, sequence, delivery: id }
}

/** Applies all events of a delivery and settles it, in the transaction that is given. */
export async function applyTold<T extends ApplyTx>(
  parts: ApplyParts<T>,
  tx: T,
  work: {
    readonly delivery: OpenedDelivery
    readonly told: readonly Told[]
    readonly adapterVersion: string | null
  },
): Promise<void> {
  const { delivery, told, adapterVersion } = work
  const { id } = delivery
  const locked = await tx.deliveries.lock(id)
  if (locked === null || locked.state === 'applied' || locked.emptiedAt !== null) return
  parts.at('apply.locked')
  const at = parts.clock.now()
  const place = placeOf(locked)
  // What is late changes nothing, so it waits for nothing.
  if (place !== null && !delivery.isLate && (await hold(parts, tx, { locked, place, at }))) return
  const isLate = place !== null && !(await tx.deliveries.advance({ ...place, at }))
  parts.at('apply.placed')
  const applied = isLate
    ? locked.applied
    : await applyAll(parts, tx, { delivery, told, applied: locked.applied })
  const isUnconfirmed = told.some((each) => each.isUnconfirmed)
  await tx.deliveries.settle({
    id,
    state: 'applied',
    note: isLate ? 'superseded' : isUnconfirmed ? 'unconfirmed' : null,
    adapterVersion,
    applied,
    at,
  })
  if (place !== null) await releaseNext(parts, tx, place)
  parts.at('apply.settled')
}

/** Enqueues the first of the subject that is held, in the transaction that settles the one it waits for. */
export async function releaseNext<T extends ApplyTx>(
  { again }: Pick<ApplyParts<T>, 'again'>,
  tx: T,
  place: SubjectPlace,
): Promise<void> {
  const next = await tx.deliveries.nextHeld(place)
  if (next !== null) await again(tx, next)
}

/**
 * An earlier one of the subject waits, mostly for its next attempt: this one goes on when that one is applied or dead,
 * and at the latest after `HOLD_MS`. False: it need not wait, or not any longer.
 */
async function hold<T extends ApplyTx>(
  parts: ApplyParts<T>,
  tx: T,
  { locked, place, at }: { readonly locked: LockedDelivery; readonly place: SubjectPlace; readonly at: Date },
): Promise<boolean> {
  const { id, heldAt } = locked
  if (heldAt !== null && at.getTime() - heldAt.getTime() >= HOLD_MS) return false
  if (!(await tx.deliveries.hasEarlier(place))) return false
  const since = await tx.deliveries.hold({ id, at })
  if (since === null) return false
  await parts.again(tx, locked, new Date(since.getTime() + HOLD_MS))
  parts.at('apply.held')
  return true
}

/**
 * What was applied of this delivery before is left out: replaying it after a mended adapter applies only what is new.
 * An event that nothing of ours waited for is tried again, by the engine's part alone.
 */
async function applyAll<T extends ApplyTx>(
  parts: ApplyParts<T>,
  tx: T,
  {
    delivery,
    told,
    applied,
  }: {
    readonly delivery: OpenedDelivery
    readonly told: readonly Told[]
    readonly applied: readonly string[]
  },
): Promise<readonly string[]> {
  const done = new Map(applied.map((mark) => [mark.replace('?', ''), mark.endsWith('?')]))
  for (const { event, isBelieved } of told) {
    const digest = sha256Hex(pack(event)).slice(0, 32)
    const wasUnmatched = done.get(digest)
    if (wasUnmatched === false) continue
    const { provider, id } = delivery
    const result = await parts.applier.apply(tx, { provider, event, delivery: id })
    parts.at('apply.applied')
    if (wasUnmatched === undefined && isBelieved && event.kind !== 'ignored')
      await hand(parts.handlers, tx, { event, delivery })
    parts.at('apply.handled')
    done.set(digest, result === 'unmatched')
  }
  return [...done].map(([digest, isUnmatched]) => (isUnmatched ? `${digest}?` : digest))
}

async function hand<T>(
  handlers: WebhookHandlers<T>,
  tx: T,
  { event, delivery }: { readonly event: ProviderEvent; readonly delivery: OpenedDelivery },
): Promise<void> {
  const { body: _body, applied: _applied, isLate: _isLate, ...summary } = delivery
  for (const name of [delivery.provider, '*'])
    if (Object.hasOwn(handlers, name)) await handlers[name]?.(tx, event, summary)
}
