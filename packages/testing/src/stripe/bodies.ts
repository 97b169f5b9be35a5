import { type FakeStripeEndpoint, STRIPE_VERSION } from './options.ts'
import type { StripeEvent } from './records.ts'
import { inShapeOf } from './versions.ts'

/** Where the API serves an object, as thin events say. */
const ADDRESSES: Readonly<Record<string, string>> = {
  payment_intent: 'payment_intents',
  charge: 'charges',
  refund: 'refunds',
  dispute: 'disputes',
  'checkout.session': 'checkout/sessions',
  'radar.early_fraud_warning': 'radar/early_fraud_warnings',
}

/** The body of a webhook, in the shape that its endpoint was made for. */
export function bodyFor(
  endpoint: FakeStripeEndpoint,
  { event, id, indent }: { readonly event: StripeEvent; readonly id: string; readonly indent: number },
): string {
  return JSON.stringify(
    endpoint.payload === 'thin' ? thin({ event, id }) : snapshot(endpoint, event),
    null,
    indent,
  )
}

function snapshot({ apiVersion = STRIPE_VERSION, account }: FakeStripeEndpoint, event: StripeEvent): object {
  const { id, object, created, data, livemode, pending_webhooks, request, type } = event
  const { previous_attributes: previous } = data
  return {
    id,
    object,
    ...(account === undefined ? {} : { account }),
    api_version: apiVersion,
    created,
    data: {
      object: inShapeOf(data.object, apiVersion),
      ...(previous === undefined ? {} : { previous_attributes: previous }),
    },
    livemode,
    pending_webhooks,
    request,
    type,
  }
}

function thin({ event, id }: { readonly event: StripeEvent; readonly id: string }): object {
  const { object } = event.data
  return {
    id,
    object: 'v2.core.event',
    context: null,
    created: new Date(event.created * 1_000).toISOString(),
    livemode: false,
    reason: null,
    related_object: {
      id: object.id,
      type: object.object,
      url: `/v1/${ADDRESSES[object.object] ?? object.object}/${object.id}`,
    },
    snapshot_event: event.id,
    type: `v1.${event.type}`,
  }
}
