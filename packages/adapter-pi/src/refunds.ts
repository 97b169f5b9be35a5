import { notSent } from '@lastro/adapter-kit'
import {
  accepted,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderRefund,
  type RefundPayment,
} from '@lastro/core/spec'
import { checkAmount } from './amounts.ts'
import { isPaymentId } from './delivery.ts'
import { readRefund } from './facts.ts'
import { type FoundSend, findSend } from './find-send.ts'
import type { Purpose } from './metadata.ts'
import { checkKey } from './payouts.ts'
import { send } from './send.ts'
import type { Teller } from './tell.ts'
import type { Wallet } from './wallet.ts'

type Of = Pick<RefundPayment, 'idempotencyKey' | 'payment' | 'receiptRef'>

const purposeOf = ({ idempotencyKey, payment, receiptRef }: Of): Purpose => ({
  for: 'refund',
  lastro: idempotencyKey,
  payment: payment.providerRef,
  receipt: receiptRef,
})

/** A send as a refund: the chain's word goes before the API's. */
function refundOf(wallet: Wallet, of: Of, { payment, hash }: FoundSend): ProviderRefund {
  const given = { facts: wallet.settings.facts, key: of.idempotencyKey, receipt: of.receiptRef }
  const told = readRefund(payment, given)
  return hash === null ? told : { ...told, state: 'succeeded' }
}

/** The payment that is given back, and to whom; or why it cannot be. */
async function payerOf(teller: Teller, request: RefundPayment): Promise<Outcome<{ readonly uid: string }>> {
  const { payment, receiptRef, amount, payer, signal } = request
  const found = isPaymentId(payment.providerRef)
    ? await teller.client.payment(payment.providerRef, signal)
    : null
  if (found === null) return declined('not_permitted', 'Pi has no such payment.')
  const told = await teller.incoming(found, signal)
  const receipt = told.receipts.find(({ ref }) => ref === receiptRef.toLowerCase())
  if (receipt === undefined) return declined('not_permitted', 'the payment has no such receipt.')
  if (Money.compare(amount, receipt.amount) > 0)
    return declined('invalid_amount', 'amount must not be above what was paid.')
  if (payer?.providerRef !== undefined && payer.providerRef !== found.user_uid)
    return declined('invalid_destination', 'payer.providerRef is not who paid.')
  return accepted({ uid: found.user_uid })
}

/**
 * Gives a payment back: Pi has no refund, so it is a payment from the app's wallet to who paid. How much of a payment was
 * given back in all is the caller's to know; Pi does not add it up.
 */
export async function refund(
  context: { readonly wallet: Wallet; readonly teller: Teller },
  request: RefundPayment,
): Promise<Outcome<ProviderRefund>> {
  const { wallet, teller } = context
  const keyRule = checkKey(request.idempotencyKey)
  if (keyRule !== null) return declined('refused', `idempotencyKey ${keyRule}.`)
  const amountRule = checkAmount(request.amount, wallet.settings.facts.asset)
  if (amountRule !== null) return declined('invalid_amount', `amount ${amountRule}.`)
  try {
    const payer = await payerOf(teller, request)
    if (payer.kind !== 'accepted') return payer
    const { amount, reason, signal } = request
    const memo = reason ?? wallet.settings.memo
    const outcome = await send(wallet, {
      purpose: purposeOf(request),
      amount,
      uid: payer.value.uid,
      memo: [...memo].slice(0, 140).join(''),
      signal,
    })
    return outcome.kind === 'accepted' ? accepted(refundOf(wallet, request, outcome.value)) : outcome
  } catch (error) {
    if (isProviderError(error)) return notSent('prerequisite', { cause: error })
    throw error
  }
}

/** Looks a refund up as a send. Null: nothing was sent for it. @throws ProviderError when it could not be asked. */
export async function findRefund(
  wallet: Wallet,
  question: Of & { readonly providerRef?: string; readonly signal?: AbortSignal },
): Promise<ProviderRefund | null> {
  const { providerRef, signal } = question
  const found = await findSend(wallet, { purpose: purposeOf(question), providerRef, signal })
  return found === null ? null : refundOf(wallet, question, found)
}
