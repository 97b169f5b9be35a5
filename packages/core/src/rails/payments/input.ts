import { z } from 'zod'
import {
  assetSchema,
  boundedText,
  idempotencyKeySchema,
  moneySchema,
  positiveMoneySchema,
} from '../../platform/input.ts'
import { statesOf } from '../../platform/machine/index.ts'
import { type PaymentId, paymentMachine } from './payment.ts'

const STATES = statesOf(paymentMachine)
const METHODS = ['pix', 'pix_due', 'checkout', 'card', 'pi'] as const

const day = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a day such as 2026-12-24')
const bps = z
  .int({ error: 'must be a whole number of basis points' })
  .min(1, 'must be at least 1')
  .max(10_000, 'must be at most 10000')
const share = z.strictObject({ bps })
const fixedOrShare = z.union([positiveMoneySchema, share], { error: 'must be money or { bps }' })

const httpsUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
  .max(2_048, 'must be at most 2048 characters')

/** A payment's id. */
export const paymentIdSchema = z.custom<PaymentId>(
  (value) => typeof value === 'string' && value.startsWith('pay_') && value.length <= 64,
  { error: 'must be the id of a payment' },
)

const dueSchema = z
  .strictObject({
    dueDate: day,
    payableDaysAfter: z.int().min(0, 'must be at least 0').max(3_650, 'must be at most 3650').optional(),
    fine: fixedOrShare.optional(),
    interest: z
      .union(
        [
          z.strictObject({ perDay: positiveMoneySchema }),
          z.strictObject({ bps, per: z.enum(['day', 'month', 'year']) }),
        ],
        {
          error: 'must be { perDay } or { bps, per }',
        },
      )
      .optional(),
    discount: z
      .array(z.strictObject({ until: day, amount: fixedOrShare }))
      .min(1, 'must not be empty')
      .max(3, 'must have at most 3 entries')
      .optional(),
    abatement: fixedOrShare.optional(),
  })
  .optional()

/** A provider's own id of something. */
export const refSchema = boundedText(255).regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')

/** The host's own words about a payment. */
export const metadataSchema = z
  .record(boundedText(64), z.string({ error: 'must be a text' }).max(512, 'must be at most 512 characters'))
  .refine((metadata) => Object.keys(metadata).length <= 32, { error: 'must have at most 32 entries' })

/** The form of `CreatePaymentIntent`. */
export const createSchema = z
  .strictObject({
    provider: boundedText(64).optional(),
    amount: positiveMoneySchema,
    payIn: assetSchema.optional(),
    method: z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` }),
    description: boundedText(140).optional(),
    payer: z
      .strictObject({
        name: boundedText(200).optional(),
        document: z
          .string()
          .regex(/^[0-9A-Z]{11,14}$/, 'must be a CPF or CNPJ, digits and letters only')
          .optional(),
        email: z.email('must be an e-mail address').max(254, 'must be at most 254 characters').optional(),
        providerRef: refSchema.optional(),
      })
      .optional(),
    expiresAt: z.date({ error: 'must be a Date' }).optional(),
    due: dueSchema,
    capture: z.enum(['automatic', 'manual'], { error: 'must be automatic or manual' }).optional(),
    returnUrl: httpsUrl.optional(),
    cancelUrl: httpsUrl.optional(),
    reference: boundedText(128).optional(),
    metadata: metadataSchema.optional(),
    creditAccount: boundedText(128).optional(),
    correlation: boundedText(128).optional(),
    idempotencyKey: idempotencyKeySchema,
  })
  .refine(({ method, due }) => method !== 'pix_due' || due !== undefined, {
    error: 'is required for method pix_due',
    path: ['due'],
  })
  .refine(({ method, due }) => method === 'pix_due' || due === undefined, {
    error: 'is only for method pix_due',
    path: ['due'],
  })

/** The form of `RefundInput`. */
export const refundSchema = z.strictObject({
  id: paymentIdSchema,
  amount: positiveMoneySchema.optional(),
  receiptRef: refSchema.optional(),
  reason: boundedText(140).optional(),
  idempotencyKey: idempotencyKeySchema,
})

/** The form of `CaptureInput`. */
export const captureSchema = z.strictObject({
  id: paymentIdSchema,
  amount: positiveMoneySchema.optional(),
  isFinal: z.boolean({ error: 'must be true or false' }).optional(),
  idempotencyKey: idempotencyKeySchema,
})

/** The form of `CancelInput`, and of other verbs that only name the payment. */
export const cancelSchema = z.strictObject({ id: paymentIdSchema, idempotencyKey: idempotencyKeySchema })

/** The form of `ApproveInput`. */
export const approveSchema = z.strictObject({ id: paymentIdSchema, providerRef: refSchema })

/** The form of `CompleteInput`. */
export const completeSchema = z.strictObject({
  id: paymentIdSchema,
  providerRef: refSchema,
  proof: refSchema.optional(),
})

/** The form of `SettleInput`. */
export const settleSchema = z.strictObject({
  provider: boundedText(64),
  amount: positiveMoneySchema,
  fee: moneySchema
    .refine(({ amount }) => amount >= 0n, { error: 'must not be negative', path: ['amount'] })
    .optional(),
  ref: refSchema,
  account: boundedText(128).optional(),
  effectiveAt: z.date({ error: 'must be a Date' }).optional(),
})

/** The form of `PaymentQuery`. */
export const querySchema = z.strictObject({
  state: z.enum(STATES, { error: `must be one of ${STATES.join(', ')}` }).optional(),
  provider: z.string().optional(),
  method: z.enum(METHODS, { error: `must be one of ${METHODS.join(', ')}` }).optional(),
  reference: z.string().optional(),
  correlation: z.string().optional(),
  metadata: metadataSchema.optional(),
  from: z.date({ error: 'must be a Date' }).optional(),
  to: z.date({ error: 'must be a Date' }).optional(),
  limit: z.int().min(1, 'must be at least 1').max(200, 'must be at most 200').optional(),
  cursor: z.string().max(500).nullish(),
})
