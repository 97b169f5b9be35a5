import { statusTable } from '@lastro/adapter-kit'
import type { DeclineReason, ProviderDispute, ProviderPaymentState, ProviderRefund } from '@lastro/core/spec'
import { PROVIDER } from './provider.ts'

const provider = PROVIDER

/** Payment intents. A failed attempt leads back to the first one, so no failure is final. */
export const INTENT_STATES = statusTable<ProviderPaymentState>({
  provider,
  field: 'payment_intent.status',
  table: {
    requires_payment_method: 'pending',
    requires_confirmation: 'pending',
    requires_action: 'requires_action',
    processing: 'processing',
    requires_capture: 'authorized',
    succeeded: 'paid',
    canceled: 'canceled',
  },
})

/** Charges. A failed one tells nothing final of its payment: another attempt may follow. */
export const CHARGE_STATES = statusTable<'succeeded' | 'processing' | 'failed'>({
  provider,
  field: 'charge.status',
  table: { succeeded: 'succeeded', pending: 'processing', failed: 'failed' },
})

/** Checkout pages, by `payment_status`: "completed" says only that the customer is through. */
export const CHECKOUT_PAYMENTS = statusTable<'paid' | 'unpaid'>({
  provider,
  field: 'checkout.payment_status',
  table: { paid: 'paid', no_payment_required: 'paid', unpaid: 'unpaid' },
})

/** What an unpaid Checkout page is, by `status`. A complete one waits for a delayed method, or is authorized only. */
export const CHECKOUT_STATES = statusTable<ProviderPaymentState>({
  provider,
  field: 'checkout.status',
  table: { open: 'pending', complete: 'processing', expired: 'expired' },
})

/** Refunds. `failed` may come after `succeeded`. */
export const REFUND_STATES = statusTable<ProviderRefund['state']>({
  provider,
  field: 'refund.status',
  table: {
    pending: 'pending',
    requires_action: 'pending',
    succeeded: 'succeeded',
    failed: 'failed',
    canceled: 'failed',
  },
})

/** Disputes. `warning_*` are inquiries, which take no money; an appeal opens a closed one again. */
export const DISPUTE_STATES = statusTable<ProviderDispute['state']>({
  provider,
  field: 'dispute.status',
  table: {
    warning_needs_response: 'inquiry',
    warning_under_review: 'inquiry',
    warning_closed: 'closed',
    needs_response: 'needs_response',
    appeal_needs_response: 'needs_response',
    under_review: 'under_review',
    appeal_under_review: 'under_review',
    won: 'won',
    lost: 'lost',
    prevented: 'closed',
  },
})

/** Decline codes that say more than "refused": https://docs.stripe.com/declines/codes. */
const REASONS: ReadonlyMap<string, DeclineReason> = new Map([
  ['insufficient_funds', 'insufficient_funds'],
  ['withdrawal_count_limit_exceeded', 'limit_exceeded'],
  ['card_velocity_exceeded', 'limit_exceeded'],
  ['invalid_amount', 'invalid_amount'],
  ['amount_too_large', 'invalid_amount'],
  ['amount_too_small', 'invalid_amount'],
  ['duplicate_transaction', 'duplicate'],
  ['not_permitted', 'not_permitted'],
  ['transaction_not_allowed', 'not_permitted'],
  ['card_not_supported', 'not_permitted'],
  ['currency_not_supported', 'not_permitted'],
])

/** Why an attempt failed, from Stripe's codes: the issuer's own (`decline_code`) says more than the general one. */
export function reasonOf(codes: readonly (string | null)[]): DeclineReason {
  for (const code of codes) {
    const reason = code === null ? undefined : REASONS.get(code)
    if (reason !== undefined) return reason
  }
  return 'refused'
}
