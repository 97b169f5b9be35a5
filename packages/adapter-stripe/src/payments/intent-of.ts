import { isProviderError, type ProviderError, type ProviderPayment } from '@lastro/core/spec'
import { kindOfPayment, retrieve, type Target } from '../look-up.ts'
import type { PaymentContext } from './context.ts'
import { paymentOf } from './payment.ts'

/** A payment as Stripe holds it, with the ids by which it can be acted on. */
export interface Held {
  readonly kind: 'checkout' | 'payment_intent'
  readonly payment: ProviderPayment
  /** The payment intent: a page has none before the payer pays. */
  readonly intent: string | null
  /** A page that still takes a payer. */
  readonly isOpenPage: boolean
}

/** A payment of ours at Stripe, and the end of the wait for it. */
export interface Acting {
  readonly idempotencyKey: string
  readonly providerRef: string
  readonly signal?: AbortSignal | undefined
}

const idIn = (value: unknown): string | null => {
  const id: unknown = typeof value === 'string' ? value : Reflect.get(Object(value), 'id')
  return typeof id === 'string' ? id : null
}

/** What Stripe holds under the ref; null where it holds nothing; the error where it could not be asked. */
export async function askHeld(
  { client }: PaymentContext,
  { idempotencyKey, providerRef, signal }: Acting,
): Promise<Held | null | ProviderError> {
  const kind = kindOfPayment(providerRef)
  if (kind !== 'checkout' && kind !== 'payment_intent') return null
  const target: Target = { kind, id: providerRef, topic: kind, change: 'asked' }
  try {
    const found = await retrieve(client, { target, signal })
    if (found === null) return null
    const { object } = found
    const payment = paymentOf(found, { providerRef, idempotencyKey })
    if (kind === 'payment_intent') return { kind, payment, intent: providerRef, isOpenPage: false }
    return {
      kind,
      payment,
      intent: idIn(Reflect.get(Object(object), 'payment_intent')),
      isOpenPage: Reflect.get(Object(object), 'status') === 'open',
    }
  } catch (error) {
    if (isProviderError(error)) return error
    throw error
  }
}
