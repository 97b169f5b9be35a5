import type { ProviderEvent } from '@lastro/core/spec'
import type { z } from 'zod'
import { assetOf } from './amounts.ts'
import { invoiceObject, invoicePaymentObject, scheduleObject, subscriptionObject } from './api.ts'
import { type Context, changed, plainWord, readerOf, type Told, unrecognised } from './reading.ts'

type Subscription = z.output<typeof subscriptionObject>
type Invoice = z.output<typeof invoiceObject>

/** More items than this are left out of the facts; the period of the whole counts them all. */
const MAX_ITEMS = 20

const earliest = (times: readonly Date[]): Date | null =>
  times.reduce<Date | null>((first, time) => (first === null || time < first ? time : first), null)
const latest = (times: readonly Date[]): Date | null =>
  times.reduce<Date | null>((last, time) => (last === null || time > last ? time : last), null)

/** Periods stand on the subscription before basil, and on each item since; items may differ, and the first to end counts. */
function periodsOf({ items, ...subscription }: Subscription): Told {
  const ends = items.flatMap((item) => item.current_period_end ?? [])
  const starts = items.flatMap((item) => item.current_period_start ?? [])
  const perItem = items
    .slice(0, MAX_ITEMS)
    .map((item) => [`periodEnd:${item.id}`, item.current_period_end] as const)
  return {
    currentPeriodStart: earliest(starts) ?? subscription.current_period_start,
    currentPeriodEnd: earliest(ends) ?? subscription.current_period_end,
    ...Object.fromEntries(perItem),
  }
}

/** `customer.subscription.*` */
export const readSubscription = readerOf(subscriptionObject, (subscription, context) => {
  const { id, status, items } = subscription
  const before = context.previous.status
  const facts = {
    customer: subscription.customer,
    ...periodsOf(subscription),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancelAt: subscription.cancel_at,
    canceledAt: subscription.canceled_at,
    endedAt: subscription.ended_at,
    trialEnd: subscription.trial_end,
    latestInvoice: subscription.latest_invoice,
    schedule: subscription.schedule,
    collectionMethod: subscription.collection_method,
    pauseCollection: subscription.pause_collection?.behavior ?? null,
    resumesAt: subscription.pause_collection?.resumes_at ?? null,
    pausedBecause: subscription.status_details?.paused?.subscription?.type ?? null,
    cancellationReason: subscription.cancellation_details?.reason ?? null,
    price: items[0]?.price ?? items[0]?.plan ?? null,
    quantity: items[0]?.quantity ?? null,
    previousStatus: typeof before === 'string' ? plainWord(before) : null,
  }
  return [changed(context, { object: 'subscription', ref: id, status, facts })]
})

/** The subscription of an invoice: where it stands since basil, else where it stood before, else on any line. */
function subscriptionOf(invoice: Invoice): string | null {
  const ofLines = invoice.lines.map(
    (line) => line.parent?.subscription_item_details?.subscription ?? line.subscription,
  )
  return (
    invoice.parent?.subscription_details?.subscription ??
    invoice.subscription ??
    ofLines.find((found) => found !== null) ??
    null
  )
}

/** Paid to Stripe, or said to be paid elsewhere: since basil both are a status. */
const isPaid = ({ status, paid }: Invoice): boolean => status === 'paid' || (status === null && paid === true)

function amountsOf(invoice: Invoice): Told {
  const asset = invoice.currency === null ? null : assetOf(invoice.currency)
  if (asset === null) return {}
  return {
    asset,
    total: invoice.total,
    amountDue: invoice.amount_due,
    amountPaid: invoice.amount_paid,
    amountRemaining: invoice.amount_remaining,
    amountOverpaid: invoice.amount_overpaid,
    amountPaidOffStripe: invoice.amount_paid_off_stripe,
  }
}

function factsOfInvoice(invoice: Invoice): Told {
  const paid = invoice.payments.flatMap(({ payment }) => payment ?? [])
  return {
    subscription: subscriptionOf(invoice),
    customer: invoice.customer,
    number: invoice.number,
    billingReason: invoice.billing_reason,
    collectionMethod: invoice.collection_method,
    isPaid: isPaid(invoice),
    isPaidOffStripe: invoice.paid_out_of_band ?? ((invoice.amount_paid_off_stripe ?? 0) > 0 ? true : null),
    ...amountsOf(invoice),
    attempted: invoice.attempted,
    attemptCount: invoice.attempt_count,
    nextPaymentAttempt: invoice.next_payment_attempt,
    dueDate: invoice.due_date,
    periodEnd: latest(invoice.lines.flatMap(({ period }) => period?.end ?? [])),
    paymentIntent:
      invoice.payment_intent ?? paid.find((entry) => entry.payment_intent !== null)?.payment_intent ?? null,
    charge: invoice.charge ?? paid.find((entry) => entry.charge !== null)?.charge ?? null,
    uncollectibleBecause: invoice.status_details?.uncollectible?.reason ?? null,
    finalizationError: plainWord(invoice.last_finalization_error?.code ?? null),
  }
}

/** The invoice of `invoice.upcoming` is a preview without an id: news of its subscription, or of its customer. */
function ofPreview(invoice: Invoice, context: Context): ProviderEvent {
  const subscription = subscriptionOf(invoice)
  const ref = subscription ?? invoice.customer
  if (ref === null)
    return unrecognised(context, { detail: 'an invoice without id, subscription and customer' })
  return changed(context, {
    object: subscription === null ? 'customer' : 'subscription',
    ref,
    change: `invoice_${context.change}`,
    status: invoice.status,
    facts: factsOfInvoice(invoice),
  })
}

/** `invoice.*` */
export const readInvoice = readerOf(invoiceObject, (invoice, context) => {
  const { id, status } = invoice
  if (id === null || context.change === 'upcoming') return [ofPreview(invoice, context)]
  return [changed(context, { object: 'invoice', ref: id, status, facts: factsOfInvoice(invoice) })]
})

/** `invoice_payment.*`: since basil the only event that joins an invoice and a payment intent. */
export const readInvoicePayment = readerOf(invoicePaymentObject, (found, context) => {
  const { id, invoice, status, payment } = found
  if (invoice === null)
    return [unrecognised(context, { detail: 'invoice_payment.invoice is absent', providerRef: id })]
  const facts = {
    invoicePayment: id,
    paymentIntent: payment?.payment_intent ?? null,
    charge: payment?.charge ?? null,
    isDefault: found.is_default,
    asset: found.currency === null ? null : assetOf(found.currency),
    amountPaid: found.amount_paid,
    amountRequested: found.amount_requested,
  }
  return [
    changed(context, { object: 'invoice', ref: invoice, change: `payment_${context.change}`, status, facts }),
  ]
})

/** `subscription_schedule.*`: news of the subscription it drives, once there is one. */
export const readSchedule = readerOf(scheduleObject, (schedule, context) => {
  const { id, status, customer, subscription, released_subscription: released } = schedule
  const ref = subscription ?? released ?? id
  const change = `schedule_${context.change}`
  return [
    changed(context, { object: 'subscription', ref, change, status, facts: { schedule: id, customer } }),
  ]
})
