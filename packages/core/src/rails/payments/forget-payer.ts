import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { paymentIdSchema } from './input.ts'
import type { Payment, PaymentId } from './payment.ts'
import { illegal } from './refund.ts'
import { change } from './step.ts'

/**
 * Takes the payer's data out of a payment, inside the caller's transaction. Rails whose refund is a new payment to the
 * payer cannot give back afterwards.
 * @throws LastroError `not_found`, `illegal_transition` while the provider may still need it.
 */
export async function forgetPayer<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  id: PaymentId,
): Promise<Payment> {
  parseInput(paymentIdSchema, id, { at: 'id' })
  const payment = await tx.payments.lock(id)
  if (payment === null) throw new LastroError('not_found', { kind: 'payment', id })
  if (payment.payer === null) return payment
  const { state } = payment
  if (state === 'created' || state === 'submitting' || state === 'unknown')
    throw illegal(payment, 'forget_payer')
  return change(deps, tx, { payment, set: { payer: null } })
}
