import { type FakeStripeEndpoint, STRIPE_VERSION } from './options.ts'
import type { StripeEvent, StripeObject } from './records.ts'
import { nowSeconds, type StripeContext } from './state.ts'

/** Something happened to an object: an event, kept as it was then, and a webhook for each endpoint that wants it. */
export function emit(
  context: StripeContext,
  news: { readonly type: string; readonly object: StripeObject; readonly previous?: object },
): void {
  const { state, ids, outbox, settings } = context
  const { type, object, previous } = news
  const event: StripeEvent = {
    id: ids.next('evt_3', 24),
    object: 'event',
    api_version: STRIPE_VERSION,
    created: nowSeconds(context),
    data: {
      object: structuredClone(object),
      ...(previous === undefined ? {} : { previous_attributes: structuredClone(previous) }),
    },
    livemode: false,
    pending_webhooks: settings.endpoints.length,
    request: state.request,
    type,
  }
  state.events.set(event.id, event)
  settings.onEvent(event)
  for (const endpoint of settings.endpoints) {
    const { types } = endpoint
    if (types === undefined || types.includes(type))
      outbox.notify({ endpoint, event, id: idAt(context, { endpoint, event }) })
  }
}

/** Thin events have ids of their own. */
function idAt(
  { ids }: StripeContext,
  { endpoint, event }: { readonly endpoint: FakeStripeEndpoint; readonly event: StripeEvent },
): string {
  return endpoint.payload === 'thin' ? ids.next('evt_test_65', 30) : event.id
}
