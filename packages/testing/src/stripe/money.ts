/** Charges, and what they move. */
import { emit } from './events.ts'
import { blankCharge, blankIntent, blankTransaction, CARD_DETAILS, networkOutcome } from './objects.ts'
import type { StripeCharge, StripeIntent, StripeSession, StripeTransaction } from './records.ts'
import { type IntentPlan, nowSeconds, type StripeContext } from './state.ts'

/** Books a movement of the balance. */
export function move(
  context: StripeContext,
  given: Pick<StripeTransaction, 'amount' | 'currency' | 'type' | 'source'> & { readonly fee?: number },
): StripeTransaction {
  const { state, ids } = context
  const id = ids.next('txn_3', 24)
  const transaction = blankTransaction({ fee: 0, ...given, id, created: nowSeconds(context) })
  state.transactions.set(id, transaction)
  return transaction
}

/** Makes an intent as it was asked for. */
export function makeIntent(context: StripeContext, plan: IntentPlan): StripeIntent {
  const { state, ids } = context
  const id = ids.next('pi_3', 24)
  const intent = blankIntent({
    id,
    created: nowSeconds(context),
    amount: plan.amount,
    currency: plan.currency,
    capture_method: plan.capture,
    client_secret: `${id}_secret_${ids.next('', 25)}`,
    metadata: plan.metadata,
  })
  Object.assign(intent, {
    description: plan.description,
    customer: plan.customer,
    receipt_email: plan.receiptEmail,
    ...(plan.types === null
      ? { automatic_payment_methods: { enabled: true } }
      : { allowed_payment_method_types: plan.types, payment_method_types: plan.types }),
  })
  state.intents.set(id, intent)
  state.plans.set(id, plan)
  emit(context, { type: 'payment_intent.created', object: intent })
  return intent
}

/** A charge of an intent. The intent's metadata are copied to it. */
export function makeCharge(context: StripeContext, intent: StripeIntent): StripeCharge {
  const { state, ids } = context
  const id = ids.next('ch_3', 24)
  const { amount, currency, metadata } = intent
  const charge = blankCharge({
    id,
    created: nowSeconds(context),
    amount,
    currency,
    payment_intent: intent.id,
    metadata: { ...metadata },
  })
  const method = ids.next('pm_1', 24)
  Object.assign(charge, {
    payment_method: method,
    payment_method_details: {
      ...CARD_DETAILS,
      card: {
        ...CARD_DETAILS.card,
        multicapture: { status: mayTakeParts(context, intent) ? 'available' : 'unavailable' },
      },
    },
  })
  state.charges.set(id, charge)
  intent.latest_charge = id
  intent.payment_method = method
  return charge
}

/** Whether what is authorized for an intent may be captured several times. */
export const mayTakeParts = ({ state, settings }: StripeContext, { id }: StripeIntent): boolean =>
  settings.multicapture && state.plans.get(id)?.mayCaptureInParts === true

/** Takes money of a charge: all, or a part, and lets the rest go unless more shall follow. */
export function take(
  context: StripeContext,
  {
    charge,
    amount,
    isFinal,
  }: { readonly charge: StripeCharge; readonly amount: number; readonly isFinal: boolean },
): void {
  const { currency, id } = charge
  const fee = context.settings.feeOf(amount)
  const booked = move(context, { amount, fee, currency, type: 'charge', source: id })
  charge.balance_transaction = booked.id
  charge.amount_captured += amount
  charge.captured = isFinal
  charge.paid = true
  charge.status = 'succeeded'
}

/** The Checkout page that an intent belongs to. */
export const sessionOf = ({ state }: StripeContext, intent: StripeIntent): StripeSession | null =>
  [...state.sessions.values()].find(({ payment_intent: id }) => id === intent.id) ?? null

/** Money of an intent has arrived, or is authorized: the intent, its charge and its page say so. */
export function succeed(
  context: StripeContext,
  { intent, charge }: { intent: StripeIntent; charge: StripeCharge },
): void {
  Object.assign(charge, { outcome: networkOutcome(null) })
  intent.next_action = null
  intent.last_payment_error = null
  if (intent.capture_method === 'manual') {
    charge.paid = true
    charge.status = 'succeeded'
    intent.status = 'requires_capture'
    intent.amount_capturable = intent.amount
    emit(context, { type: 'charge.succeeded', object: charge })
    emit(context, { type: 'payment_intent.amount_capturable_updated', object: intent })
    return
  }
  take(context, { charge, amount: intent.amount, isFinal: true })
  intent.status = 'succeeded'
  intent.amount_received = intent.amount
  emit(context, { type: 'charge.succeeded', object: charge })
  emit(context, { type: 'payment_intent.succeeded', object: intent })
}

/** An attempt to pay failed: the intent waits for another way. */
export function fail(
  context: StripeContext,
  given: { intent: StripeIntent; charge: StripeCharge; code: string; declineCode: string },
): void {
  const { intent, charge, code, declineCode } = given
  charge.status = 'failed'
  charge.failure_code = code
  Object.assign(charge, { outcome: networkOutcome(declineCode) })
  intent.status = 'requires_payment_method'
  intent.next_action = null
  intent.last_payment_error = {
    type: 'card_error',
    code,
    decline_code: declineCode,
    message: 'Your card was declined.',
    charge: charge.id,
  }
  emit(context, { type: 'charge.failed', object: charge })
  emit(context, { type: 'payment_intent.payment_failed', object: intent })
}
