import type { ProviderPaymentState } from '@lastro/core/spec'
import type { PaymentDto } from './api.ts'

/** A flag that must be so, or `null` where it may be either. */
type Flag = boolean | null

/** What a payment's flags mean. */
export interface StateRow {
  readonly name: string
  readonly approved: Flag
  readonly verified: Flag
  readonly completed: Flag
  readonly cancelled: Flag
  readonly userCancelled: Flag
  /** A transaction is told. */
  readonly transaction: Flag
  /** User to app. */
  readonly payment: ProviderPaymentState
  /** App to user, by the API alone: the chain may know more. */
  readonly payout: 'pending' | 'paid' | 'failed'
  readonly next: string
}

const OPEN = { cancelled: false, userCancelled: false } as const
const ENDED = { approved: null, verified: false, completed: false, transaction: false } as const

/**
 * The states of a payment by its five flags and its transaction. The first row that fits decides; flags that fit none
 * contradict each other, and nothing is paid by them. Only `completed` is paid.
 */
export const STATES: readonly StateRow[] = [
  {
    ...{ name: 'created', approved: false, verified: false, completed: false, ...OPEN, transaction: false },
    ...{ payment: 'requires_action', payout: 'pending', next: 'approve, or send to the user' },
  },
  {
    ...{ name: 'approved', approved: true, verified: false, completed: false, ...OPEN, transaction: false },
    ...{ payment: 'requires_action', payout: 'pending', next: 'the user signs in the wallet' },
  },
  {
    ...{ name: 'sent', approved: null, verified: false, completed: false, ...OPEN, transaction: true },
    ...{ payment: 'processing', payout: 'pending', next: 'read again' },
  },
  {
    ...{ name: 'verified', approved: null, verified: true, completed: false, ...OPEN, transaction: null },
    ...{ payment: 'authorized', payout: 'pending', next: 'complete' },
  },
  {
    ...{ name: 'completed', approved: null, verified: true, completed: true, ...OPEN, transaction: true },
    ...{ payment: 'paid', payout: 'paid', next: 'deliver, once' },
  },
  {
    // Reported of the API (pi-nodejs, issue 26): no transaction is told although the chain has one.
    ...{
      name: 'completed_untold',
      approved: null,
      verified: true,
      completed: true,
      ...OPEN,
      transaction: false,
    },
    ...{ payment: 'processing', payout: 'pending', next: 'read again until the transaction is told' },
  },
  {
    ...{ name: 'canceled', ...ENDED, cancelled: true, userCancelled: false },
    ...{ payment: 'canceled', payout: 'failed', next: 'close' },
  },
  {
    ...{ name: 'canceled_by_user', ...ENDED, cancelled: null, userCancelled: true },
    ...{ payment: 'canceled', payout: 'failed', next: 'close' },
  },
]

/** The row that a payment's flags fit, or null when they contradict each other. */
export function stateOf({
  status,
  transaction,
}: Pick<PaymentDto, 'status' | 'transaction'>): StateRow | null {
  const fits = (wanted: Flag, is: boolean): boolean => wanted === null || wanted === is
  const isTold = transaction !== null && transaction !== undefined
  const found = STATES.find(
    (row) =>
      fits(row.approved, status.developer_approved) &&
      fits(row.verified, status.transaction_verified) &&
      fits(row.completed, status.developer_completed) &&
      fits(row.cancelled, status.cancelled) &&
      fits(row.userCancelled, status.user_cancelled) &&
      fits(row.transaction, isTold),
  )
  if (found === undefined) return null
  return found.name === 'completed' && transaction?.verified === false ? null : found
}
