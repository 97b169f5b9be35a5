import type { PaymentFacts, ProviderEvent } from '@lastro/core/spec'
import type { z } from 'zod'
import { moneyOf } from './amounts.ts'
import { checkoutObject } from './api.ts'
import { keyOf } from './payment-refs.ts'
import { factsOfIntent, payment } from './payments-read.ts'
import { type Context, changed, readerOf, unrecognised } from './reading.ts'
import { CHECKOUT_PAYMENTS, CHECKOUT_STATES } from './statuses.ts'

type Checkout = z.output<typeof checkoutObject>

/**
 * Where an unpaid page stands. The event of a delayed method that failed is final: the page takes no second attempt.
 * In an answer the intent stands in the page whole and knows better.
 */
function unpaidState(checkout: Checkout, { change }: Context): PaymentFacts | string {
  if (change === 'async_payment_failed') return { state: 'failed', reason: 'refused' }
  const state = CHECKOUT_STATES.find(checkout.status)
  if (state.kind === 'unseen') return `${state.field} is ${state.shown}`
  const { payment_intent: intent } = checkout
  if (state.value !== 'processing' || intent === null || typeof intent === 'string')
    return { state: state.value }
  const facts = factsOfIntent(intent)
  // After a failed attempt the intent waits for another method, which a page that is through will not bring.
  return typeof facts !== 'string' && facts.state === 'pending' ? { ...facts, state: 'failed' } : facts
}

function stateOf(checkout: Checkout, context: Context): PaymentFacts | string {
  const paid = CHECKOUT_PAYMENTS.find(checkout.payment_status)
  if (paid.kind === 'unseen') return `${paid.field} is ${paid.shown}`
  if (paid.value === 'unpaid') return unpaidState(checkout, context)
  const { payment_intent: intent } = checkout
  const facts = intent === null || typeof intent === 'string' ? {} : factsOfIntent(intent)
  return typeof facts === 'string' ? facts : { ...facts, state: 'paid' }
}

/** One payment. Its ref is the page's id: there is no intent before the customer pays. */
function ofPayment(checkout: Checkout, context: Context): readonly ProviderEvent[] {
  const { id, amount_total: total, currency, metadata } = checkout
  const told = stateOf(checkout, context)
  if (typeof told === 'string') return [unrecognised(context, { detail: told, providerRef: id })]
  const amount = total === null || currency === null ? null : moneyOf(total, currency)
  const key = keyOf(metadata)
  const ref = { providerRef: id, ...(key === null ? {} : { idempotencyKey: key }) }
  return [payment(context, { ...told, ...ref, ...(amount === null ? {} : { amount }) })]
}

/** A subscription or a saved payment method came of it: its own events tell how it goes on. */
function ofOther(checkout: Checkout, context: Context): ProviderEvent {
  const {
    id,
    mode,
    subscription,
    setup_intent: setup,
    customer,
    invoice,
    client_reference_id: reference,
  } = checkout
  return changed(context, {
    object: mode === 'setup' ? 'setup' : 'subscription',
    ref: (mode === 'setup' ? setup : subscription) ?? id,
    change: `checkout_${context.change}`,
    status: checkout.payment_status,
    facts: { checkout: id, customer, invoice, clientReferenceId: reference },
  })
}

/** `checkout.session.*` */
export const readCheckout = readerOf(checkoutObject, (checkout, context) => {
  const { mode, id } = checkout
  if (mode === 'payment') return ofPayment(checkout, context)
  if (mode === 'subscription' || mode === 'setup') return [ofOther(checkout, context)]
  return [unrecognised(context, { detail: 'checkout.mode is none that this adapter knows', providerRef: id })]
})
