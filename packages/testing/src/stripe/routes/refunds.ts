/** Refunds. */
import { invalid, missing, type Outcome } from '../answers.ts'
import { noLongerActionable } from '../disputes.ts'
import { emit } from '../events.ts'
import { listOf, type Params, textOf, textsOf, wholeOf } from '../form.ts'
import { move } from '../money.ts'
import { blankRefund } from '../objects.ts'
import type { StripeCharge, StripeRefund } from '../records.ts'
import { render } from '../render.ts'
import type { Call, Route } from '../route.ts'
import { nowSeconds, type StripeContext } from '../state.ts'
import { checkMetadata } from './validate.ts'

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer']

function chargeOf({ state }: StripeContext, body: Params): StripeCharge | undefined {
  const intent = state.intents.get(textOf(body, 'payment_intent') ?? '')
  return state.charges.get(textOf(body, 'charge') ?? intent?.latest_charge ?? '')
}

function check(
  charge: StripeCharge,
  { body, amount }: { readonly body: Params; readonly amount: number },
): Outcome | null {
  if (!charge.captured) return invalid({ code: 'charge_not_captured', param: 'charge' })
  if (charge.refunded) return invalid({ code: 'charge_already_refunded', param: 'charge' })
  if (charge.disputed) return invalid({ code: 'charge_disputed', param: 'charge' })
  if (amount <= 0) return invalid({ code: 'parameter_invalid_integer', param: 'amount' })
  if (amount > charge.amount_captured - charge.amount_refunded)
    return invalid({ param: 'amount', message: 'Refund amount is greater than unrefunded amount on charge.' })
  const reason = textOf(body, 'reason')
  if (reason !== null && !REASONS.includes(reason)) return invalid({ param: 'reason' })
  return checkMetadata(body, 'metadata')
}

function make(
  context: StripeContext,
  { charge, amount, body }: { readonly charge: StripeCharge; readonly amount: number; readonly body: Params },
): StripeRefund {
  const { state, ids, settings } = context
  const { currency } = charge
  const id = ids.next('re_3', 24)
  const refund = blankRefund({
    id,
    created: nowSeconds(context),
    amount,
    currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    metadata: textsOf(body, 'metadata'),
    status: settings.refundStatus,
  })
  refund.balance_transaction = move(context, { amount: -amount, currency, type: 'refund', source: id }).id
  Object.assign(refund, { reason: textOf(body, 'reason') })
  state.refunds.set(id, refund)
  const previous = { amount_refunded: charge.amount_refunded, refunded: charge.refunded }
  charge.amount_refunded += amount
  charge.refunded = charge.amount_refunded === charge.amount_captured
  if (charge.refunded) noLongerActionable(context, charge)
  emit(context, { type: 'refund.created', object: refund })
  emit(context, { type: 'charge.refunded', object: charge, previous })
  return refund
}

function create(context: StripeContext, { body, version }: Call): Outcome {
  const charge = chargeOf(context, body)
  if (charge === undefined) return missing('charge', textOf(body, 'charge') ?? '')
  const amount = wholeOf(body, 'amount') ?? charge.amount_captured - charge.amount_refunded
  const broken = check(charge, { body, amount })
  if (broken !== null) return broken
  const object = make(context, { charge, amount, body })
  return render(context, { object, expand: listOf(body, 'expand'), version })
}

/** Refunds: made. */
export const refundRoutes: readonly Route[] = [
  {
    operation: 'refund.create',
    method: 'POST',
    path: '/v1/refunds',
    takes: ['charge', 'payment_intent', 'amount', 'reason', 'metadata', 'expand'],
    run: create,
  },
]
