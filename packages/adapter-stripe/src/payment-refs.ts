import type { PaymentFacts } from '@lastro/core/spec'

/** The metadata field in which payments and refunds carry our idempotency key. */
export const KEY_FIELD = 'lastro_key'
/** The metadata field that marks what Checkout made. */
export const VIA_FIELD = 'lastro_via'
/** Its value: the payment's provider ref is the Checkout page's id, not the payment intent's. */
export const VIA_CHECKOUT = 'checkout'

type Metadata = Readonly<Record<string, unknown>>

/** Our key, where the object carries it. */
export function keyOf(metadata: Metadata): string | null {
  const key = metadata[KEY_FIELD]
  return typeof key === 'string' && key !== '' ? key : null
}

/**
 * Which payment a payment intent belongs to. One that Checkout made is found by our key alone: the payment was created
 * as a Checkout page, before there was an intent.
 */
export function refOfIntent(intent: { readonly id: string; readonly metadata: Metadata }): PaymentFacts {
  const key = keyOf(intent.metadata)
  const isCheckout = key !== null && intent.metadata[VIA_FIELD] === VIA_CHECKOUT
  return {
    ...(isCheckout ? {} : { providerRef: intent.id }),
    ...(key === null ? {} : { idempotencyKey: key }),
  }
}

/**
 * Which payment something belongs to that names its intent and its charge. Where the intent is an id only, nobody can
 * tell whether Checkout made it: then the charge, which is a receipt of the payment, finds it.
 */
export function refOf(found: {
  readonly intent: string | { readonly id: string; readonly metadata: Metadata } | null
  readonly charge: string | null
}): PaymentFacts {
  const { intent, charge } = found
  if (intent === null) return {}
  if (typeof intent !== 'string') return refOfIntent(intent)
  return charge === null ? { providerRef: intent } : {}
}
