import { z } from 'zod'
import { assetSchema, boundedText, moneySchema, parseInput, refuse } from '../../platform/input.ts'
import { type PaymentDeps, railOf } from './context.ts'
import { metadataSchema } from './input.ts'

const REASONS = [
  'invalid_destination',
  'invalid_amount',
  'insufficient_funds',
  'limit_exceeded',
  'not_permitted',
  'duplicate',
  'expired',
  'refused',
] as const

const oneOrMore = <S extends z.ZodType>(schema: S) =>
  z.union([schema, z.array(schema).min(1, 'must not be empty')])
const time = z.int({ error: 'must be a whole number of milliseconds' }).min(1, 'must be at least 1')
const extra = z.enum(['keep', 'refund'], { error: 'must be keep or refund' })

const rule = z.strictObject({
  when: z
    .strictObject({
      asset: oneOrMore(assetSchema).optional(),
      method: oneOrMore(boundedText(32)).optional(),
      least: moneySchema.optional(),
      most: moneySchema.optional(),
      metadata: metadataSchema.optional(),
    })
    .optional(),
  providers: z.array(boundedText(64), { error: 'must be a list of names' }).min(1, 'must name at least one'),
})

const schema = z.strictObject({
  routes: z.array(rule, { error: 'must be a list of rules' }).optional(),
  failOverOn: z.array(z.enum(REASONS, { error: 'must be a reason of a decline' })).optional(),
  onOverpaid: extra.optional(),
  onLate: extra.optional(),
  callTimeoutMs: time.optional(),
  askBaseMs: time.optional(),
  askMaxMs: time.optional(),
  openAskMaxMs: time.optional(),
  expiryGraceMs: time.optional(),
})

/** Checks options once, when the engine is made. @throws LastroError `invalid_input` naming the option and the rule. */
export function checkOptions({ options = {}, rails }: Pick<PaymentDeps, 'options' | 'rails'>): void {
  parseInput(schema, options, { at: 'payments' })
  for (const [index, { providers }] of (options.routes ?? []).entries()) {
    const stranger = providers.find((provider) => railOf({ rails }, provider) === undefined)
    if (stranger !== undefined)
      refuse(`payments.routes.${index}.providers`, `"${stranger}" is no provider that takes payments`)
  }
}
