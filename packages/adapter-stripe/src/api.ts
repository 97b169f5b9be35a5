/**
 * What is read of Stripe's objects, in every API version: https://docs.stripe.com/api. A field that one version lacks
 * is null, and so is one that holds something surprising, except where an event would say nothing without it.
 */
import { z } from 'zod'

const maybe = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .catch(null)
    .transform((value) => value ?? null)

const text = z.string().min(1)
const texts = maybe(text)
/** The id of an object that is given as an id or, expanded, whole. */
const ref = maybe(z.union([text, z.object({ id: text }).transform(({ id }) => id)]))
/** Unix seconds. Zero is "none" wherever Stripe writes it (`evidence_details.due_by`). */
const instant = maybe(
  z
    .int()
    .min(1)
    .max(8_640_000_000_000)
    .transform((seconds) => new Date(seconds * 1_000)),
)
const flag = maybe(z.boolean())
const whole = maybe(z.int())
const metadata = maybe(z.record(z.string(), z.unknown())).transform((given) => given ?? {})
const listOf = <T extends z.ZodType>(item: T) =>
  maybe(z.object({ data: z.array(item) }).transform(({ data }) => data)).transform((data) => data ?? [])

const failure = maybe(z.object({ code: texts, decline_code: texts, type: texts }))
const balanceTransaction = z.object({ amount: z.int(), fee: whole, currency: text })

/** https://docs.stripe.com/api/refunds/object */
export const refundObject = z.object({
  id: text,
  amount: z.int(),
  currency: text,
  status: text,
  charge: ref,
  payment_intent: maybe(z.union([text, z.object({ id: text, metadata })])),
  failure_reason: texts,
  metadata,
})

/** https://docs.stripe.com/api/charges/object */
export const chargeObject = z.object({
  id: text,
  amount: z.int(),
  amount_captured: whole,
  captured: z.boolean(),
  status: text,
  currency: text,
  created: instant,
  disputed: flag,
  failure_code: texts,
  outcome: maybe(z.object({ reason: texts })),
  payment_intent: maybe(z.union([text, z.object({ id: text, metadata })])),
  balance_transaction: maybe(z.union([text, balanceTransaction])),
  refunded: flag,
  refunds: listOf(refundObject),
  metadata,
})

/** https://docs.stripe.com/api/payment_intents/object. `charges` until 2022-11-15. */
export const paymentIntentObject = z.object({
  id: text,
  amount: z.int(),
  amount_capturable: whole,
  amount_received: whole,
  currency: text,
  status: text,
  cancellation_reason: texts,
  last_payment_error: failure,
  latest_charge: maybe(z.union([text, chargeObject])),
  charges: listOf(chargeObject),
  metadata,
})

/** https://docs.stripe.com/api/checkout/sessions/object */
export const checkoutObject = z.object({
  id: text,
  mode: text,
  status: texts,
  payment_status: text,
  amount_total: whole,
  currency: texts,
  payment_intent: maybe(z.union([text, paymentIntentObject])),
  subscription: ref,
  setup_intent: ref,
  invoice: ref,
  customer: ref,
  client_reference_id: texts,
  metadata,
})

/** https://docs.stripe.com/api/disputes/object */
export const disputeObject = z.object({
  id: text,
  amount: z.int(),
  currency: text,
  status: text,
  reason: texts,
  charge: ref,
  payment_intent: maybe(z.union([text, z.object({ id: text, metadata })])),
  balance_transactions: maybe(z.array(balanceTransaction)),
  evidence_details: maybe(z.object({ due_by: instant })),
})

/** https://docs.stripe.com/api/radar/early_fraud_warnings/object */
export const fraudWarningObject = z.object({
  id: text,
  actionable: flag,
  fraud_type: texts,
  charge: maybe(z.union([text, chargeObject])),
  payment_intent: ref,
})

/** https://docs.stripe.com/api/balance_transactions/object, with its source whole. */
export const movementObject = z.object({
  id: text,
  amount: z.int(),
  fee: whole,
  currency: text,
  created: z.int().min(1).max(8_640_000_000_000),
  type: text,
  source: maybe(
    z.union([
      text,
      z.object({
        id: text,
        object: texts,
        amount: whole,
        amount_captured: whole,
        currency: texts,
        balance_transaction: ref,
        charge: ref,
        metadata,
      }),
    ]),
  ),
})

/** https://docs.stripe.com/api/subscriptions/object. `current_period_*` stand on the items since basil. */
export const subscriptionObject = z.object({
  id: text,
  status: text,
  customer: ref,
  currency: texts,
  current_period_start: instant,
  current_period_end: instant,
  cancel_at_period_end: flag,
  cancel_at: instant,
  canceled_at: instant,
  ended_at: instant,
  trial_end: instant,
  latest_invoice: ref,
  schedule: ref,
  collection_method: texts,
  pause_collection: maybe(z.object({ behavior: texts, resumes_at: instant })),
  cancellation_details: maybe(z.object({ reason: texts })),
  status_details: maybe(
    z.object({ paused: maybe(z.object({ subscription: maybe(z.object({ type: texts })) })) }),
  ),
  items: listOf(
    z.object({
      id: text,
      quantity: whole,
      current_period_start: instant,
      current_period_end: instant,
      price: ref,
      plan: ref,
    }),
  ),
})

const subscriptionParent = maybe(z.object({ subscription_details: maybe(z.object({ subscription: ref })) }))

/** https://docs.stripe.com/api/invoices/object, before basil and since. The one of `invoice.upcoming` has no id. */
export const invoiceObject = z.object({
  id: texts,
  status: texts,
  customer: ref,
  currency: texts,
  number: texts,
  billing_reason: texts,
  collection_method: texts,
  total: whole,
  amount_due: whole,
  amount_paid: whole,
  amount_remaining: whole,
  amount_overpaid: whole,
  amount_paid_off_stripe: whole,
  attempted: flag,
  attempt_count: whole,
  next_payment_attempt: instant,
  due_date: instant,
  paid: flag,
  paid_out_of_band: flag,
  subscription: ref,
  payment_intent: ref,
  charge: ref,
  parent: subscriptionParent,
  last_finalization_error: failure,
  status_details: maybe(z.object({ uncollectible: maybe(z.object({ reason: texts })) })),
  payments: listOf(z.object({ payment: maybe(z.object({ payment_intent: ref, charge: ref })) })),
  lines: listOf(
    z.object({
      subscription: ref,
      subscription_item: ref,
      period: maybe(z.object({ end: instant })),
      parent: maybe(z.object({ subscription_item_details: maybe(z.object({ subscription: ref })) })),
    }),
  ),
})

/** https://docs.stripe.com/api/invoice-payment/object. Since basil. */
export const invoicePaymentObject = z.object({
  id: text,
  invoice: ref,
  status: text,
  currency: texts,
  amount_paid: whole,
  amount_requested: whole,
  is_default: flag,
  payment: maybe(z.object({ payment_intent: ref, charge: ref })),
})

/** https://docs.stripe.com/api/customers/object. A deleted one that is asked for has `deleted` and nothing else. */
export const customerObject = z.object({
  id: text,
  currency: texts,
  delinquent: flag,
  default_source: ref,
  deleted: flag,
  invoice_settings: maybe(z.object({ default_payment_method: ref })),
})

/** https://docs.stripe.com/api/payment_methods/object */
export const paymentMethodObject = z.object({
  id: text,
  customer: ref,
  type: texts,
  card: maybe(z.object({ brand: texts, exp_month: whole, exp_year: whole })),
})

/** https://docs.stripe.com/api/setup_intents/object */
export const setupIntentObject = z.object({
  id: text,
  status: text,
  customer: ref,
  payment_method: ref,
  usage: texts,
  last_setup_error: failure,
})

/** https://docs.stripe.com/api/subscription_schedules/object */
export const scheduleObject = z.object({
  id: text,
  status: text,
  customer: ref,
  subscription: ref,
  released_subscription: ref,
})

/** A discount, a payment source or a tax id: what hangs on a customer. */
export const customerPartObject = z.object({ id: text, object: texts, customer: ref })

/** https://docs.stripe.com/api/events/object, as far as it is the same for every type. */
export const snapshotEvent = z.object({
  id: text,
  type: text,
  api_version: texts,
  created: instant,
  data: z.object({
    object: z.record(z.string(), z.unknown()),
    previous_attributes: maybe(z.record(z.string(), z.unknown())),
  }),
})

/** https://docs.stripe.com/api/v2/core/events/object, as it is delivered. */
export const thinEvent = z.object({
  id: text,
  object: z.literal('v2.core.event'),
  type: text,
  related_object: maybe(z.object({ id: text, type: texts })),
  snapshot_event: texts,
  reason: maybe(z.object({ type: texts })),
})
