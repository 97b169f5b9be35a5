import { z } from 'zod'

/** PaymentDTO of `platform_API.md`, as far as it is read. Numbers arrive as the text the server wrote. */
export const paymentDto = z.object({
  identifier: z.string(),
  user_uid: z.string(),
  amount: z.string(),
  memo: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  // Absent from answers before 2023; a payment without them cannot be confirmed.
  from_address: z.string().nullish(),
  to_address: z.string().nullish(),
  direction: z.string().nullish(),
  network: z.string().nullish(),
  created_at: z.string(),
  status: z.object({
    developer_approved: z.boolean(),
    transaction_verified: z.boolean(),
    developer_completed: z.boolean(),
    cancelled: z.boolean(),
    user_cancelled: z.boolean(),
  }),
  transaction: z.object({ txid: z.string(), verified: z.boolean().nullish() }).nullish(),
})

/** A payment as Pi tells it: user to app, or app to user. */
export type PaymentDto = z.output<typeof paymentDto>

/**
 * `incomplete_server_payments`: at most one entry, app to user only (`platform_API.md`). The official client's type says
 * that it is a bare list, so that form is read too.
 */
export const incompleteAnswer = z.union([
  z
    .object({ incomplete_server_payments: z.array(paymentDto) })
    .transform((it) => it.incomplete_server_payments),
  z.array(paymentDto),
])

/** `{error, error_message}`; some errors carry the payment too. */
export const errorAnswer = z.object({ error: z.string(), payment: z.unknown().optional() })
