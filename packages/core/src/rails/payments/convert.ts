import type { Rates } from '../../books/rates/index.ts'
import { parseInput } from '../../platform/input.ts'
import type { WriteOptions } from '../../platform/storage/index.ts'
import { type Money, Rate } from '../../spec/index.ts'
import { createSchema } from './input.ts'
import type { Conversion } from './payment.ts'

/**
 * The rate at which a payment is asked for in another asset than it is priced in; null where the two are one. With
 * `{ tx }` the stored rate is taken.
 * @throws LastroError `invalid_input`, `rate_unavailable`.
 */
export async function conversionOf(
  { rates }: { readonly rates: Pick<Rates, 'get'> },
  input: object,
  options: WriteOptions = {},
): Promise<Conversion | null> {
  const { amount, payIn } = parseInput(createSchema, input)
  if (payIn === undefined || payIn === amount.asset) return null
  const { rate, source, observedAt } = await rates.get({ base: payIn, quote: amount.asset }, options)
  return { price: amount, rate, source, observedAt }
}

/** What the payer is asked for: never less than the price, by less than one smallest unit more. */
export function convertedAmount({ price, rate }: Conversion): Money {
  return Rate.convert(price, Rate.invert(rate), 'up')
}
