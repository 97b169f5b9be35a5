import type { Money, PaymentFacts, ProviderEvent, ProviderReceipt } from '@lastro/core/spec'
import type { z } from 'zod'
import { moneyOf } from './amounts.ts'
import { chargeObject, paymentIntentObject } from './api.ts'
import { refOf, refOfIntent } from './payment-refs.ts'
import { type Context, plainWord, readerOf, unrecognised } from './reading.ts'
import { refundOf } from './refunds-read.ts'
import { CHARGE_STATES, INTENT_STATES, reasonOf } from './statuses.ts'

type Charge = z.output<typeof chargeObject>
type Intent = z.output<typeof paymentIntentObject>

/** The event that a payment is told of. */
export function payment({ occurredAt }: Context, facts: PaymentFacts): ProviderEvent {
  return { kind: 'payment', ...facts, ...(occurredAt === null ? {} : { occurredAt }) }
}

/** A charge as a receipt, once money was taken: an authorization is none. Null too where the amount cannot be read. */
function receiptOf(charge: Charge): ProviderReceipt | null {
  if (charge.status !== 'succeeded') return null
  // A part that was taken has arrived, whether or not more may be captured.
  const taken = charge.amount_captured ?? (charge.captured ? charge.amount : 0)
  const amount = moneyOf(taken, charge.currency)
  if (amount === null || amount.amount <= 0n) return null
  const booked = typeof charge.balance_transaction === 'object' ? charge.balance_transaction : null
  const fee = booked === null || booked.fee === null ? null : moneyOf(booked.fee, booked.currency)
  return {
    ref: charge.id,
    amount,
    // A fee in the currency of settlement is no part of an amount in another one.
    ...(fee?.asset === amount.asset ? { fee } : {}),
    ...(charge.created === null ? {} : { receivedAt: charge.created }),
  }
}

/** Changes of a charge that move money of its payment. */
const BOOKS: ReadonlySet<string> = new Set(['succeeded', 'captured'])

type Lists = Pick<PaymentFacts, 'receipts' | 'refunds'>

/** Receipts and refunds that charges tell of. What is not told is left out: an empty list would say as little. */
function listsOf(charges: readonly Charge[]): Lists {
  const receipts = charges.flatMap((charge) => receiptOf(charge) ?? [])
  const refunds = charges.flatMap(({ refunds: given }) => given.flatMap((refund) => refundOf(refund) ?? []))
  return { ...(receipts.length === 0 ? {} : { receipts }), ...(refunds.length === 0 ? {} : { refunds }) }
}

function failureOf(codes: readonly (string | null)[]): Pick<PaymentFacts, 'reason' | 'detail'> {
  const shown = codes.flatMap((code) => plainWord(code) ?? [])
  return {
    reason: reasonOf(codes),
    ...(shown.length === 0 ? {} : { detail: [...new Set(shown)].join(', ') }),
  }
}

/** The receipt that a paid intent tells by itself: its charge by id, and what it received. */
function receiptOfIntent(intent: Intent, received: Money | null): Lists {
  const { latest_charge: latest, status } = intent
  if (latest !== null && typeof latest === 'object') return listsOf([latest])
  if (intent.charges.length > 0) return listsOf(intent.charges)
  const isPaid = status === 'succeeded' && latest !== null && received !== null && received.amount > 0n
  return isPaid ? { receipts: [{ ref: latest, amount: received }] } : {}
}

/** What a payment intent tells of its payment, or why it cannot be read. */
export function factsOfIntent(intent: Intent): PaymentFacts | string {
  const { currency, status, last_payment_error: error } = intent
  const state = INTENT_STATES.find(status)
  if (state.kind === 'unseen') return `${state.field} is ${state.shown}`
  const amount = moneyOf(intent.amount, currency)
  if (amount === null) return 'payment_intent.currency is none that this adapter knows'
  const received = intent.amount_received === null ? null : moneyOf(intent.amount_received, currency)
  const held = intent.amount_capturable === null ? null : moneyOf(intent.amount_capturable, currency)
  const hasFailed = error !== null && (status === 'requires_payment_method' || status === 'canceled')
  const isExpired = status === 'canceled' && intent.cancellation_reason === 'expired'
  return {
    ...refOfIntent(intent),
    state: isExpired ? 'expired' : state.value,
    amount,
    ...(state.value === 'authorized' && held !== null ? { authorized: held } : {}),
    ...receiptOfIntent(intent, received),
    ...(hasFailed ? failureOf([error.decline_code, error.code]) : {}),
  }
}

/** `payment_intent.*` */
export const readIntent = readerOf(paymentIntentObject, (intent, context) => {
  const facts = factsOfIntent(intent)
  if (typeof facts === 'string') return [unrecognised(context, { detail: facts, providerRef: intent.id })]
  return [payment(context, facts)]
})

function factsOfCharge(charge: Charge): PaymentFacts | string {
  const status = CHARGE_STATES.find(charge.status)
  if (status.kind === 'unseen') return `${status.field} is ${status.shown}`
  const amount = moneyOf(charge.amount, charge.currency)
  if (amount === null) return 'charge.currency is none that this adapter knows'
  const { payment_intent: intent } = charge
  // The metadata of an intent is copied to its charges.
  const id = typeof intent === 'string' ? intent : intent?.id
  const ref =
    id === undefined
      ? {}
      : refOfIntent({ id, metadata: typeof intent === 'string' ? charge.metadata : (intent?.metadata ?? {}) })
  const lists = listsOf([charge])
  if (status.value === 'failed')
    return { ...ref, ...failureOf([charge.outcome?.reason ?? null, charge.failure_code]) }
  if (status.value === 'processing') return { ...ref, state: 'processing' }
  // An authorization that was let go shows as refunded, and says nothing of what became of the payment.
  if (!charge.captured)
    return charge.refunded === true
      ? { ...ref, ...lists }
      : { ...ref, state: 'authorized', authorized: amount, ...lists }
  return { ...ref, state: 'paid', ...(id === undefined ? { amount } : {}), ...lists }
}

/**
 * True where an event names the booking of a charge and does not tell it: the fee is to be asked for. Stripe books some
 * charges later, and says so by `charge.updated`.
 */
function isNewlyBooked(charge: Charge, { change, previous, occurredAt }: Context): boolean {
  if (occurredAt === null || receiptOf(charge) === null) return false
  if (typeof charge.balance_transaction !== 'string') return false
  return change === 'updated' ? Object.hasOwn(previous, 'balance_transaction') : BOOKS.has(change)
}

/** `charge.*`, but for disputes. `charge.succeeded` comes for an authorization too: `captured` tells. */
export const readCharge = readerOf(chargeObject, (charge, context) => {
  const facts = factsOfCharge(charge)
  if (typeof facts === 'string') return [unrecognised(context, { detail: facts, providerRef: charge.id })]
  // Without an intent the charge itself is the payment, as far as anybody can name it.
  const isNamed = facts.providerRef !== undefined || facts.idempotencyKey !== undefined
  const told = payment(context, isNamed ? facts : { ...facts, providerRef: charge.id })
  if (facts.idempotencyKey === undefined || !isNewlyBooked(charge, context)) return [told]
  return [told, { kind: 'hint', topic: context.topic, ref: charge.id }]
})

/** Which payment a charge belongs to, for what names only the charge. */
export function refOfCharge(charge: Charge): PaymentFacts {
  return refOf({ intent: charge.payment_intent, charge: charge.id })
}
