import { Money, type MoneyJson, Rate } from '../../spec/index.ts'
import type { Payment, StoredAction } from './payment.ts'
import type { Dispute, Receipt, Refund } from './store.ts'

/** A payment with the lists behind its figures. */
export interface PaymentDetails {
  readonly payment: Payment
  readonly receipts: readonly Receipt[]
  readonly refunds: readonly Refund[]
  readonly disputes: readonly Dispute[]
}

/** A payment as anybody may see it: JSON-safe, with no secrets and no personal data. */
export interface PaymentView {
  readonly id: string
  readonly state: Payment['state']
  /** How much of what was received went back. */
  readonly refundState: 'none' | 'pending' | 'part' | 'whole'
  /** True while a dispute or block holds money, or waits for an answer. */
  readonly isDisputed: boolean
  readonly provider: string
  readonly method: Payment['method']
  readonly amount: MoneyJson
  /** Where it is priced in another asset: the price, and the rate that was used, as a decimal text. */
  readonly conversion: {
    readonly price: MoneyJson
    readonly rate: string
    readonly source: string
    readonly observedAt: string
  } | null
  readonly authorized: MoneyJson
  readonly received: MoneyJson
  readonly fees: MoneyJson
  readonly refunding: MoneyJson
  readonly refunded: MoneyJson
  readonly disputed: MoneyJson
  readonly description: string | null
  readonly reference: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** What the payer must do; a secret for the browser comes from `payments.action`. */
  readonly action: StoredAction | null
  readonly reason: string | null
  readonly expiresAt: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly receipts: readonly {
    readonly ref: string
    readonly amount: MoneyJson
    readonly receivedAt: string | null
  }[]
  readonly refunds: readonly {
    readonly id: string | null
    readonly ref: string
    readonly state: Refund['state']
    readonly amount: MoneyJson
  }[]
  readonly disputes: readonly {
    readonly ref: string
    readonly state: Dispute['state']
    readonly amount: MoneyJson
    readonly withdrawn: MoneyJson | null
    readonly respondBy: string | null
  }[]
}

/** The public form of a payment. Pure. */
export function toPaymentView({ payment, receipts, refunds, disputes }: PaymentDetails): PaymentView {
  const { toJson } = Money
  return {
    id: payment.id,
    state: payment.state,
    refundState: refundStateOf(payment),
    isDisputed: disputes.some(isLive),
    provider: payment.provider,
    method: payment.method,
    amount: toJson(payment.amount),
    conversion: viewOfConversion(payment),
    authorized: toJson(payment.authorized),
    received: toJson(payment.received),
    fees: toJson(payment.fees),
    refunding: toJson(payment.refunding),
    refunded: toJson(payment.refunded),
    disputed: toJson(payment.disputed),
    description: payment.description,
    reference: payment.reference,
    metadata: payment.metadata,
    action: payment.action,
    reason: payment.reason,
    expiresAt: payment.expiresAt?.toISOString() ?? null,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
    receipts: receipts.map(({ ref, amount, receivedAt }) => ({
      ref,
      amount: toJson(amount),
      receivedAt: receivedAt?.toISOString() ?? null,
    })),
    refunds: refunds.map(({ operationId, ref, state, amount }) => ({
      id: operationId,
      ref,
      state,
      amount: toJson(amount),
    })),
    disputes: disputes.map(({ ref, state, amount, withdrawn, respondBy }) => ({
      ref,
      state,
      amount: toJson(amount),
      withdrawn: withdrawn === null ? null : toJson(withdrawn),
      respondBy: respondBy?.toISOString() ?? null,
    })),
  }
}

/** Places enough for any two assets that people compare. */
const RATE_PLACES = 12

function viewOfConversion({ conversion }: Payment): PaymentView['conversion'] {
  if (conversion === null) return null
  const { price, rate, source, observedAt } = conversion
  const shown = Rate.format(rate, RATE_PLACES)
  return { price: Money.toJson(price), rate: shown, source, observedAt: observedAt.toISOString() }
}

function refundStateOf({ received, refunded, refunding }: Payment): PaymentView['refundState'] {
  if (Money.isPositive(refunding)) return 'pending'
  if (!Money.isPositive(refunded)) return 'none'
  return refunded.amount >= received.amount ? 'whole' : 'part'
}

function isLive({ state, withdrawn }: Dispute): boolean {
  const isOver = state === 'won' || state === 'lost' || state === 'closed'
  return !isOver && (state !== 'warned' || (withdrawn !== null && Money.isPositive(withdrawn)))
}
