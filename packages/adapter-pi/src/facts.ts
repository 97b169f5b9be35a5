import type { ProviderPayment, ProviderPayout, ProviderRefund } from '@lastro/core/spec'
import { readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { surprise } from './client.ts'
import { keyOf } from './metadata.ts'
import type { NetworkFacts } from './networks.ts'
import { type StateRow, stateOf } from './states.ts'

const TXID = /^[0-9a-f]{64}$/

/** A transaction id in lower case, or null when the text is none. */
export function txidOf(text: string | null | undefined): string | null {
  const txid = text?.toLowerCase() ?? ''
  return TXID.test(txid) ? txid : null
}

/** Which direction a payment must have to be what it is taken for. */
export type Direction = 'user_to_app' | 'app_to_user'

/**
 * Why a payment cannot be what it is taken for, or null. A network or direction that is not told is no confirmation: old
 * answers lack both.
 */
export function foreignness(
  payment: PaymentDto,
  wanted: { readonly facts: NetworkFacts; readonly direction: Direction },
): string | null {
  if (payment.network !== wanted.facts.passphrase)
    return `the payment is not told to be on ${wanted.facts.passphrase}`
  return payment.direction === wanted.direction ? null : `the payment is not told to be ${wanted.direction}`
}

/**
 * The state of a payment.
 * @throws ProviderError `unexpected_answer` when its flags contradict each other.
 */
export function certainState(payment: PaymentDto): StateRow {
  const state = stateOf(payment)
  if (state === null) throw surprise('the flags of a payment contradict each other: it needs a person.')
  return state
}

/** Said of a state that is no plain step on the way. */
const detailOf = ({ name, payout }: StateRow): { readonly detail?: string } =>
  payout === 'failed' || name === 'completed_untold' ? { detail: name } : {}

/**
 * A payment from a user, in our words. Money is told to have arrived only when Pi has verified the transaction and we
 * have completed the payment.
 * @throws ProviderError `unexpected_answer` for anything new, odd or contradictory.
 */
export function readIncoming(payment: PaymentDto, facts: NetworkFacts): ProviderPayment {
  const foreign = foreignness(payment, { facts, direction: 'user_to_app' })
  if (foreign !== null) throw surprise(`${foreign}.`)
  const state = certainState(payment)
  const amount = readAmount(payment.amount, { field: 'amount', asset: facts.asset })
  const key = keyOf(payment)
  const txid = txidOf(payment.transaction?.txid)
  if (state.name === 'completed' && txid === null) throw surprise('transaction.txid is no transaction id.')
  return {
    providerRef: payment.identifier,
    ...(key === null ? {} : { idempotencyKey: key }),
    payerRef: payment.user_uid,
    state: state.payment,
    amount,
    receipts: state.name === 'completed' && txid !== null ? [{ ref: txid, amount }] : [],
    refunds: [],
    disputes: [],
    ...detailOf(state),
  }
}

/** A payment to a user as the API tells it, common to payouts and refunds. */
function readOutgoing(payment: PaymentDto, facts: NetworkFacts) {
  const foreign = foreignness(payment, { facts, direction: 'app_to_user' })
  if (foreign !== null) throw surprise(`${foreign}.`)
  const state = certainState(payment)
  const amount = readAmount(payment.amount, { field: 'amount', asset: facts.asset })
  return { state, amount, txid: txidOf(payment.transaction?.txid) }
}

/**
 * A payout in our words, by the API alone.
 * @throws ProviderError as `readIncoming`.
 */
export function readPayout(payment: PaymentDto, facts: NetworkFacts): Omit<ProviderPayout, 'idempotencyKey'> {
  const { state, amount, txid } = readOutgoing(payment, facts)
  return {
    providerRef: payment.identifier,
    state: state.payout,
    amount,
    ...(txid === null ? {} : { endToEndId: txid }),
    ...detailOf(state),
  }
}

const REFUNDS = { pending: 'pending', paid: 'succeeded', failed: 'failed' } as const

/**
 * A refund in our words, by the API alone.
 * @throws ProviderError as `readIncoming`.
 */
export function readRefund(
  payment: PaymentDto,
  given: { readonly facts: NetworkFacts; readonly key: string; readonly receipt: string },
): ProviderRefund {
  const { state, amount } = readOutgoing(payment, given.facts)
  return {
    ref: payment.identifier,
    idempotencyKey: given.key,
    receiptRef: given.receipt,
    state: REFUNDS[state.payout],
    amount,
    ...detailOf(state),
  }
}
