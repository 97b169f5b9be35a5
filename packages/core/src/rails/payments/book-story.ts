import type { NewTransfer } from '../../books/ledger/index.ts'
import { Money } from '../../spec/index.ts'
import type { PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'
import { posting, type Step } from './postings.ts'
import type { Dispute, DisputeBucket, Receipt, Refund } from './store.ts'

/** Facts with what of them is in the books, and the transfers that are missing there. */
export interface Bookings {
  readonly receipts: readonly Receipt[]
  readonly refunds: readonly Refund[]
  readonly disputes: readonly Dispute[]
  /** Operations whose hold was settled. */
  readonly operations: readonly PaymentOperation[]
  readonly transfers: readonly NewTransfer[]
}

/** Compares each fact with what of it is booked: the difference is posted. Pure. */
export function bookStory(
  payment: Payment,
  facts: Pick<Bookings, 'receipts' | 'refunds' | 'disputes' | 'operations'>,
): Bookings {
  const transfers: NewTransfer[] = []
  const receipts = facts.receipts.map((receipt) => bookReceipt(payment, receipt, transfers))
  const operations = new Map(facts.operations.map((operation) => [operation.id, operation]))
  const refunds = facts.refunds.map((refund) => {
    const operation = refund.operationId === null ? undefined : operations.get(refund.operationId)
    const booked = bookRefund(payment, { refund, operation }, transfers)
    if (booked.operation !== undefined) operations.set(booked.operation.id, booked.operation)
    return booked.refund
  })
  const disputes = facts.disputes.map((dispute) => bookDispute(payment, dispute, transfers))
  return { receipts, refunds, disputes, operations: [...operations.values()], transfers }
}

function bookReceipt(payment: Payment, receipt: Receipt, transfers: NewTransfer[]): Receipt {
  const { ref, amount, fee } = receipt
  const more = Money.subtract(amount, receipt.booked)
  if (Money.isPositive(more))
    transfers.push(posting(payment, { step: 'receipt', ref, mark: `${amount.amount}`, amount: more }))
  const bookedFee = bookFee(payment, { ref, fee, booked: receipt.bookedFee }, transfers)
  return { ...receipt, booked: amount, bookedFee }
}

function bookFee(
  payment: Payment,
  { ref, fee, booked }: { ref: string; fee: Money | null; booked: Money },
  transfers: NewTransfer[],
): Money {
  if (fee === null) return booked
  const more = Money.subtract(fee, booked)
  if (!Money.isPositive(more)) return booked
  transfers.push(posting(payment, { step: 'fee', ref, mark: `${fee.amount}`, amount: more }))
  return fee
}

/** A refund of ours has a hold, which its end settles; one that somebody else made is posted when it is told. */
function bookRefund(
  payment: Payment,
  { refund, operation }: { refund: Refund; operation: PaymentOperation | undefined },
  transfers: NewTransfer[],
): { readonly refund: Refund; readonly operation: PaymentOperation | undefined } {
  const { ref, state, amount, booked } = refund
  const held = operation?.hold === 'open' ? operation : undefined
  const settle = (kind: 'post' | 'void') => {
    if (held === undefined) return operation
    transfers.push({ id: `${held.id}:${kind}`, kind, hold: `${held.id}:hold`, cause: payment.id })
    return { ...held, hold: 'settled' as const }
  }
  if (state === 'pending') return { refund, operation }
  if (state === 'failed') {
    if (Money.isPositive(booked))
      transfers.push(posting(payment, { step: 'refund_returned', ref, amount: booked }))
    return { refund: { ...refund, booked: Money.zero(amount.asset) }, operation: settle('void') }
  }
  if (Money.isPositive(booked)) return { refund, operation: settle('void') }
  if (held !== undefined && Money.equals(held.amount, amount))
    return { refund: { ...refund, booked: amount }, operation: settle('post') }
  transfers.push(posting(payment, { step: 'refund', ref, amount }))
  return { refund: { ...refund, booked: amount }, operation: settle('void') }
}

const INTO = { blocked: 'blocked', disputed: 'disputed', lost: 'lost' } as const satisfies Record<
  DisputeBucket,
  Step
>
const OUT_OF = {
  blocked: 'unblocked',
  disputed: 'reinstated',
  lost: 'lost_returned',
} as const satisfies Record<DisputeBucket, Step>

function bucketOf(dispute: Dispute): DisputeBucket {
  return dispute.state === 'blocked' ? 'blocked' : dispute.state === 'lost' ? 'lost' : 'disputed'
}

/** What is withdrawn stands in one bucket; when that changes, it goes back to the receivable and into the other one. */
function bookDispute(payment: Payment, dispute: Dispute, transfers: NewTransfer[]): Dispute {
  const { ref, booked } = dispute
  const zero = Money.zero(booked.asset)
  const withdrawn = dispute.withdrawn ?? zero
  const bucket = Money.isPositive(withdrawn) ? bucketOf(dispute) : null
  let { postings } = dispute
  // A provider may give a dispute the same ref as its receipt: `of` keeps the ids of their fees apart.
  const move = (step: Step, amount: Money, of: '' | 'dispute-' = '') => {
    postings += 1
    transfers.push(posting(payment, { step, ref, mark: `${of}${postings}`, amount }))
  }
  if (bucket === dispute.bucket && bucket !== null) {
    const more = Money.subtract(withdrawn, booked)
    if (Money.isPositive(more)) move(INTO[bucket], more)
    else if (more.amount !== 0n) move(OUT_OF[bucket], Money.negate(more))
  } else {
    if (dispute.bucket !== null && Money.isPositive(booked)) move(OUT_OF[dispute.bucket], booked)
    if (bucket !== null) move(INTO[bucket], withdrawn)
  }
  const bookedFee = dispute.fee ?? dispute.bookedFee
  const moreFee = Money.subtract(bookedFee, dispute.bookedFee)
  if (Money.isPositive(moreFee)) move('fee', moreFee, 'dispute-')
  else if (moreFee.amount !== 0n) move('fee_returned', Money.negate(moreFee), 'dispute-')
  return { ...dispute, bucket, booked: withdrawn, bookedFee, postings }
}
