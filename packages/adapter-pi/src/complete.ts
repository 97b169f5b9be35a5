import { accepted, declined, type Outcome, type ProviderPayment, unknown } from '@lastro/core/spec'
import { txidOf } from './facts.ts'
import {
  change,
  doubtful,
  type Expected,
  type Incoming,
  type Known,
  readAgain,
  readExpected,
} from './incoming.ts'
import { COMPLETE_CODES } from './refusal.ts'

/** A payment as it is after `already_completed`: done only by the transaction that was meant. */
function sameTransaction(now: Outcome<Known>, txid: string): Outcome<ProviderPayment> {
  if (now.kind !== 'accepted') return now
  const { told } = now.value
  if (told.state === 'canceled') return declined('expired', 'the payment was canceled.')
  const [receipt] = told.receipts
  if (receipt === undefined || receipt.ref === txid) return accepted(told)
  return declined('refused', 'the payment was completed with another transaction: it needs a person.')
}

/**
 * Completes a payment that the payer signed. Where Pi tells the transaction, that one is used: a changed browser can tell
 * any. `paid` only when Pi has verified it.
 */
export async function complete(
  context: Incoming,
  expected: Expected & { readonly proof?: string },
): Promise<Outcome<ProviderPayment>> {
  const read = await readExpected(context, expected)
  if (read.kind !== 'accepted') return read
  const { payment, told } = read.value
  if (told.state === 'paid') return accepted(told)
  if (told.state === 'canceled') return declined('expired', 'the payment was canceled.')
  const txid = txidOf(payment.transaction?.txid) ?? txidOf(expected.proof)
  if (txid === null) return unknown(new Error('No transaction of the payment is known yet.'))
  const { providerRef: ref, signal } = expected
  const path = ['payments', ref, 'complete']
  const changed = await change(context, { ref, method: 'POST', path, json: { txid }, signal })
  if (changed.kind === 'payment') return sameTransaction(accepted(changed), txid)
  if (changed.kind !== 'code') return changed
  switch (COMPLETE_CODES.get(changed.code ?? '')) {
    case 'read':
      return sameTransaction(await readAgain(context, { ref, signal }), txid)
    case 'wait': {
      const now = await readAgain(context, { ref, signal })
      return now.kind === 'accepted' ? accepted(now.value.told) : now
    }
    case 'alarm':
      return declined('refused', `Pi refused the transaction: ${changed.code}. It needs a person.`)
    case undefined:
      return doubtful(changed)
  }
}
