import { accepted, declined, type Outcome, type PaymentRef, type ProviderPayment } from '@lastro/core/spec'
import { isPaymentId } from './delivery.ts'
import { change, doubtful, type Incoming, readAgain } from './incoming.ts'
import { CANCEL_CODES } from './refusal.ts'

/**
 * Ends a payment that nobody paid. One that the wallet never made has no id at Pi: there is nothing to end there, and it
 * cannot be paid without being approved.
 */
export async function cancel(
  context: Incoming,
  { providerRef: ref, signal }: PaymentRef & { readonly providerRef: string },
): Promise<Outcome<ProviderPayment>> {
  if (!isPaymentId(ref)) return declined('not_permitted', "providerRef must be Pi's id of the payment.")
  const changed = await change(context, { ref, method: 'POST', path: ['payments', ref, 'cancel'], signal })
  if (changed.kind === 'payment')
    return changed.told.state === 'canceled'
      ? accepted(changed.told)
      : declined('not_permitted', 'it is not canceled.')
  if (changed.kind !== 'code') return changed
  const meaning = CANCEL_CODES.get(changed.code ?? '')
  if (meaning === 'refused') return declined('not_permitted', `Pi refused to cancel: ${changed.code}.`)
  if (meaning === undefined) return doubtful(changed)
  const now = await readAgain(context, { ref, signal })
  if (now.kind !== 'accepted') return now
  const { told } = now.value
  return told.state === 'canceled'
    ? accepted(told)
    : declined('not_permitted', `the payment is ${told.state}.`)
}
