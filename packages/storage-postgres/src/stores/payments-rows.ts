import type { AssetId, Money } from '@lastro/core/spec'
import { type Payment, type PaymentOperation, pack, unpack } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'

type Time = Date | string

/** A row of `payment`, as its statements select it. */
export interface PaymentRow {
  id: Payment['id']
  provider: string
  route: string
  refused_by: string
  state: Payment['state']
  amount: string
  asset: AssetId
  conversion: string | null
  method: Payment['method']
  capture: Payment['capture']
  description: string | null
  payer: string | null
  due: string | null
  return_url: string | null
  cancel_url: string | null
  expires_at: Time | null
  reference: string | null
  metadata: string
  credit_account: string
  correlation: string
  provider_ref: string | null
  action: string | null
  told: string
  ended_here: Payment['endedHere']
  authorized: string
  received: string
  fees: string
  refunding: string
  refunded: string
  disputed: string
  attempts: number
  reason: Payment['reason']
  detail: string | null
  contradiction: string | null
  created_at: Time
  updated_at: Time
  submitted_at: Time | null
  ask_at: Time | null
  version: number
}

/** What statements select of a payment. */
export const PAYMENT_COLUMNS = `id, provider, route, refused_by, state, amount::text as amount, asset, conversion, method, capture,
  description, payer::text as payer, due, return_url, cancel_url, expires_at, reference, metadata::text as metadata,
  credit_account, correlation, provider_ref, action::text as action, told, ended_here, authorized::text as authorized,
  received::text as received, fees::text as fees, refunding::text as refunding, refunded::text as refunded,
  disputed::text as disputed, attempts, reason, detail, contradiction, created_at, updated_at, submitted_at, ask_at,
  version`

/** A payment of a row. */
export function toPayment(row: PaymentRow): Payment {
  const money = (amount: string): Money => ({ amount: toBigint(amount), asset: row.asset })
  return {
    id: row.id,
    provider: row.provider,
    route: JSON.parse(row.route),
    refusedBy: JSON.parse(row.refused_by),
    state: row.state,
    amount: money(row.amount),
    conversion: row.conversion === null ? null : unpack(row.conversion),
    method: row.method,
    capture: row.capture,
    description: row.description,
    payer: row.payer === null ? null : JSON.parse(row.payer),
    due: row.due === null ? null : unpack(row.due),
    returnUrl: row.return_url,
    cancelUrl: row.cancel_url,
    expiresAt: toDateOrNull(row.expires_at),
    reference: row.reference,
    metadata: JSON.parse(row.metadata),
    creditAccount: row.credit_account,
    correlation: row.correlation,
    providerRef: row.provider_ref,
    action: row.action === null ? null : JSON.parse(row.action),
    told: JSON.parse(row.told),
    endedHere: row.ended_here,
    authorized: money(row.authorized),
    received: money(row.received),
    fees: money(row.fees),
    refunding: money(row.refunding),
    refunded: money(row.refunded),
    disputed: money(row.disputed),
    attempts: row.attempts,
    reason: row.reason,
    detail: row.detail,
    contradiction: row.contradiction,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    submittedAt: toDateOrNull(row.submitted_at),
    askAt: toDateOrNull(row.ask_at),
    version: row.version,
  }
}

const text = (time: Date | null): string | null => time?.toISOString() ?? null
const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** What never changes of a payment, in the order of `insert`. */
function fixedParameters(payment: Payment): SqlParameter[] {
  return [
    payment.id,
    JSON.stringify(payment.route),
    payment.amount.amount.toString(),
    payment.amount.asset,
    payment.method,
    payment.capture,
    payment.description,
    payment.due === null ? null : pack(payment.due),
    payment.returnUrl,
    payment.cancelUrl,
    text(payment.expiresAt),
    payment.reference,
    JSON.stringify(payment.metadata),
    payment.creditAccount,
    payment.correlation,
    payment.createdAt.toISOString(),
  ]
}

/** What may change of a payment, in the order of `update` and at the end of `insert`. */
function changingParameters(payment: Payment): SqlParameter[] {
  return [
    payment.provider,
    JSON.stringify(payment.refusedBy),
    payment.state,
    json(payment.payer),
    payment.providerRef,
    json(payment.action),
    JSON.stringify(payment.told),
    payment.endedHere,
    payment.authorized.amount.toString(),
    payment.received.amount.toString(),
    payment.fees.amount.toString(),
    payment.refunding.amount.toString(),
    payment.refunded.amount.toString(),
    payment.disputed.amount.toString(),
    payment.attempts,
    payment.reason,
    payment.detail,
    payment.contradiction,
    payment.updatedAt.toISOString(),
    text(payment.submittedAt),
    text(payment.askAt),
    payment.version,
  ]
}

/** The parameters of `insert`. */
export function paymentInsert(payment: Payment): SqlParameter[] {
  const conversion = payment.conversion === null ? null : pack(payment.conversion)
  return [...fixedParameters(payment), ...changingParameters(payment), conversion]
}

/** The parameters of `update`. */
export function paymentUpdate(payment: Payment): SqlParameter[] {
  return [payment.id, ...changingParameters(payment)]
}

/** A row of `payment_operation`. */
export interface OperationRow {
  id: PaymentOperation['id']
  payment_id: Payment['id']
  kind: PaymentOperation['kind']
  state: PaymentOperation['state']
  asset: AssetId
  amount: string
  is_final: boolean
  receipt_ref: string | null
  provider_ref: string | null
  proof: string | null
  baseline: string
  hold: PaymentOperation['hold']
  purpose: string | null
  attempts: number
  reason: PaymentOperation['reason']
  detail: string | null
  created_at: Time
  updated_at: Time
  submitted_at: Time | null
  version: number
}

/** An operation of a row. */
export function toOperation(row: OperationRow): PaymentOperation {
  return {
    id: row.id,
    paymentId: row.payment_id,
    kind: row.kind,
    state: row.state,
    amount: { amount: toBigint(row.amount), asset: row.asset },
    isFinal: row.is_final,
    receiptRef: row.receipt_ref,
    providerRef: row.provider_ref,
    proof: row.proof,
    baseline: { amount: toBigint(row.baseline), asset: row.asset },
    hold: row.hold,
    purpose: row.purpose,
    attempts: row.attempts,
    reason: row.reason,
    detail: row.detail,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    submittedAt: toDateOrNull(row.submitted_at),
    version: row.version,
  }
}

/** What may change of an operation, in the order of `updateOperation`; `insertOperation` adds what never does. */
export function operationUpdate(operation: PaymentOperation): SqlParameter[] {
  return [
    operation.id,
    operation.state,
    operation.providerRef,
    operation.baseline.amount.toString(),
    operation.hold,
    operation.attempts,
    operation.reason,
    operation.detail,
    operation.updatedAt.toISOString(),
    text(operation.submittedAt),
    operation.version,
  ]
}

/** The parameters of `insertOperation`. */
export function operationInsert(operation: PaymentOperation): SqlParameter[] {
  return [
    ...operationUpdate(operation),
    operation.paymentId,
    operation.kind,
    operation.amount.asset,
    operation.amount.amount.toString(),
    operation.isFinal,
    operation.receiptRef,
    operation.proof,
    operation.purpose,
    operation.createdAt.toISOString(),
  ]
}
