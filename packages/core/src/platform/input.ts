import { z } from 'zod'
import { type AssetId, Money } from '../spec/index.ts'
import { LastroError } from './errors/index.ts'

/**
 * Checks input at the edge; `at` is the field it stands in, when it is a part of something.
 * @throws LastroError `invalid_input` naming the first field that breaks a rule, and the rule.
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  input: unknown,
  { at }: { at?: string } = {},
): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = [at, ...(issue?.path.map(String) ?? [])].filter((part) => part !== undefined).join('.')
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const field = [path, key].filter((part) => part !== undefined && part !== '').join('.') || 'input'
  const rule = key === undefined ? (issue?.message ?? 'is invalid') : 'is not a known field'
  throw new LastroError('invalid_input', { field, rule })
}

/** @throws LastroError `invalid_input` for one field. */
export function refuse(field: string, rule: string): never {
  throw new LastroError('invalid_input', { field, rule })
}

/** A text of 1 to `max` characters. */
export const boundedText = (max: number) =>
  z
    .string({ error: 'must be a text' })
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)

/** A caller's idempotency key: the name of an intent. */
export const idempotencyKeySchema = z
  .string({ error: 'is required: a text that names this intent, the same for every attempt' })
  .min(1, 'must not be empty')
  .max(128, 'must be at most 128 characters')

/** Money with any sign, of any asset. */
export const moneySchema = z.strictObject(
  {
    amount: z.bigint({ error: 'must be a bigint of smallest units' }),
    asset: z.custom<AssetId>((value) => typeof value === 'string' && Money.isAssetId(value), {
      error: 'must be an asset id such as BRL/2',
    }),
  },
  { error: 'must be money: { amount: bigint, asset }' },
)

/** More than nothing, and within what the tables hold (78 digits). */
export const positiveMoneySchema = moneySchema.refine(
  (money) => money.amount > 0n && money.amount < 10n ** 77n,
  { error: 'must be more than zero', path: ['amount'] },
)

/** An asset id. */
export const assetSchema = z.custom<AssetId>((value) => typeof value === 'string' && Money.isAssetId(value), {
  error: 'must be an asset id such as BRL/2',
})

/** Which page of a list: at most 200 rows. */
export const pageSchema = z.object({
  limit: z.int().min(1, 'must be at least 1').max(200, 'must be at most 200').optional(),
  cursor: z.string().max(500).nullish(),
})
