/** Which of the two keys signs a call. */
export type KeyKind = 'payment' | 'payout'

/**
 * The key of every call that Heleket documents. A refund is signed with the payout key although it stands under
 * `/payment` (Go SDK changelog, June 2026). Where documentation and SDKs name different paths, the documentation counts.
 */
export const KEY_OF = {
  '/v1/payment': 'payment',
  '/v1/payment/info': 'payment',
  '/v1/payment/list': 'payment',
  '/v1/payment/services': 'payment',
  '/v1/payment/qr': 'payment',
  '/v1/payment/aml-links': 'payment',
  '/v1/payment/resend': 'payment',
  '/v1/payment/refund': 'payout',
  '/v1/payment/discount/list': 'payment',
  '/v1/payment/discount/set': 'payment',
  '/v1/wallet': 'payment',
  '/v1/wallet/qr': 'payment',
  '/v1/wallet/block-address': 'payment',
  '/v1/wallet/blocked-address-refund': 'payment',
  '/v1/test-webhook/payment': 'payment',
  '/v1/test-webhook/wallet': 'payment',
  '/v1/test-webhook/payout': 'payout',
  '/v1/balance': 'payment',
  '/v1/payout': 'payout',
  '/v1/payout/info': 'payout',
  '/v1/payout/list': 'payout',
  '/v1/payout/services': 'payout',
  '/v1/payout/calc': 'payout',
  '/v1/transfer/to-personal': 'payout',
  '/v1/transfer/to-business': 'payout',
} as const satisfies Readonly<Record<string, KeyKind>>

/** A path of the API. */
export type HeleketPath = keyof typeof KEY_OF
