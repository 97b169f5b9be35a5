import { book } from '../../books/ledger/index.ts'
import { Money } from '../../spec/index.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { operatePayment } from './jobs.ts'
import { OPERATION_PREFIX, type OperationKind, type PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'
import { accountOf } from './postings.ts'

/** What is asked of the provider. */
export interface NewOperation {
  readonly payment: Payment
  readonly kind: OperationKind
  readonly amount?: Money
  readonly isFinal?: boolean
  readonly receiptRef?: string
  readonly proof?: string
  readonly purpose?: string
}

/**
 * Writes down what the provider is to be asked for: the row, a refund's hold, the job and the event. The call is made
 * later, by the job.
 * @throws LastroError `ledger_refused` when the account that pays a refund has too little.
 */
export async function addOperation<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'ids' | 'clock'>,
  tx: T,
  wanted: NewOperation,
): Promise<PaymentOperation> {
  const { payment, kind } = wanted
  const at = deps.clock.now()
  const zero = Money.zero(payment.amount.asset)
  const operation: PaymentOperation = {
    id: deps.ids.next(OPERATION_PREFIX[kind]),
    paymentId: payment.id,
    kind,
    state: 'created',
    amount: wanted.amount ?? zero,
    isFinal: wanted.isFinal ?? false,
    receiptRef: wanted.receiptRef ?? null,
    providerRef: null,
    proof: wanted.proof ?? null,
    baseline: zero,
    hold: kind === 'refund' ? 'open' : 'none',
    purpose: wanted.purpose ?? null,
    attempts: 0,
    reason: null,
    detail: null,
    createdAt: at,
    updatedAt: at,
    submittedAt: null,
    version: 1,
  }
  await tx.payments.insertOperation(operation)
  await tx.jobs.enqueue(operatePayment, { operationId: operation.id })
  await tx.events.append({
    type: `payment.${kind}_requested`,
    subject: payment.id,
    correlation: payment.correlation,
    data: {
      operation: operation.id,
      amount: Money.toJson(operation.amount),
      receiptRef: operation.receiptRef,
      purpose: operation.purpose,
    },
    at,
  })
  if (kind === 'refund') await holdRefund(tx, { payment, operation, at })
  return operation
}

/** Holds what goes back: it cannot be spent meanwhile, nor given back twice. */
async function holdRefund(
  tx: PaymentWork,
  { payment, operation, at }: { payment: Payment; operation: PaymentOperation; at: Date },
): Promise<void> {
  await book(tx, {
    at,
    transfers: [
      {
        id: `${operation.id}:hold`,
        kind: 'pending',
        debit: payment.creditAccount,
        credit: accountOf('receivable', { provider: payment.provider, asset: payment.amount.asset }),
        amount: operation.amount,
        cause: payment.id,
      },
    ],
  })
}
