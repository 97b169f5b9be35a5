import { z } from 'zod'

// Only the fields that are read, and numbers are read as the texts that were sent. Whatever is not always there may be
// null. `balance` and `payer_amount` change their form between answers, so nobody reads them.
const text = z.string().nullish()

/** `state` 0 is success; the HTTP status must say so too. */
export const success = z.object({ state: z.literal('0'), result: z.unknown() })
export const refusal = z.object({
  state: z.literal('1'),
  message: text,
  errors: z.record(z.string(), z.unknown()).nullish(),
})

export const paymentAnswer = z.object({
  uuid: z.string().min(1),
  order_id: text,
  amount: text,
  currency: text,
  network: text,
  payer_currency: text,
  payment_amount: text,
  merchant_amount: text,
  commission: text,
  wallet_address_uuid: text,
  address: text,
  txid: text,
  /** One value under two names. */
  status: text,
  payment_status: text,
  is_final: z.boolean().nullish(),
  convert: z.unknown().optional(),
  updated_at: text,
})

export const payoutAnswer = z.object({
  uuid: z.string().min(1),
  order_id: text,
  amount: text,
  currency: text,
  network: text,
  txid: text,
  status: text,
  is_final: z.boolean().nullish(),
  updated_at: text,
})

/** An invoice or a deposit on a static wallet, as the API tells it. */
export type PaymentAnswer = z.output<typeof paymentAnswer>
/** A payout as the API tells it. */
export type PayoutAnswer = z.output<typeof payoutAnswer>
