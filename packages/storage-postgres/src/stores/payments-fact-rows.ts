import type { AssetId, Money } from '@lastro/core/spec'
import type { Dispute, Payment, PaymentReceipt, PaymentRefund } from '@lastro/core/storage'
import { toBigint, toDateOrNull } from '../codecs.ts'

type Time = Date | string

/** Rows of facts carry their payment and their asset. */
interface FactRow {
  provider: string
  ref: string
  payment_id: Payment['id']
  asset: AssetId
  amount: string
  booked: string
}

/** A row of `payment_receipt`. */
export interface ReceiptRow extends FactRow {
  fee: string | null
  received_at: Time | null
  booked_fee: string
}

/** A row of `payment_refund`. */
export interface RefundRow extends FactRow {
  operation_id: PaymentRefund['operationId']
  state: PaymentRefund['state']
  receipt_ref: string | null
  idempotency_key: string | null
  detail: string | null
}

/** A row of `payment_dispute`. */
export interface DisputeRow extends FactRow {
  state: Dispute['state']
  state_at: Time | null
  receipt_ref: string | null
  withdrawn: string | null
  withdrawn_state: Dispute['withdrawnState']
  withdrawn_at: Time | null
  fee: string | null
  reason: string | null
  respond_by: Time | null
  bucket: Dispute['bucket']
  booked_fee: string
  postings: number
}

function factOf(row: FactRow) {
  const money = (amount: string): Money => ({ amount: toBigint(amount), asset: row.asset })
  const { ref, provider, payment_id: paymentId } = row
  return { money, fact: { ref, provider, paymentId, amount: money(row.amount), booked: money(row.booked) } }
}

/** A receipt of a row. */
export function toReceipt(row: ReceiptRow): PaymentReceipt {
  const { money, fact } = factOf(row)
  return {
    ...fact,
    fee: row.fee === null ? null : money(row.fee),
    receivedAt: toDateOrNull(row.received_at),
    bookedFee: money(row.booked_fee),
  }
}

/** A refund of a row. */
export function toRefund(row: RefundRow): PaymentRefund {
  return {
    ...factOf(row).fact,
    operationId: row.operation_id,
    state: row.state,
    receiptRef: row.receipt_ref,
    idempotencyKey: row.idempotency_key,
    detail: row.detail,
  }
}

/** A dispute of a row. */
export function toDispute(row: DisputeRow): Dispute {
  const { money, fact } = factOf(row)
  return {
    ...fact,
    state: row.state,
    stateAt: toDateOrNull(row.state_at),
    receiptRef: row.receipt_ref,
    withdrawn: row.withdrawn === null ? null : money(row.withdrawn),
    withdrawnState: row.withdrawn_state,
    withdrawnAt: toDateOrNull(row.withdrawn_at),
    fee: row.fee === null ? null : money(row.fee),
    reason: row.reason,
    respondBy: toDateOrNull(row.respond_by),
    bucket: row.bucket,
    bookedFee: money(row.booked_fee),
    postings: row.postings,
  }
}
