import { once } from '../../platform/idempotency/index.ts'
import { parseInput } from '../../platform/input.ts'
import { addOperation } from './add-operation.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { existing } from './create.ts'
import { cancelSchema } from './input.ts'
import { isUnderWay } from './operation.ts'
import { isOpen, type Payment, type PaymentId } from './payment.ts'
import { illegal, lockFor } from './refund.ts'
import { step } from './step.ts'

/** Which payment to cancel. */
export interface CancelInput {
  readonly id: PaymentId
  readonly idempotencyKey: string
}

/**
 * Cancels a payment that nobody paid, inside the caller's transaction: at once where the provider has nothing, else by
 * asking the provider, so the answer still shows the state before.
 * @throws LastroError `invalid_input`, `not_found`, `illegal_transition` while it is in doubt and once it is over,
 * `provider_missing` where the provider cannot, `idempotency_key_reused`.
 */
export async function cancelPayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  input: CancelInput,
): Promise<Payment> {
  const { id, idempotencyKey: key } = parseInput(cancelSchema, input)
  await once(tx, { operation: 'payments.cancel', key, body: { id }, at: deps.clock.now() }, async () => {
    await existing(tx, id)
    const payment = await tx.payments.lock(id)
    if (payment === null) return { id }
    const isOnlyHere = payment.state === 'created' || (isOpen(payment) && payment.providerRef === null)
    if (isOnlyHere) {
      await step(deps, tx, { payment, event: 'cancel' })
      return { id }
    }
    if (!isOpen(payment)) throw illegal(payment, 'cancel')
    await lockFor(deps, tx, { id, kind: 'cancel' })
    const operations = await tx.payments.operations(id)
    if (!operations.some((operation) => operation.kind === 'cancel' && isUnderWay(operation)))
      await addOperation(deps, tx, { payment, kind: 'cancel' })
    return { id }
  })
  return existing(tx, id)
}
