/** What callers may send. */
import { type AssetId, LastroError, Money, type QuoteId } from '@lastro/core'
import { z } from 'zod'

const text = (max: number) =>
  z.string('must be a text').min(1, 'must not be empty').max(max, `must be at most ${max} characters`)

/** As `Money.toJson` writes it: the amount is a text, because a JSON number is a float. */
const money = z
  .strictObject({
    amount: z
      .string('must be a text')
      .regex(/^[1-9]\d{0,76}$/, 'must be a whole number of smallest units, above zero'),
    asset: z.custom<AssetId>(
      (id) => typeof id === 'string' && Money.isAssetId(id),
      'must be an asset id such as BRL/2',
    ),
  })
  .transform(Money.fromJson)

/** What a quote is asked for with. */
export const quoteRequest = z.strictObject({ give: money })

/** What a trade is asked for with. */
export const tradeRequest = z.strictObject({
  customer: text(64),
  quoteId: z.custom<QuoteId>(
    (id) => typeof id === 'string' && id.startsWith('quo_'),
    'must be the id of a quote',
  ),
  pixKey: text(77),
  refundAddress: text(64),
})

/** The body, judged. @throws LastroError `invalid_input` naming the field and the rule. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const [issue] = error.issues
  throw refused(issue?.path.join('.') || 'body', issue?.message ?? 'is invalid')
}

/** The caller's name for what it wants done once. @throws LastroError `invalid_input` where it is missing. */
export function readKey(header: string | undefined): string {
  if (header) return header
  throw refused('Idempotency-Key', 'is required: a header that names this intent, the same for every attempt')
}

/** The error for one field. */
export const refused = (field: string, rule: string) => new LastroError('invalid_input', { field, rule })
