import { type StatusTable, statusTable } from '@lastro/adapter-kit'
import type { DeclineReason, ProviderPaymentState } from '@lastro/core/spec'
import { PROVIDER } from './provider.ts'

/** What a status of an invoice or deposit means. */
export interface PaymentStatusRow {
  /** Null: the status says nothing of the payment itself, only of what was given back. */
  readonly state: ProviderPaymentState | null
  /** The money is credited, in whole or in part. */
  readonly hasArrived?: true
  /** True only while `is_final` is not told to be false. */
  readonly isFinal?: true
  readonly reason?: DeclineReason
  /** More than a payment can say: the invoice is told as `changed` too. */
  readonly isTold?: true
  /** In the table of events, after `payment`. */
  readonly becomes: string
}

/** Statuses of payments and static wallets (doc.heleket.com, statuses; Go SDK 0.3.0 `status.go`). */
export const PAYMENT_STATUSES = {
  check: { state: 'pending', becomes: 'pending' },
  process: { state: 'processing', becomes: 'processing' },
  confirm_check: { state: 'processing', becomes: 'processing' },
  wrong_amount_waiting: { state: 'requires_action', becomes: 'requires_action' },
  paid: { state: 'paid', hasArrived: true, isFinal: true, becomes: 'paid' },
  paid_over: { state: 'paid', hasArrived: true, isFinal: true, becomes: 'paid' },
  // Closed, and what came is credited: it can be given back.
  wrong_amount: {
    state: 'failed',
    hasArrived: true,
    isFinal: true,
    reason: 'invalid_amount',
    becomes: 'failed, with its receipt',
  },
  fail: { state: 'failed', isFinal: true, reason: 'refused', becomes: 'failed' },
  // The payer did not pay in time: nobody can cancel an invoice.
  cancel: { state: 'expired', isFinal: true, reason: 'expired', becomes: 'expired' },
  system_fail: { state: 'failed', isFinal: true, reason: 'refused', becomes: 'failed' },
  // Held by Heleket's AML check: nothing is credited, and it may still be.
  locked: { state: 'processing', isTold: true, becomes: 'processing, invoice changed' },
  refund_process: { state: null, hasArrived: true, isTold: true, becomes: 'receipt, invoice changed' },
  refund_paid: { state: null, hasArrived: true, isTold: true, becomes: 'receipt, invoice changed' },
  refund_fail: { state: null, hasArrived: true, isTold: true, becomes: 'receipt, invoice changed' },
} as const satisfies Readonly<Record<string, PaymentStatusRow>>

/** What a status of a payout means. */
export interface PayoutStatusRow {
  readonly state: 'pending' | 'paid' | 'failed'
  readonly becomes: string
}

/** Statuses of payouts. All but `process` and `check` are final. Same sources. */
export const PAYOUT_STATUSES = {
  process: { state: 'pending', becomes: 'pending' },
  check: { state: 'pending', becomes: 'pending' },
  paid: { state: 'paid', becomes: 'paid' },
  fail: { state: 'failed', becomes: 'failed' },
  cancel: { state: 'failed', becomes: 'failed' },
  system_fail: { state: 'failed', becomes: 'failed' },
} as const satisfies Readonly<Record<string, PayoutStatusRow>>

/** Looks up what the API says of a payment. */
export const paymentStatus: StatusTable<PaymentStatusRow> = statusTable<PaymentStatusRow>({
  provider: PROVIDER,
  field: 'payment.status',
  table: PAYMENT_STATUSES,
})

/** Looks up what the API says of a payout. */
export const payoutStatus: StatusTable<PayoutStatusRow> = statusTable<PayoutStatusRow>({
  provider: PROVIDER,
  field: 'payout.status',
  table: PAYOUT_STATUSES,
})
