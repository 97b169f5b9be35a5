/** Disputes, warnings of fraud, and refunds that end later. */
import { emit } from './events.ts'
import { move } from './money.ts'
import { blankDispute } from './objects.ts'
import type { StripeCharge, StripeDispute, StripeRefund, StripeWarning } from './records.ts'
import { known, NO_REQUEST, nowSeconds, type StripeContext } from './state.ts'

/** How a dispute begins. */
export interface DisputeInput {
  /** Default: all that was captured. */
  readonly amount?: number
  /** Default: `fraudulent`. */
  readonly reason?: string
  /** A question only: no money is taken. Default: false. */
  readonly isInquiry?: boolean
  /** False: the money is taken later, by `withdrawFunds`. Default: true. */
  readonly withdraws?: boolean
  /** Default: ten days. */
  readonly respondWithinMs?: number
}

/** A charge is disputed. Answers the dispute's id. @throws Error unless it was captured. */
export function openDispute(
  context: StripeContext,
  input: DisputeInput & { readonly charge: string },
): string {
  const { state, ids } = context
  const { charge: chargeId } = input
  const charge = known(state.charges, { what: 'charge', id: chargeId })
  if (!charge.captured) throw new Error(`${chargeId} took no money.`)
  state.request = NO_REQUEST
  const { isInquiry = false, withdraws = true, respondWithinMs = 864_000_000, reason = 'fraudulent' } = input
  const created = nowSeconds(context)
  const dispute = blankDispute({
    id: ids.next('du_1', 24),
    created,
    amount: input.amount ?? charge.amount_captured,
    currency: charge.currency,
    charge: chargeId,
    payment_intent: charge.payment_intent,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
    reason,
    due_by: created + Math.floor(respondWithinMs / 1_000),
  })
  state.disputes.set(dispute.id, dispute)
  charge.disputed = true
  noLongerActionable(context, charge)
  emit(context, { type: 'charge.dispute.created', object: dispute })
  if (!isInquiry && withdraws) withdrawFunds(context, dispute.id)
  return dispute.id
}

/** The disputed money is taken. @throws Error when it was. */
export function withdrawFunds(context: StripeContext, id: string): void {
  const dispute = known(context.state.disputes, { what: 'dispute', id })
  if (dispute.balance_transactions.length > 0) throw new Error(`${id} has taken its money.`)
  const { amount, currency } = dispute
  const fee = context.settings.disputeFee
  dispute.balance_transactions.push(
    move(context, { amount: -amount, fee, currency, type: 'adjustment', source: id }),
  )
  emit(context, { type: 'charge.dispute.funds_withdrawn', object: dispute })
}

/** Evidence was given. */
export function respondToDispute(context: StripeContext, id: string): void {
  const dispute = known(context.state.disputes, { what: 'dispute', id })
  dispute.status = dispute.status.startsWith('warning_') ? 'warning_under_review' : 'under_review'
  emit(context, { type: 'charge.dispute.updated', object: dispute })
}

/** A dispute ends. Won, the money comes back. @throws Error for an end that does not fit an inquiry. */
export function closeDispute(
  context: StripeContext,
  { id, end }: { readonly id: string; readonly end: 'won' | 'lost' | 'warning_closed' },
): void {
  const dispute = known(context.state.disputes, { what: 'dispute', id })
  if (dispute.status.startsWith('warning_') !== (end === 'warning_closed'))
    throw new Error(`${id} is ${dispute.status}, and does not end as ${end}.`)
  context.state.request = NO_REQUEST
  dispute.status = end
  if (end === 'won' && dispute.balance_transactions.length > 0) giveBack(context, dispute)
  emit(context, { type: 'charge.dispute.closed', object: dispute })
}

function giveBack(context: StripeContext, dispute: StripeDispute): void {
  const { amount, currency, id } = dispute
  const { returnsDisputeFee, disputeFee } = context.settings
  const fee = returnsDisputeFee ? -disputeFee : 0
  dispute.balance_transactions.push(move(context, { amount, fee, currency, type: 'adjustment', source: id }))
  emit(context, { type: 'charge.dispute.funds_reinstated', object: dispute })
}

/** The bank warns of fraud: no money moves. Answers the warning's id. */
export function warnFraud(
  context: StripeContext,
  given: { readonly charge: string; readonly fraudType?: string | undefined },
): string {
  const { charge: chargeId, fraudType = 'made_with_stolen_card' } = given
  const { state, ids } = context
  const charge = known(state.charges, { what: 'charge', id: chargeId })
  state.request = NO_REQUEST
  const warning: StripeWarning = {
    id: ids.next('issfr_1', 24),
    object: 'radar.early_fraud_warning',
    actionable: !charge.disputed && !charge.refunded,
    charge: chargeId,
    created: nowSeconds(context),
    fraud_type: fraudType,
    livemode: false,
    payment_intent: charge.payment_intent,
  }
  state.warnings.set(warning.id, warning)
  emit(context, { type: 'radar.early_fraud_warning.created', object: warning })
  return warning.id
}

/** Once a charge is disputed or given back, a warning of it calls for nothing. */
export function noLongerActionable(context: StripeContext, charge: StripeCharge): void {
  for (const warning of context.state.warnings.values()) {
    if (warning.charge !== charge.id || !warning.actionable) continue
    warning.actionable = false
    emit(context, {
      type: 'radar.early_fraud_warning.updated',
      object: warning,
      previous: { actionable: true },
    })
  }
}

function tellRefund(
  context: StripeContext,
  { refund, type }: { readonly refund: StripeRefund; readonly type: 'refund.updated' | 'refund.failed' },
): void {
  emit(context, { type, object: refund })
  emit(context, { type: 'charge.refund.updated', object: refund })
}

/** A pending refund has reached the payer. @throws Error unless it is pending. */
export function settleRefund(context: StripeContext, id: string): void {
  const refund = known(context.state.refunds, { what: 'refund', id })
  if (refund.status !== 'pending') throw new Error(`${id} is ${refund.status}.`)
  context.state.request = NO_REQUEST
  refund.status = 'succeeded'
  tellRefund(context, { refund, type: 'refund.updated' })
}

/** A refund came back, even after it had succeeded. @throws Error when it has failed already. */
export function failRefund(
  context: StripeContext,
  { id, reason = 'lost_or_stolen_card' }: { readonly id: string; readonly reason?: string | undefined },
): void {
  const { state } = context
  const refund = known(state.refunds, { what: 'refund', id })
  if (refund.status === 'failed') throw new Error(`${id} has failed.`)
  state.request = NO_REQUEST
  const { amount, currency } = refund
  const back = move(context, { amount, currency, type: 'refund_failure', source: id })
  refund.status = 'failed'
  refund.failure_reason = reason
  refund.failure_balance_transaction = back.id
  const charge = known(state.charges, { what: 'charge', id: refund.charge })
  charge.amount_refunded -= amount
  charge.refunded = false
  tellRefund(context, { refund, type: 'refund.failed' })
}
