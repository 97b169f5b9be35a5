import { once } from '../../platform/idempotency/index.ts'
import { parseInput, refuse } from '../../platform/input.ts'
import { Money } from '../../spec/index.ts'
import { addOperation } from './add-operation.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { captureSchema } from './input.ts'
import { isUnderWay, type PaymentOperation } from './operation.ts'
import type { PaymentId } from './payment.ts'
import { illegal, lockFor } from './refund.ts'

/** What to take of an authorized payment. */
export interface CaptureInput {
  readonly id: PaymentId
  /** Default: all that is left. */
  readonly amount?: Money
  /** True: nothing more is taken, and the rest is let go. Default: true when all that is left is taken. */
  readonly isFinal?: boolean
  readonly idempotencyKey: string
}

/**
 * Takes all or a part of an authorized payment, inside the caller's transaction; one capture at a time.
 * @throws LastroError `invalid_input`, `not_found`, `illegal_transition` unless it is authorized and no other capture is
 * under way, `provider_missing`, `idempotency_key_reused`.
 */
export async function capturePayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  input: CaptureInput,
): Promise<PaymentOperation> {
  const { idempotencyKey: key, ...body } = parseInput(captureSchema, input)
  const { id } = body
  return once(tx, { operation: 'payments.capture', key, body, at: deps.clock.now() }, async () => {
    const payment = await lockFor(deps, tx, { id, kind: 'capture' })
    if (payment.state !== 'authorized') throw illegal(payment, 'capture')
    const operations = await tx.payments.operations(id)
    if (operations.some((operation) => operation.kind === 'capture' && isUnderWay(operation)))
      throw illegal(payment, 'capture while another capture is under way')
    const held = Money.isPositive(payment.authorized) ? payment.authorized : payment.amount
    const left = Money.subtract(held, payment.received)
    if (!Money.isPositive(left)) throw illegal(payment, 'capture: nothing is left')
    const amount = body.amount ?? left
    if (amount.asset !== left.asset) refuse('amount.asset', `must be ${left.asset}, as the payment's`)
    if (amount.amount > left.amount)
      refuse(
        'amount',
        `must be at most ${Money.format(left)} ${left.asset}: what is left of what was authorized`,
      )
    const isFinal = body.isFinal ?? amount.amount === left.amount
    return addOperation(deps, tx, { payment, kind: 'capture', amount, isFinal })
  })
}
