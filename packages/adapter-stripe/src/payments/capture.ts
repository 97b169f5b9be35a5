import {
  accepted,
  declined,
  isProviderError,
  type Money,
  type Outcome,
  type ProviderPayment,
} from '@lastro/core/spec'
import { stripeAmount } from '../amounts.ts'
import { PAYMENT_PARTS, readWhole, type Target } from '../look-up.ts'
import type { PaymentContext } from './context.ts'
import { type Acting, askHeld } from './intent-of.ts'
import { requestKey } from './keys.ts'
import { doubt, neverBegan, readMoney } from './money-call.ts'
import { paymentOf, surprise } from './payment.ts'

/** What to take of an authorized payment. */
export interface Capture {
  readonly idempotencyKey: string
  readonly payment: { readonly idempotencyKey: string; readonly providerRef: string }
  readonly amount: Money
  readonly isFinal: boolean
  readonly signal?: AbortSignal
}

async function readTaken(
  { client }: PaymentContext,
  {
    object,
    intent,
    capture,
  }: { readonly object: object; readonly intent: string; readonly capture: Capture },
): Promise<Outcome<ProviderPayment>> {
  const target: Target = { kind: 'payment_intent', id: intent, topic: 'payment_intent', change: 'captured' }
  try {
    const events = await readWhole(client, { target, object, signal: capture.signal })
    const { action: _none, ...payment } = paymentOf({ object, events }, capture.payment)
    return accepted(payment)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return doubt('what was captured cannot be read.', error)
  }
}

/** The intent that is captured: of a page it has to be asked for. */
async function intentToCapture(context: PaymentContext, acting: Acting): Promise<string | Outcome<never>> {
  if (acting.providerRef.startsWith('pi_')) return acting.providerRef
  const held = await askHeld(context, acting)
  if (isProviderError(held)) return neverBegan(held)
  if (held === null) return neverBegan(surprise('there is no such payment to be seen.'))
  return held.intent ?? declined('not_permitted', 'nobody has paid at the page yet.')
}

/**
 * Takes an authorization, all of it or a part. Stripe takes one once and lets the rest go, unless the account may capture
 * in parts (`multicapture`): a part that is not the last is refused before anything is sent.
 */
export async function capturePayment(
  context: PaymentContext,
  capture: Capture,
): Promise<Outcome<ProviderPayment>> {
  const { amount, isFinal, payment, signal, idempotencyKey } = capture
  const { multicapture } = context.settings.payments
  const asked = stripeAmount(amount)
  if (asked.kind === 'refused') return declined('invalid_amount', `amount ${asked.rule}.`)
  if (!isFinal && !multicapture)
    return declined('not_permitted', 'Stripe captures once: a part must be final, and lets the rest go.')
  const intent = await intentToCapture(context, { ...payment, signal })
  if (typeof intent !== 'string') return intent
  const answer = await context.client.call<object>(
    (stripe) =>
      stripe.paymentIntents.capture(
        intent,
        {
          amount_to_capture: asked.amount,
          ...(multicapture ? { final_capture: isFinal } : {}),
          expand: [...PAYMENT_PARTS],
        },
        { idempotencyKey: requestKey('capture', idempotencyKey) },
      ),
    { signal },
  )
  const read = readMoney(answer, context.settings)
  return read.kind === 'value' ? readTaken(context, { object: read.value, intent, capture }) : read.outcome
}
