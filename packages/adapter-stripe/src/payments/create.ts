import {
  accepted,
  type CreatePayment,
  type DeclineReason,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderPayment,
} from '@lastro/core/spec'
import type { Stripe } from 'stripe'
import { stripeAmount } from '../amounts.ts'
import { readWhole, type Target } from '../look-up.ts'
import type { PaymentSettings } from '../options.ts'
import { KEY_FIELD, VIA_CHECKOUT, VIA_FIELD } from '../payment-refs.ts'
import { checkPayment } from './check.ts'
import type { PaymentContext } from './context.ts'
import { requestKey } from './keys.ts'
import { doubt, readMoney } from './money-call.ts'
import { paymentOf } from './payment.ts'

interface Asked {
  readonly request: CreatePayment
  readonly amount: number
  readonly currency: string
  readonly settings: PaymentSettings
}

const REASONS: Readonly<Record<string, DeclineReason>> = {
  amount: 'invalid_amount',
  'amount.asset': 'not_permitted',
  expiresAt: 'expired',
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1_000)

/** Where the page leads, by where it stands. */
function addressesOf({ request, settings }: Asked): Stripe.Checkout.SessionCreateParams {
  const { returnUrl = '', cancelUrl } = request
  if (settings.payments.checkoutPage === 'embedded')
    return { ui_mode: 'embedded_page', return_url: returnUrl, redirect_on_completion: 'if_required' }
  return { success_url: returnUrl, ...(cancelUrl === undefined ? {} : { cancel_url: cancelUrl }) }
}

const captureOf = ({ request }: Asked) =>
  request.capture === 'manual' ? ({ capture_method: 'manual' } as const) : {}

/** Asked for before the payer pays: an authorization that was made without it is captured once. */
const multicaptureOf = ({ request, settings }: Asked) =>
  request.capture === 'manual' && settings.payments.multicapture
    ? ({ payment_method_options: { card: { request_multicapture: 'if_available' } } } as const)
    : {}

function sessionOf(asked: Asked): Stripe.Checkout.SessionCreateParams {
  const { request, amount, currency, settings } = asked
  const { idempotencyKey, description, payer, expiresAt } = request
  const name = description ?? settings.payments.itemName
  return {
    mode: 'payment',
    line_items: [{ quantity: 1, price_data: { currency, unit_amount: amount, product_data: { name } } }],
    ...addressesOf(asked),
    metadata: { [KEY_FIELD]: idempotencyKey },
    payment_intent_data: {
      metadata: { [KEY_FIELD]: idempotencyKey, [VIA_FIELD]: VIA_CHECKOUT },
      ...captureOf(asked),
      ...(description === undefined ? {} : { description }),
    },
    ...multicaptureOf(asked),
    ...(payer?.providerRef === undefined
      ? payer?.email === undefined
        ? {}
        : { customer_email: payer.email }
      : { customer: payer.providerRef }),
    ...(expiresAt === undefined ? {} : { expires_at: seconds(expiresAt) }),
  }
}

function intentOf(asked: Asked): Stripe.PaymentIntentCreateParams {
  const { request, amount, currency, settings } = asked
  const { idempotencyKey, description, payer } = request
  const { cardFormTypes } = settings.payments
  return {
    amount,
    currency,
    metadata: { [KEY_FIELD]: idempotencyKey },
    ...(cardFormTypes === null
      ? { automatic_payment_methods: { enabled: true } }
      : { allowed_payment_method_types: [...cardFormTypes] }),
    ...captureOf(asked),
    ...multicaptureOf(asked),
    ...(description === undefined ? {} : { description }),
    ...(payer?.providerRef === undefined ? {} : { customer: payer.providerRef }),
    ...(payer?.email === undefined ? {} : { receipt_email: payer.email }),
  } as Stripe.PaymentIntentCreateParams
}

/** Reads what was made. It counts only when it is what was asked for. */
async function readMade(
  { client }: PaymentContext,
  made: { readonly object: object; readonly kind: Target['kind']; readonly request: CreatePayment },
): Promise<Outcome<ProviderPayment>> {
  const { object, kind, request } = made
  const id: unknown = Reflect.get(object, 'id')
  if (typeof id !== 'string') return doubt('what was made has no id.')
  try {
    const target: Target = { kind, id, topic: kind, change: 'created' }
    const events = await readWhole(client, { target, object, signal: request.signal })
    const payment = paymentOf({ object, events }, { providerRef: id, idempotencyKey: request.idempotencyKey })
    if (payment.idempotencyKey !== request.idempotencyKey) return doubt('what was made carries another key.')
    if (!Money.equals(payment.amount, request.amount))
      return doubt('what was made is of another amount than was asked.')
    return accepted(payment)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return doubt('what was made cannot be read.', error)
  }
}

/** Makes a Checkout page or a payment intent, once: the idempotency key follows from the intent. */
export async function createPayment(
  context: PaymentContext,
  request: CreatePayment,
): Promise<Outcome<ProviderPayment>> {
  const { client, settings } = context
  const rule = checkPayment(request, settings)
  if (rule !== null) return declined(REASONS[rule.field] ?? 'refused', `${rule.field} ${rule.rule}.`)
  const money = stripeAmount(request.amount)
  if (money.kind === 'refused') return declined('invalid_amount', `amount ${money.rule}.`)
  const asked: Asked = { request, settings, ...money }
  const options = { idempotencyKey: requestKey('create', request.idempotencyKey) }
  const kind = request.method === 'checkout' ? 'checkout' : 'payment_intent'
  const answer = await client.call<object>(
    (stripe) =>
      kind === 'checkout'
        ? stripe.checkout.sessions.create(sessionOf(asked), options)
        : stripe.paymentIntents.create(intentOf(asked), options),
    { signal: request.signal },
  )
  const read = readMoney(answer, settings)
  return read.kind === 'value' ? readMade(context, { object: read.value, kind, request }) : read.outcome
}
