/** Exchange rates as exact ratios. Imported as a namespace: `Rate.convert(money, rate, 'down')`. */
import { type AssetId, divide, type Money, type Rounding, scaleOf } from './money.ts'

/**
 * Units of the quote asset for one whole unit of the base asset, exactly: `numerator / denominator`.
 * 5.1234 BRL for one USDC is `{ base: 'USDC.polygon/6', quote: 'BRL/2', numerator: 51234n, denominator: 10000n }`.
 */
export interface Rate<B extends AssetId = AssetId, Q extends AssetId = AssetId> {
  readonly base: B
  readonly quote: Q
  readonly numerator: bigint
  readonly denominator: bigint
}

const DECIMAL = /^(0|[1-9]\d{0,29})(?:\.(\d{1,30}))?$/

/**
 * A rate from a decimal text, such as `5.1234`. Nothing is rounded.
 * @throws RangeError when the text is no positive plain decimal number of at most 30 places.
 */
export function of<const B extends AssetId, const Q extends AssetId>(
  pair: { base: B; quote: Q },
  text: string,
): Rate<B, Q> {
  const match = DECIMAL.exec(text)
  const digits = match === null ? 0n : BigInt((match[1] ?? '0') + (match[2] ?? ''))
  if (match === null || digits === 0n)
    throw new RangeError(`"${text.slice(0, 40)}" is no positive decimal rate, such as 5.1234.`)
  return {
    base: pair.base,
    quote: pair.quote,
    numerator: digits,
    denominator: 10n ** BigInt((match[2] ?? '').length),
  }
}

/** The same rate seen from the other side: BRL per USDC becomes USDC per BRL. Still exact. */
export function invert<B extends AssetId, Q extends AssetId>(rate: Rate<B, Q>): Rate<Q, B> {
  return { base: rate.quote, quote: rate.base, numerator: rate.denominator, denominator: rate.numerator }
}

/**
 * Money of the base asset as money of the quote asset, by the named rounding.
 * @throws RangeError when the money is not of the rate's base asset.
 */
export function convert<B extends AssetId, Q extends AssetId>(
  money: Money<B>,
  rate: Rate<NoInfer<B>, Q>,
  rounding: Rounding,
): Money<Q> {
  if (money.asset !== rate.base)
    throw new RangeError(`Cannot convert ${money.asset} by a rate of ${rate.base}.`)
  const up = 10n ** BigInt(scaleOf(rate.quote))
  const down = 10n ** BigInt(scaleOf(rate.base))
  return {
    amount: divide(money.amount * rate.numerator * up, rate.denominator * down, rounding),
    asset: rate.quote,
  }
}

/**
 * Two rates one after the other: PI in USD and USD in BRL give PI in BRL. Exact.
 * @throws RangeError when the first does not end where the second begins.
 */
export function chain<B extends AssetId, V extends AssetId, Q extends AssetId>(
  first: Rate<B, V>,
  second: Rate<NoInfer<V>, Q>,
): Rate<B, Q> {
  if (first.quote !== second.base)
    throw new RangeError(`Cannot chain a rate in ${first.quote} and a rate of ${second.base}.`)
  return {
    base: first.base,
    quote: second.quote,
    numerator: first.numerator * second.numerator,
    denominator: first.denominator * second.denominator,
  }
}

/** True when the rates are of one pair and the first differs from the other by at most so many of its basis points. */
export function isWithin(
  rate: Rate,
  { of: other, bps }: { readonly of: Rate; readonly bps: number },
): boolean {
  if (rate.base !== other.base || rate.quote !== other.quote) return false
  const apart = rate.numerator * other.denominator - other.numerator * rate.denominator
  return (apart < 0n ? -apart : apart) * 10_000n <= BigInt(bps) * other.numerator * rate.denominator
}

/** The rate as a decimal text, cut to the given number of places. For screens and logs, not for arithmetic. */
export function format(rate: Rate, places: number): string {
  const scaled = divide(rate.numerator * 10n ** BigInt(places), rate.denominator, 'down')
  const digits = scaled.toString().padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** The functions on rates, to be read as `Rate.convert(money, rate, 'down')`. */
export const Rate = { of, invert, convert, chain, isWithin, format } as const
