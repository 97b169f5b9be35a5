import { fetchFrom } from '../efi/fetch.ts'
import { createScheduler } from '../efi/scheduler.ts'
import { createFaultPlan } from '../faults.ts'
import type { StripeAnswer, StripeRequest } from './answers.ts'
import { completeAction, confirmCard, type PayerOutcome, payCheckout, settleProcessing } from './browser.ts'
import {
  closeDispute,
  type DisputeInput,
  failRefund,
  openDispute,
  respondToDispute,
  settleRefund,
  warnFraud,
  withdrawFunds,
} from './disputes.ts'
import { emit } from './events.ts'
import type { StripeFaultPlan, StripeFaults } from './faults.ts'
import { handle } from './handle.ts'
import { mswHandlers } from './handlers.ts'
import { createIds } from './ids.ts'
import { type FakeStripeOptions, STRIPE_API_URL, withDefaults } from './options.ts'
import { createOutbox, type StripeDelivery } from './outbox.ts'
import type {
  StripeCall,
  StripeCharge,
  StripeDispute,
  StripeEvent,
  StripeIntent,
  StripeRefund,
  StripeSession,
  StripeTransaction,
  StripeWarning,
} from './records.ts'
import { createState, findObject, type StripeContext } from './state.ts'

/** A fake Stripe: ask it as an adapter would, make it fail as networks do, and look at what it really did. */
export interface FakeStripe {
  /** One request in, one answer out; `drop` is a connection that dies. */
  handle(request: StripeRequest): Promise<StripeAnswer | 'drop'>
  /** A `fetch` for an adapter's `fetch` option. */
  readonly fetch: typeof fetch
  /** Handlers for msw 3, which the host installs. */
  handlers(baseUrl?: string): ReturnType<typeof mswHandlers>
  /** Nothing listens any more, or again: `ECONNREFUSED` for whoever uses `fetch`. */
  reachable(isReachable: boolean): void
  /** What goes wrong, and what went wrong. */
  readonly faults: StripeFaultPlan

  /** The payer pays on a page. Answers the intent's id. @throws Error unless the page is open. */
  payCheckout(session: string, outcome?: PayerOutcome): string
  /** The payer pays in an own form. Answers the charge's id, or null. @throws Error when it cannot be paid. */
  confirmCard(intent: string, outcome?: PayerOutcome): string | null
  /** The payer confirms with the bank, or fails to. Answers the charge's id. @throws Error unless that is awaited. */
  completeAction(intent: string, isConfirmed?: boolean): string | null
  /** A delayed method brings the money, or does not. @throws Error unless it is processing. */
  settleProcessing(intent: string, isPaid?: boolean): void
  /** A charge is disputed. Answers the dispute's id. @throws Error unless it was captured. */
  openDispute(charge: string, input?: DisputeInput): string
  /** The disputed money is taken, where `openDispute` left it. */
  withdrawFunds(dispute: string): void
  /** Evidence was given. */
  respondToDispute(dispute: string): void
  /** A dispute ends. Won, the money comes back. */
  closeDispute(dispute: string, end: 'won' | 'lost' | 'warning_closed'): void
  /** The bank warns of fraud. Answers the warning's id. */
  warnFraud(charge: string, fraudType?: string): string
  /** A pending refund has reached the payer. @throws Error unless it is pending. */
  settleRefund(refund: string): void
  /** A refund came back, even after it had succeeded. */
  failRefund(refund: string, reason?: string): void
  /** An event of any type about an object that is there. */
  emit(type: string, id: string): void

  readonly sessions: readonly StripeSession[]
  readonly intents: readonly StripeIntent[]
  readonly charges: readonly StripeCharge[]
  readonly refunds: readonly StripeRefund[]
  readonly disputes: readonly StripeDispute[]
  readonly warnings: readonly StripeWarning[]
  readonly transactions: readonly StripeTransaction[]
  readonly events: readonly StripeEvent[]
  /** What the balance comes to, fees taken off, by currency. */
  balance(currency: string): number
  /** Every call, in order of arrival. No secrets are kept. */
  readonly calls: readonly StripeCall[]
  /** Every webhook, in the order in which it arose. */
  readonly webhooks: readonly StripeDelivery[]
  /** Tries every webhook that waits for its turn; late and held ones too, with `everything`. */
  flushWebhooks(options?: { readonly everything?: boolean }): Promise<readonly StripeDelivery[]>
  /** Moves the fake's time ahead and does what falls due: pages that end, webhooks, retries, delayed answers. */
  advance(ms: number): Promise<void>
  /** Forgets what was to happen later. */
  close(): void
  readonly apiKey: string
}

type Witness =
  | 'sessions'
  | 'intents'
  | 'charges'
  | 'refunds'
  | 'disputes'
  | 'warnings'
  | 'transactions'
  | 'events'

/**
 * A fake Stripe with Checkout pages, payment intents, charges, refunds, disputes, warnings of fraud, a balance, events
 * and webhooks. It shares no code with the adapter, nor with Stripe's package.
 *
 * @example
 * const url = 'https://shop.example/webhooks/stripe'
 * const stripe = createFakeStripe({ endpoints: [{ url, secrets: ['whsec_test_of_the_fake'] }] })
 * stripe.faults.next('session.create', 'drop_after_effect')
 * // … the adapter asks for a page, and does not learn what became of it …
 * stripe.sessions.length // 1
 */
export function createFakeStripe(options: FakeStripeOptions = {}): FakeStripe {
  const settings = withDefaults(options)
  const scheduler = createScheduler(settings)
  const faults: StripeFaultPlan = createFaultPlan<StripeFaults>()
  const outbox = createOutbox({ settings, scheduler, faults })
  const context: StripeContext = {
    settings,
    state: createState(),
    scheduler,
    ids: createIds(settings.seed),
    outbox,
  }
  const { state } = context
  const answer = (request: StripeRequest) => handle(context, { request, faults })
  const fetchNow = fetchFrom(answer)
  let isUp = true
  const own: Omit<FakeStripe, Witness> = {
    handle: answer,
    fetch: async (input, init) => {
      if (isUp) return fetchNow(input, init)
      throw refusedConnection()
    },
    handlers: (baseUrl = STRIPE_API_URL) => mswHandlers(answer, baseUrl),
    reachable: (isReachable) => {
      isUp = isReachable
    },
    faults,
    ...helpersOf(context),
    balance: (currency) =>
      [...state.transactions.values()]
        .filter((one) => one.currency === currency)
        .reduce((sum, { net }) => sum + net, 0),
    get calls() {
      return state.calls.map((call) => ({ ...call }))
    },
    get webhooks() {
      return outbox.log
    },
    flushWebhooks: ({ everything = false } = {}) => outbox.flush({ everything }),
    advance: (ms) => scheduler.advance(ms),
    close: () => scheduler.close(),
    apiKey: settings.apiKey,
  }
  return withWitnesses(context, own)
}

function helpersOf(context: StripeContext) {
  const { state } = context
  return {
    payCheckout: (id, outcome) => payCheckout(context, { id, outcome }),
    confirmCard: (id, outcome) => confirmCard(context, { id, outcome }),
    completeAction: (id, isConfirmed) => completeAction(context, { id, isConfirmed }),
    settleProcessing: (id, isPaid) => settleProcessing(context, { id, isPaid }),
    openDispute: (charge, input) => openDispute(context, { ...input, charge }),
    withdrawFunds: (dispute) => withdrawFunds(context, dispute),
    respondToDispute: (dispute) => respondToDispute(context, dispute),
    closeDispute: (dispute, end) => closeDispute(context, { id: dispute, end }),
    warnFraud: (charge, fraudType) => warnFraud(context, { charge, fraudType }),
    settleRefund: (refund) => settleRefund(context, refund),
    failRefund: (refund, reason) => failRefund(context, { id: refund, reason }),
    emit: (type, id) => {
      const object = findObject(state, id)
      if (object === null) throw new Error(`The fake Stripe has no ${id}.`)
      emit(context, { type, object })
    },
  } satisfies Partial<FakeStripe>
}

/** Copies of what is there, in order of making. */
function withWitnesses(context: StripeContext, own: Omit<FakeStripe, Witness>): FakeStripe {
  const names = [
    'sessions',
    'intents',
    'charges',
    'refunds',
    'disputes',
    'warnings',
    'transactions',
    'events',
  ] as const
  for (const name of names)
    Object.defineProperty(own, name, {
      enumerable: true,
      get: () => structuredClone([...context.state[name].values()]),
    })
  return own as FakeStripe
}

function refusedConnection(): TypeError {
  const facts = { code: 'ECONNREFUSED', syscall: 'connect' }
  return new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), facts) })
}
