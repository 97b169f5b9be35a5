/** Payment intents. */

import { invalid, missing, type Outcome } from '../answers.ts'
import { cancelIntent } from '../browser.ts'
import { emit } from '../events.ts'
import { listOf, paramOf, textOf, textsOf, wholeOf } from '../form.ts'
import { makeIntent, mayTakeParts, sessionOf, take } from '../money.ts'
import type { StripeIntent } from '../records.ts'
import { render } from '../render.ts'
import type { Call, Route } from '../route.ts'
import type { StripeContext } from '../state.ts'
import { checkAmount, checkMetadata } from './validate.ts'

const TAKES = [
  ...[
    'amount',
    'currency',
    'metadata',
    'capture_method',
    'automatic_payment_methods',
    'description',
    'customer',
  ],
  ...[
    'receipt_email',
    'allowed_payment_method_types',
    'excluded_payment_method_types',
    'payment_method_types',
  ],
  ...['payment_method_options', 'expand'],
]

const unexpectedState = ({ status }: StripeIntent, verb: string): Outcome =>
  invalid({
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${verb} this PaymentIntent because it has a status of ${status}.`,
  })

function create(context: StripeContext, { body, version }: Call): Outcome {
  const { settings } = context
  const amount = wholeOf(body, 'amount')
  const currency = textOf(body, 'currency')
  const broken =
    checkAmount(amount, { currency, param: 'amount', settings }) ?? checkMetadata(body, 'metadata')
  if (broken !== null || amount === null || currency === null) return broken ?? invalid({})
  const types = listOf(body, 'allowed_payment_method_types')
  const isAutomatic = paramOf(body, ['automatic_payment_methods']) !== undefined
  if (types.length > 0 && isAutomatic) return invalid({ param: 'automatic_payment_methods' })
  const intent = makeIntent(context, {
    amount,
    currency,
    capture: textOf(body, 'capture_method') ?? 'automatic_async',
    metadata: textsOf(body, 'metadata'),
    description: textOf(body, 'description'),
    customer: textOf(body, 'customer'),
    receiptEmail: textOf(body, 'receipt_email'),
    types: types.length === 0 ? null : types,
    mayCaptureInParts: textOf(body, 'payment_method_options', 'card', 'request_multicapture') !== null,
  })
  return render(context, { object: intent, expand: listOf(body, 'expand'), version })
}

function capture(context: StripeContext, { params: { id = '' }, body, version }: Call): Outcome {
  const intent = context.state.intents.get(id)
  if (intent === undefined) return missing('payment_intent', id)
  const charge = context.state.charges.get(intent.latest_charge ?? '')
  if (intent.status !== 'requires_capture' || charge === undefined) return unexpectedState(intent, 'capture')
  const amount = wholeOf(body, 'amount_to_capture') ?? intent.amount_capturable
  if (amount <= 0) return invalid({ code: 'parameter_invalid_integer', param: 'amount_to_capture' })
  if (amount > intent.amount_capturable)
    return invalid({ code: 'amount_too_large', param: 'amount_to_capture' })
  const isFinal = textOf(body, 'final_capture') !== 'false'
  if (!isFinal && !mayTakeParts(context, intent)) return invalid({ param: 'final_capture' })
  const isDone = isFinal || amount === intent.amount_capturable
  take(context, { charge, amount, isFinal: isDone })
  intent.amount_received += amount
  intent.amount_capturable = isDone ? 0 : intent.amount_capturable - amount
  if (isDone) intent.status = 'succeeded'
  const session = sessionOf(context, intent)
  if (session !== null) session.payment_status = 'paid'
  emit(context, { type: 'charge.captured', object: charge })
  emit(context, {
    type: isDone ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated',
    object: intent,
  })
  return render(context, { object: intent, expand: listOf(body, 'expand'), version })
}

const CANCELABLE: ReadonlySet<string> = new Set([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
])

function cancel(context: StripeContext, { params: { id = '' }, body, version }: Call): Outcome {
  const intent = context.state.intents.get(id)
  if (intent === undefined) return missing('payment_intent', id)
  if (!CANCELABLE.has(intent.status)) return unexpectedState(intent, 'cancel')
  if (sessionOf(context, intent)?.status === 'open')
    return invalid({
      message: 'You cannot cancel a PaymentIntent of an open Checkout Session: expire that instead.',
    })
  cancelIntent(context, { intent, reason: textOf(body, 'cancellation_reason') })
  return render(context, { object: intent, expand: listOf(body, 'expand'), version })
}

/** Payment intents: made, captured and canceled. */
export const intentRoutes: readonly Route[] = [
  { operation: 'intent.create', method: 'POST', path: '/v1/payment_intents', takes: TAKES, run: create },
  {
    operation: 'intent.capture',
    method: 'POST',
    path: '/v1/payment_intents/:id/capture',
    takes: ['amount_to_capture', 'final_capture', 'expand'],
    run: capture,
  },
  {
    operation: 'intent.cancel',
    method: 'POST',
    path: '/v1/payment_intents/:id/cancel',
    takes: ['cancellation_reason', 'expand'],
    run: cancel,
  },
]
