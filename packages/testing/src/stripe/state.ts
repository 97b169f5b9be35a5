import type { Scheduler } from '../efi/scheduler.ts'
import type { StripeIds } from './ids.ts'
import type { Settings } from './options.ts'
import type { Outbox } from './outbox.ts'
import type {
  Mutable,
  StripeCall,
  StripeCharge,
  StripeDispute,
  StripeEvent,
  StripeIntent,
  StripeObject,
  StripeRefund,
  StripeSession,
  StripeTransaction,
  StripeWarning,
} from './records.ts'

/** What is kept under an idempotency key. */
export interface KeptKey {
  readonly at: Date
  /** Method, path and parameters: the same key with others is refused. */
  readonly asked: string
  /** Null while the first call is under way. */
  answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  } | null
}

/** Everything at the fake. */
export interface StripeState {
  readonly sessions: Map<string, StripeSession>
  readonly intents: Map<string, StripeIntent>
  readonly charges: Map<string, StripeCharge>
  readonly refunds: Map<string, StripeRefund>
  readonly disputes: Map<string, StripeDispute>
  readonly warnings: Map<string, StripeWarning>
  readonly transactions: Map<string, StripeTransaction>
  readonly events: Map<string, StripeEvent>
  readonly keys: Map<string, KeptKey>
  readonly calls: Mutable<StripeCall>[]
  /** What intents of Checkout pages shall be made with, by the page's id. */
  readonly plans: Map<string, IntentPlan>
  /** Objects that lists and look-ups do not show before these times. */
  readonly hiddenUntil: Map<string, Date>
  /** The call that is under way, as events name it. */
  request: StripeEvent['request']
}

/** What an intent is made with. */
export interface IntentPlan {
  readonly amount: number
  readonly currency: string
  readonly capture: string
  readonly metadata: Readonly<Record<string, string>>
  readonly description: string | null
  readonly customer: string | null
  readonly receiptEmail: string | null
  readonly types: readonly string[] | null
  readonly mayCaptureInParts: boolean
}

/** Nothing is under way: what happens now was begun by Stripe or by the payer. */
export const NO_REQUEST: StripeEvent['request'] = { id: null, idempotency_key: null }

/** A Stripe in which nothing has happened. */
export function createState(): StripeState {
  return {
    sessions: new Map(),
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    warnings: new Map(),
    transactions: new Map(),
    events: new Map(),
    keys: new Map(),
    calls: [],
    plans: new Map(),
    hiddenUntil: new Map(),
    request: NO_REQUEST,
  }
}

/** What routes and helpers work with. */
export interface StripeContext {
  readonly settings: Settings
  readonly state: StripeState
  readonly scheduler: Scheduler
  readonly ids: StripeIds
  readonly outbox: Outbox
}

/** Unix seconds, now. */
export const nowSeconds = ({ scheduler }: Pick<StripeContext, 'scheduler'>): number =>
  Math.floor(scheduler.now().getTime() / 1_000)

/** Whether look-ups and lists show it. */
export function isShown(
  { state, scheduler }: Pick<StripeContext, 'state' | 'scheduler'>,
  id: string,
): boolean {
  const until = state.hiddenUntil.get(id)
  return until === undefined || until <= scheduler.now()
}

/** Every object that can be asked for by its id, which says by its beginning what it is. */
export function findObject(state: StripeState, id: string): StripeObject | null {
  const { sessions, intents, charges, refunds, disputes, warnings, transactions, events } = state
  const all = [sessions, intents, charges, refunds, disputes, warnings, transactions, events]
  for (const map of all) {
    const found = (map as ReadonlyMap<string, StripeObject>).get(id)
    if (found !== undefined) return found
  }
  return null
}

/** @throws Error when there is no such object: a test asked for what is not there. */
export function known<T>(
  map: ReadonlyMap<string, T>,
  asked: { readonly what: string; readonly id: string },
): T {
  const found = map.get(asked.id)
  if (found === undefined) throw new Error(`The fake Stripe has no ${asked.what} ${asked.id}.`)
  return found
}
