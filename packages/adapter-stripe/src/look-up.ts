import type { ProviderEvent, ProviderObject } from '@lastro/core/spec'
import type { Stripe } from 'stripe'
import type { StripeClient } from './client.ts'
import { KINDS, type Kind, typeRow } from './event-types.ts'
import type { Context } from './reading.ts'
import { listDisputes, withAllRefunds } from './whole.ts'

interface Asked {
  readonly subject: string
  /** With everything in it that the reader can use. */
  get(stripe: Stripe, id: string): Promise<unknown>
}

/** What of a payment intent is wanted whole. */
export const PAYMENT_PARTS: readonly string[] = ['latest_charge.refunds', 'latest_charge.balance_transaction']

/** How each kind of object is asked for. A customer's parts have no address that their id alone would tell. */
const ASKED: Readonly<Record<Exclude<Kind, 'customer_part'>, Asked>> = {
  charge: {
    subject: 'a charge',
    get: (stripe, id) =>
      stripe.charges.retrieve(id, { expand: ['refunds', 'balance_transaction', 'payment_intent'] }),
  },
  checkout: {
    subject: 'a Checkout page',
    get: (stripe, id) =>
      stripe.checkout.sessions.retrieve(id, {
        expand: PAYMENT_PARTS.map((path) => `payment_intent.${path}`),
      }),
  },
  customer: { subject: 'a customer', get: (stripe, id) => stripe.customers.retrieve(id) },
  dispute: {
    subject: 'a dispute',
    get: (stripe, id) => stripe.disputes.retrieve(id, { expand: ['payment_intent'] }),
  },
  fraud_warning: {
    subject: 'a fraud warning',
    get: (stripe, id) => stripe.radar.earlyFraudWarnings.retrieve(id, { expand: ['charge.payment_intent'] }),
  },
  invoice: {
    subject: 'an invoice',
    get: (stripe, id) => stripe.invoices.retrieve(id, { expand: ['payments'] }),
  },
  invoice_payment: {
    subject: 'an invoice payment',
    get: (stripe, id) => stripe.invoicePayments.retrieve(id),
  },
  payment_intent: {
    subject: 'a payment intent',
    get: (stripe, id) => stripe.paymentIntents.retrieve(id, { expand: [...PAYMENT_PARTS] }),
  },
  payment_method: { subject: 'a payment method', get: (stripe, id) => stripe.paymentMethods.retrieve(id) },
  refund: {
    subject: 'a refund',
    get: (stripe, id) => stripe.refunds.retrieve(id, { expand: ['payment_intent'] }),
  },
  schedule: {
    subject: 'a subscription schedule',
    get: (stripe, id) => stripe.subscriptionSchedules.retrieve(id),
  },
  setup_intent: { subject: 'a setup', get: (stripe, id) => stripe.setupIntents.retrieve(id) },
  subscription: { subject: 'a subscription', get: (stripe, id) => stripe.subscriptions.retrieve(id) },
}

/** An object to be asked for, and as what it is read. */
export interface Target {
  readonly kind: keyof typeof ASKED
  readonly id: string
  readonly topic: string
  readonly change: string
}

const OBJECT_KINDS: Readonly<Partial<Record<ProviderObject, keyof typeof ASKED>>> = {
  customer: 'customer',
  invoice: 'invoice',
  payment_method: 'payment_method',
  setup: 'setup_intent',
  subscription: 'subscription',
}

/** Ids begin with what they are the id of: https://docs.stripe.com/api. */
export const kindOfPayment = (ref: string): Target['kind'] =>
  ref.startsWith('cs_') ? 'checkout' : ref.startsWith('pi_') ? 'payment_intent' : 'charge'

/** What of a payment can be asked for: itself, else what it tells of, the part that names the least last. */
function targetsOfPayment(event: Extract<ProviderEvent, { kind: 'payment' }>): readonly Target[] {
  const of = (kind: Target['kind'], id: string): Target => ({ kind, id, topic: kind, change: 'asked' })
  if (event.providerRef !== undefined) return [of(kindOfPayment(event.providerRef), event.providerRef)]
  return [
    ...(event.receipts ?? []).map(({ ref }) => of('charge', ref)),
    ...(event.refunds ?? []).map(({ ref }) => of('refund', ref)),
    ...(event.disputes ?? []).map(({ ref }) =>
      of(ref.startsWith('issfr_') ? 'fraud_warning' : 'dispute', ref),
    ),
  ]
}

function targetsOf(event: ProviderEvent): readonly Target[] {
  if (event.kind === 'payment') return targetsOfPayment(event)
  if (event.kind === 'changed') {
    const kind = OBJECT_KINDS[event.object]
    return kind === undefined ? [] : [{ kind, id: event.ref, topic: event.object, change: event.change }]
  }
  const id = event.kind === 'hint' ? event.ref : event.kind === 'unrecognised' ? event.providerRef : undefined
  const row = event.kind === 'hint' || event.kind === 'unrecognised' ? typeRow(event.topic) : null
  if (id === undefined || row === null || row.kind === null || row.kind === 'customer_part') return []
  return [{ kind: row.kind, id, topic: row.type, change: row.change }]
}

/** What Stripe holds, as it is told and as it is read. */
export interface Retrieved {
  readonly object: unknown
  readonly events: readonly ProviderEvent[]
}

/**
 * Asks for one object, for what it leaves out of its own lists, and reads it. Null: Stripe does not know it.
 * @throws ProviderError when Stripe could not be asked.
 */
export async function retrieve(
  client: StripeClient,
  asked: { readonly target: Target; readonly signal: AbortSignal | undefined },
): Promise<Retrieved | null> {
  const { target, signal } = asked
  const { subject, get } = ASKED[target.kind]
  const object = await client.ask((stripe) => get(stripe, target.id), { subject, signal })
  if (object === null) return null
  const whole = await withAllRefunds(client, { object, signal })
  return { object: whole, events: await readWhole(client, { target, object: whole, signal }) }
}

/**
 * Reads an object that is at hand, with the disputes of its charge.
 * @throws ProviderError when Stripe could not be asked for them.
 */
export async function readWhole(
  client: StripeClient,
  found: { readonly target: Target; readonly object: unknown; readonly signal: AbortSignal | undefined },
): Promise<readonly ProviderEvent[]> {
  const { target, object, signal } = found
  const context: Context = { topic: target.topic, change: target.change, occurredAt: null, previous: {} }
  const disputes = await listDisputes(client, { object, signal })
  return [
    ...KINDS[target.kind].read(object, context),
    ...disputes.flatMap((dispute) => KINDS.dispute.read(dispute, context)),
  ]
}

/**
 * Asks Stripe for what an event is about, in the version that is pinned here, and answers what the object says now.
 * Empty: Stripe does not know it, or there is nothing to ask for.
 * @throws ProviderError when Stripe could not be asked.
 */
export async function lookUp(
  client: StripeClient,
  event: ProviderEvent,
  options?: { readonly signal?: AbortSignal },
): Promise<readonly ProviderEvent[]> {
  const events: ProviderEvent[] = []
  for (const target of targetsOf(event)) {
    const found = await retrieve(client, { target, signal: options?.signal })
    if (found !== null) events.push(...found.events)
  }
  return events
}
