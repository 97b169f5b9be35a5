import type { LedgerTx } from '../../books/ledger/index.ts'
import type { Rates } from '../../books/rates/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { PlatformTx, UnitOfWork } from '../../platform/storage/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { Clock, DeclineReason, Ids, PaymentProvider } from '../../spec/index.ts'
import type { Payment } from './payment.ts'
import type { RouteRule } from './route.ts'
import type { PaymentTx } from './store.ts'

/** What a transaction must offer for payments to work in it. */
export type PaymentWork = PlatformTx & LedgerTx & PaymentTx

/** A provider that takes money in, and the guarded way to it. */
export interface PaymentRail {
  readonly port: PaymentProvider
  readonly rail: Rail
}

/** What changed, as products are told: a state, or money that moved while the state stayed. */
export type PaymentChange = Payment['state'] | 'received_late' | 'refunded' | 'disputed'

/** Told inside the transaction in which a payment changes its state or its money. */
export type PaymentListener<T extends PaymentWork> = (
  tx: T,
  payment: Payment,
  change: PaymentChange,
) => Promise<void>

/** How payments behave. All have defaults. */
export interface PaymentOptions {
  /** Which providers take which payments, where the host names none. Default: all that can, as listed in `providers`. */
  readonly routes?: readonly RouteRule[]
  /** Refusals after which the next provider of the route may try. Default `limit_exceeded` and `not_permitted`. */
  readonly failOverOn?: readonly DeclineReason[]
  /** What becomes of more than was asked. Default `keep`: event `payment.overpaid`, and a person decides. */
  readonly onOverpaid?: 'keep' | 'refund'
  /** What becomes of money for an ended payment. Default `keep`: event `payment.received_late`, and a person decides. */
  readonly onLate?: 'keep' | 'refund'
  /** How long one call to the provider may take before it is doubt. Default 30 s. */
  readonly callTimeoutMs?: number
  /** First wait before asking about what is in doubt; doubles to `askMaxMs`. Default 2 s. */
  readonly askBaseMs?: number
  /** Longest wait between two questions about what is in doubt. Default 10 minutes. */
  readonly askMaxMs?: number
  /**
   * Longest wait between two questions about a payment that waits for its payer, unless that is less than a 48th of its
   * age. Default 30 minutes.
   */
  readonly openAskMaxMs?: number
  /** How long after its expiry a payment is asked about and ended. Default 1 minute. */
  readonly expiryGraceMs?: number
}

/** What payments need. */
export interface PaymentDeps<T extends PaymentWork = PaymentWork> {
  readonly storage: UnitOfWork<T>
  readonly rails: Readonly<Record<string, PaymentRail>>
  readonly rates: Pick<Rates, 'get'>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly options?: PaymentOptions
  readonly onPayment?: PaymentListener<T>
}

/** Every option with its value. */
export type PaymentSettings = Required<PaymentOptions>

const DEFAULTS: PaymentSettings = {
  routes: [],
  failOverOn: ['limit_exceeded', 'not_permitted'],
  onOverpaid: 'keep',
  onLate: 'keep',
  callTimeoutMs: 30_000,
  askBaseMs: 2_000,
  askMaxMs: 600_000,
  openAskMaxMs: 1_800_000,
  expiryGraceMs: 60_000,
}

/** The options with their defaults. */
export function settingsOf(deps: Pick<PaymentDeps, 'options'>): PaymentSettings {
  return { ...DEFAULTS, ...deps.options }
}

/** The provider's rail by the name the host gave it, or undefined. */
export function railOf(deps: Pick<PaymentDeps, 'rails'>, provider: string): PaymentRail | undefined {
  return Object.hasOwn(deps.rails, provider) ? deps.rails[provider] : undefined
}

/** Added to the call's time-out before what is still `submitting` counts as doubt: its process died. */
const LEASE_MARGIN_MS = 5_000

/** How long a call may be under way before its process counts as dead. */
export function leaseMs(deps: Pick<PaymentDeps, 'options'>): number {
  return settingsOf(deps).callTimeoutMs + LEASE_MARGIN_MS
}

/** `not_sent` is tried again after 1 s, doubling to 5 minutes, for as long as it takes: nothing was sent. */
export function resendMs(attempts: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, Math.min(300_000, 1_000 * 2 ** Math.min(Math.max(attempts - 1, 0), 20)))
}

/** The wait before the next question about what is in doubt. */
export function doubtMs(deps: Pick<PaymentDeps, 'options'>, round: number): number {
  const { askBaseMs, askMaxMs } = settingsOf(deps)
  return Math.min(askMaxMs, askBaseMs * 2 ** Math.min(round, 20))
}

/** The signal of one call: the job's own, and a deadline. */
export function callSignal(deps: Pick<PaymentDeps, 'options'>, signal?: AbortSignal): AbortSignal {
  const deadline = AbortSignal.timeout(settingsOf(deps).callTimeoutMs)
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline])
}
