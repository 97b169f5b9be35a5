import type { CreatePayment } from '@lastro/core/spec'
import { stripeAmount } from '../amounts.ts'
import type { PaymentSettings } from '../options.ts'

/** A rule that a request breaks, and where. */
export interface BrokenRule {
  readonly field: string
  readonly rule: string
}

const broken = (field: string, rule: string): BrokenRule => ({ field, rule })

const MINUTE_MS = 60_000
/** https://docs.stripe.com/api/checkout/sessions/create, `expires_at`. */
const SHORTEST_MS = 30 * MINUTE_MS
const LONGEST_MS = 24 * 60 * MINUTE_MS
/** The longest value of a metadata field: https://docs.stripe.com/metadata. */
const LONGEST_KEY = 500

function checkPage(
  { expiresAt, returnUrl, cancelUrl }: CreatePayment,
  settings: PaymentSettings,
): BrokenRule | null {
  if (returnUrl === undefined) return broken('returnUrl', 'is needed: the page sends the payer there')
  if (cancelUrl !== undefined && settings.payments.checkoutPage === 'embedded')
    return broken('cancelUrl', 'is for a page of Stripe: an embedded one has none')
  if (expiresAt === undefined) return null
  const ms = expiresAt.getTime() - settings.clock.now().getTime()
  return ms >= SHORTEST_MS && ms <= LONGEST_MS
    ? null
    : broken('expiresAt', 'must be from 30 minutes to 24 hours from now')
}

/** The first rule that a request breaks, naming the field and never its value; null when it is fine. No network. */
export function checkPayment(request: CreatePayment, settings: PaymentSettings): BrokenRule | null {
  const { method, amount, due, payer, idempotencyKey } = request
  if (method !== 'checkout' && method !== 'card') return broken('method', 'must be checkout or card')
  if (due !== undefined) return broken('due', 'is for the method pix_due')
  if (idempotencyKey.length > LONGEST_KEY)
    return broken('idempotencyKey', `must have ${LONGEST_KEY} characters at most`)
  const { assets } = settings.payments
  if (!assets.includes(amount.asset)) return broken('amount.asset', `must be one of ${assets.join(', ')}`)
  const asked = stripeAmount(amount)
  if (asked.kind === 'refused') return broken('amount', asked.rule)
  if (payer?.providerRef !== undefined && !/^cus_\w{1,100}$/.test(payer.providerRef))
    return broken('payer.providerRef', 'must be the id of a customer, such as cus_…')
  return method === 'checkout' ? checkPage(request, settings) : null
}
