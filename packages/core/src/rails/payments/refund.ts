import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import { parseInput, refuse } from '../../platform/input.ts'
import { Money } from '../../spec/index.ts'
import { addOperation } from './add-operation.ts'
import { isAble } from './calls.ts'
import { type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { refundable } from './derive.ts'
import { refundSchema } from './input.ts'
import type { OperationKind, PaymentOperation } from './operation.ts'
import type { Payment, PaymentId } from './payment.ts'
import { recount } from './step-operation.ts'
import { type Rows, readRows, storyOf } from './story.ts'

/** What to give back. */
export interface RefundInput {
  readonly id: PaymentId
  /** Default: all that is left of the receipt. */
  readonly amount?: Money
  /** Which receipt, where a payment has several. Default: the only one that has so much left. */
  readonly receiptRef?: string
  /** Shown to the payer where the rail can, 140 characters at most. */
  readonly reason?: string
  readonly idempotencyKey: string
}

/**
 * Gives money back, inside the caller's transaction: row, hold, job and event. The money moves later, once.
 * @throws LastroError `invalid_input`, `not_found`, `illegal_transition` where nothing was received, `provider_missing`
 * where the provider cannot, `ledger_refused` where the account that pays has too little, `idempotency_key_reused`.
 */
export async function refundPayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  input: RefundInput,
): Promise<PaymentOperation> {
  const { idempotencyKey: key, ...body } = parseInput(refundSchema, input)
  const { id, amount, receiptRef, reason } = body
  return once(tx, { operation: 'payments.refund', key, body, at: deps.clock.now() }, async () => {
    const payment = await lockFor(deps, tx, { id, kind: 'refund' })
    if (!Money.isPositive(payment.received)) throw illegal(payment, 'refund')
    const rows = await readRows(tx, id)
    const part = chooseReceipt(payment, rows, { amount, receiptRef })
    const refund = await addOperation(deps, tx, {
      payment,
      kind: 'refund',
      ...part,
      ...(reason === undefined ? {} : { purpose: reason }),
    })
    await recount(deps, tx, id)
    return refund
  })
}

/** The refusal of a verb that the payment's state does not allow. */
export function illegal(
  payment: Pick<Payment, 'id' | 'state'>,
  event: string,
): LastroError<'illegal_transition'> {
  return new LastroError('illegal_transition', {
    machine: 'payment',
    id: payment.id,
    state: payment.state,
    event,
  })
}

/** Locks the payment for something its provider must be able to do. @throws LastroError `not_found`, `provider_missing`. */
export async function lockFor<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'rails'>,
  tx: T,
  { id, kind }: { readonly id: PaymentId; readonly kind: OperationKind },
): Promise<Payment> {
  const payment = await tx.payments.lock(id)
  if (payment === null) throw new LastroError('not_found', { kind: 'payment', id })
  const found = railOf(deps, payment.provider)
  if (found === undefined || !isAble(found, kind))
    throw new LastroError('provider_missing', { provider: payment.provider, port: `payments.${kind}` })
  return payment
}

function chooseReceipt(
  payment: Payment,
  rows: Rows,
  wanted: { readonly amount?: Money | undefined; readonly receiptRef?: string | undefined },
): { readonly receiptRef: string; readonly amount: Money } {
  const { amount, receiptRef } = wanted
  if (amount !== undefined && amount.asset !== payment.amount.asset)
    refuse('amount.asset', `must be ${payment.amount.asset}, as the payment's`)
  const parts = refundableParts(payment, rows)
  if (receiptRef !== undefined && !rows.receipts.some(({ ref }) => ref === receiptRef))
    refuse('receiptRef', 'is no receipt of this payment')
  const named = parts.filter((part) => receiptRef === undefined || part.receiptRef === receiptRef)
  const most = named.reduce((left, part) => (part.amount.amount > left ? part.amount.amount : left), 0n)
  const fitting = named.filter((part) => amount === undefined || part.amount.amount >= amount.amount)
  const [first, second] = fitting
  if (first === undefined) {
    const left = Money.format(Money.of(most, payment.amount.asset))
    refuse('amount', `must be at most ${left} ${payment.amount.asset}: what is left of one receipt`)
  }
  if (second !== undefined) refuse('receiptRef', 'is required: several receipts have so much left')
  return { receiptRef: first.receiptRef, amount: amount ?? first.amount }
}

/**
 * True while what is left, without this refund, is as much: a dispute or another's refund may have taken the money since
 * it was asked for. Only for a refund that the provider certainly does not have.
 */
export function isCovered(payment: Payment, rows: Rows, refund: PaymentOperation): boolean {
  const story = storyOf(payment, rows)
  const operations = rows.operations.filter(({ id }) => id !== refund.id)
  return [null, refund.receiptRef].every(
    (receiptRef) => refundable(payment, story, { operations, receiptRef }).amount >= refund.amount.amount,
  )
}

/** What may still be given back of each receipt, those with nothing left out. The whole payment's limit holds for each. */
export function refundableParts(
  payment: Payment,
  rows: Rows,
): readonly { readonly receiptRef: string; readonly amount: Money }[] {
  const story = storyOf(payment, rows)
  const whole = refundable(payment, story, { ...rows, receiptRef: null })
  return rows.receipts
    .map(({ ref }) => {
      const left = refundable(payment, story, { ...rows, receiptRef: ref })
      return { receiptRef: ref, amount: left.amount > whole.amount ? whole : left }
    })
    .filter(({ amount }) => Money.isPositive(amount))
}
