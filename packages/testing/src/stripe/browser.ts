/** What the payer does, in a browser. */
import { emit } from './events.ts'
import { fail, makeCharge, makeIntent, sessionOf, succeed } from './money.ts'
import type { StripeIntent, StripeSession } from './records.ts'
import { known, NO_REQUEST, type StripeContext } from './state.ts'

/** How an attempt to pay goes on. */
export type PayerOutcome =
  /** Paid, or authorized where capture is manual. */
  | 'succeeds'
  /** The bank wants the payer to confirm: `completeAction` goes on. */
  | 'requires_action'
  /** A method that is paid days later: `settleProcessing` goes on. */
  | 'processing'
  /** The bank refuses, for a decline code such as `insufficient_funds`. */
  | { readonly declines: string }

const PAYABLE: ReadonlySet<string> = new Set([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
])

/** The payer pays in an own form. Answers the charge's id, or null where there is none. @throws Error when it cannot be paid. */
export function confirmCard(
  context: StripeContext,
  { id, outcome = 'succeeds' }: { readonly id: string; readonly outcome?: PayerOutcome | undefined },
): string | null {
  const intent = known(context.state.intents, { what: 'payment intent', id })
  if (!PAYABLE.has(intent.status)) throw new Error(`${id} is ${intent.status}, and cannot be paid.`)
  context.state.request = NO_REQUEST
  return attempt(context, { intent, outcome })
}

function attempt(
  context: StripeContext,
  { intent, outcome }: { readonly intent: StripeIntent; readonly outcome: PayerOutcome },
): string | null {
  if (outcome === 'requires_action') {
    intent.status = 'requires_action'
    intent.next_action = { type: 'use_stripe_sdk', use_stripe_sdk: {} }
    emit(context, { type: 'payment_intent.requires_action', object: intent })
    return null
  }
  const charge = makeCharge(context, intent)
  if (outcome === 'processing') {
    intent.status = 'processing'
    intent.next_action = null
    emit(context, { type: 'charge.pending', object: charge })
    emit(context, { type: 'payment_intent.processing', object: intent })
  } else if (outcome === 'succeeds') succeed(context, { intent, charge })
  else fail(context, { intent, charge, code: 'card_declined', declineCode: outcome.declines })
  return charge.id
}

/** The payer has confirmed with the bank, or has failed to. @throws Error unless that is awaited. */
export function completeAction(
  context: StripeContext,
  { id, isConfirmed = true }: { readonly id: string; readonly isConfirmed?: boolean | undefined },
): string | null {
  const intent = known(context.state.intents, { what: 'payment intent', id })
  if (intent.status !== 'requires_action')
    throw new Error(`${id} is ${intent.status}: nothing is to be confirmed.`)
  context.state.request = NO_REQUEST
  const outcome = isConfirmed ? 'succeeds' : { declines: 'authentication_required' }
  const charge = attempt(context, { intent, outcome })
  finishPage(context, intent)
  return charge
}

/** A delayed method has brought the money, or has not. @throws Error unless it is processing. */
export function settleProcessing(
  context: StripeContext,
  { id, isPaid = true }: { readonly id: string; readonly isPaid?: boolean | undefined },
): void {
  const { state } = context
  const intent = known(state.intents, { what: 'payment intent', id })
  const charge = state.charges.get(intent.latest_charge ?? '')
  if (intent.status !== 'processing' || charge === undefined) throw new Error(`${id} is ${intent.status}.`)
  state.request = NO_REQUEST
  if (isPaid) succeed(context, { intent, charge })
  else
    fail(context, { intent, charge, code: 'payment_method_provider_decline', declineCode: 'generic_decline' })
  const session = sessionOf(context, intent)
  if (session === null) return
  if (isPaid) session.payment_status = 'paid'
  emit(context, {
    type: `checkout.session.async_payment_${isPaid ? 'succeeded' : 'failed'}`,
    object: session,
  })
}

/** The payer pays on a page. Answers the intent's id. @throws Error unless the page is open. */
export function payCheckout(
  context: StripeContext,
  { id, outcome = 'succeeds' }: { readonly id: string; readonly outcome?: PayerOutcome | undefined },
): string {
  const { state } = context
  const session = known(state.sessions, { what: 'Checkout page', id })
  if (session.status !== 'open') throw new Error(`${id} is ${session.status}, and cannot be paid.`)
  state.request = NO_REQUEST
  const intent = intentOf(context, session)
  attempt(context, { intent, outcome })
  finishPage(context, intent)
  return intent.id
}

/** The page's intent: it comes into being when the payer pays. */
function intentOf(context: StripeContext, session: StripeSession): StripeIntent {
  const { state } = context
  const made = state.intents.get(session.payment_intent ?? '')
  if (made !== undefined) return made
  const intent = makeIntent(context, known(state.plans, { what: 'plan for the page', id: session.id }))
  session.payment_intent = intent.id
  return intent
}

const THROUGH: ReadonlySet<string> = new Set(['succeeded', 'requires_capture', 'processing'])

/** The payer is through with the page, if they are. */
function finishPage(context: StripeContext, intent: StripeIntent): void {
  const session = sessionOf(context, intent)
  if (session === null || session.status !== 'open' || !THROUGH.has(intent.status)) return
  session.status = 'complete'
  session.url = null
  session.client_secret = null
  session.payment_status = intent.status === 'succeeded' ? 'paid' : 'unpaid'
  emit(context, { type: 'checkout.session.completed', object: session })
}

/** A page ends, with what was begun on it. */
export function expireSession(context: StripeContext, session: StripeSession): void {
  session.status = 'expired'
  session.url = null
  session.client_secret = null
  const intent = context.state.intents.get(session.payment_intent ?? '')
  if (intent !== undefined) cancelIntent(context, { intent, reason: 'expired' })
  emit(context, { type: 'checkout.session.expired', object: session })
}

/** An intent ends without money; what was authorized is let go. */
export function cancelIntent(
  context: StripeContext,
  { intent, reason }: { readonly intent: StripeIntent; readonly reason: string | null },
): void {
  const charge = context.state.charges.get(intent.latest_charge ?? '')
  if (intent.status === 'requires_capture' && charge !== undefined) {
    charge.refunded = true
    charge.amount_refunded = charge.amount
    emit(context, { type: 'charge.refunded', object: charge })
  }
  intent.status = 'canceled'
  intent.amount_capturable = 0
  intent.next_action = null
  intent.cancellation_reason = reason
  intent.canceled_at = Math.floor(context.scheduler.now().getTime() / 1_000)
  emit(context, { type: 'payment_intent.canceled', object: intent })
}
