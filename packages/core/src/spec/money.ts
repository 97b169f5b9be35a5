/**
 * Money: a whole number of an asset's smallest unit. No float ever holds money.
 */

/** An asset carries its own scale: `BRL/2`, `USDT.tron/6`, `USDT.bsc/18`. The number is the decimal places. */
export type AssetId = `${string}/${number}`

/** A whole number of an asset's smallest unit. Plain data: safe to compare, store and log. */
export interface Money<A extends AssetId = AssetId> {
  /** In the smallest unit: cents for `BRL/2`, wei for `ETH/18`. May be negative. */
  readonly amount: bigint
  readonly asset: A
}

/** How money looks on the wire and in JSON: the amount is a decimal integer string of smallest units. */
export type MoneyJson = { readonly amount: string; readonly asset: string }

/** Every rounding has a name. `down` is towards zero, `floor` towards minus infinity. */
export type Rounding = 'down' | 'up' | 'floor' | 'ceiling' | 'half_up' | 'half_even'

const ASSET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/(0|[1-9]\d?)$/
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/

/** True when the text is a well-formed asset id: a name, a slash and 0 to 99 decimal places. */
export function isAssetId(text: string): text is AssetId {
  return ASSET.test(text)
}

/**
 * The decimal places of an asset: 2 for `BRL/2`.
 * @throws RangeError when the text is no asset id.
 */
export function scaleOf(asset: AssetId): number {
  const match = ASSET.exec(asset)
  if (match?.[1] === undefined)
    throw new RangeError(`"${asset}" is no asset id: expected NAME/SCALE, such as BRL/2.`)
  return Number.parseInt(match[1], 10)
}

/** Money from a whole number of smallest units: `of(150_00n, 'BRL/2')` is R$ 150.00. */
export function of<const A extends AssetId>(amount: bigint, asset: A): Money<A> {
  return { amount, asset }
}

/** No money of an asset. */
export function zero<const A extends AssetId>(asset: A): Money<A> {
  return { amount: 0n, asset }
}

function assertSame(left: Money, right: Money): void {
  if (left.asset !== right.asset)
    throw new RangeError(`Cannot put ${right.asset} and ${left.asset} together: the assets differ.`)
}

/** The sum. @throws RangeError when the assets differ. */
export function add<A extends AssetId>(left: Money<A>, right: Money<NoInfer<A>>): Money<A> {
  assertSame(left, right)
  return { amount: left.amount + right.amount, asset: left.asset }
}

/** The difference, which may be negative. @throws RangeError when the assets differ. */
export function subtract<A extends AssetId>(left: Money<A>, right: Money<NoInfer<A>>): Money<A> {
  assertSame(left, right)
  return { amount: left.amount - right.amount, asset: left.asset }
}

/** The same amount with the other sign. */
export function negate<A extends AssetId>(money: Money<A>): Money<A> {
  return { amount: -money.amount, asset: money.asset }
}

/** -1, 0 or 1. @throws RangeError when the assets differ. */
export function compare<A extends AssetId>(left: Money<A>, right: Money<NoInfer<A>>): -1 | 0 | 1 {
  assertSame(left, right)
  return left.amount < right.amount ? -1 : left.amount > right.amount ? 1 : 0
}

/** True when both amount and asset are the same. Never throws. */
export function equals(left: Money, right: Money): boolean {
  return left.asset === right.asset && left.amount === right.amount
}

/** True for more than nothing. */
export function isPositive(money: Money): boolean {
  return money.amount > 0n
}

/**
 * The whole number nearest to `numerator / denominator` by the named rounding.
 * @throws RangeError when the denominator is zero.
 */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator === 0n) throw new RangeError('Cannot divide by zero.')
  const [top, bottom] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator]
  const quotient = top / bottom
  const rest = top % bottom
  if (rest === 0n) return quotient
  const away = top < 0n ? -1n : 1n
  const twice = (rest < 0n ? -rest : rest) * 2n
  const isUp: Readonly<Record<Rounding, boolean>> = {
    down: false,
    up: true,
    floor: away < 0n,
    ceiling: away > 0n,
    half_up: twice >= bottom,
    half_even: twice > bottom || (twice === bottom && quotient % 2n !== 0n),
  }
  return isUp[rounding] ? quotient + away : quotient
}

/** A share of the money in basis points (100 bps = 1 %), by the named rounding. */
export function bps<A extends AssetId>(money: Money<A>, basisPoints: bigint, rounding: Rounding): Money<A> {
  return { amount: divide(money.amount * basisPoints, 10_000n, rounding), asset: money.asset }
}

/**
 * Splits money by whole weights, largest remainder first; the parts always sum to the whole.
 * Ties go to the earlier part. A negative amount is split like its positive twin.
 * @throws RangeError when there is no weight, a weight is negative, or all are zero.
 */
export function allocate<A extends AssetId>(
  money: Money<A>,
  weights: readonly bigint[],
): readonly Money<A>[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('Cannot allocate: weights must be zero or more, and not all zero.')
  }
  const sign = money.amount < 0n ? -1n : 1n
  const size = money.amount * sign
  const shares = weights.map((weight, index) => ({
    index,
    part: (size * weight) / total,
    rest: (size * weight) % total,
  }))
  let left = size - shares.reduce((sum, share) => sum + share.part, 0n)
  const byRest = [...shares].sort((a, b) =>
    a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1,
  )
  const parts = shares.map((share) => share.part)
  for (const share of byRest) {
    if (left === 0n) break
    parts[share.index] = share.part + 1n
    left -= 1n
  }
  return parts.map((part) => ({ amount: part * sign, asset: money.asset }))
}

/**
 * Money from a decimal text in whole units: `parse('150.00', 'BRL/2')`. Exact: a text with more places than the
 * asset has is refused rather than rounded, unless the extra places are zeros.
 * @throws RangeError when the text is no plain decimal number, or carries too many places.
 */
export function parse<const A extends AssetId>(text: string, asset: A): Money<A> {
  const scale = scaleOf(asset)
  const match = DECIMAL.exec(text)
  if (match === null)
    throw new RangeError(`"${text.slice(0, 40)}" is no plain decimal number, such as 150.00.`)
  const [, sign = '', whole = '0', fraction = ''] = match
  if (/[^0]/.test(fraction.slice(scale))) {
    throw new RangeError(`"${text.slice(0, 40)}" has more than the ${scale} decimal places of ${asset}.`)
  }
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  return { amount: sign === '-' ? -digits : digits, asset }
}

/** The decimal text in whole units, with all places of the asset: `format(of(15000n, 'BRL/2'))` is `150.00`. */
export function format(money: Money): string {
  const scale = scaleOf(money.asset)
  const sign = money.amount < 0n ? '-' : ''
  const digits = (money.amount < 0n ? -money.amount : money.amount).toString().padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** JSON-safe form: the amount as a string of smallest units. */
export function toJson(money: Money): MoneyJson {
  return { amount: money.amount.toString(), asset: money.asset }
}

/**
 * Money from its JSON form. An amount that is a JSON number is refused: it was a float once.
 * @throws RangeError when the amount is no text of a whole number or the asset is no asset id.
 */
export function fromJson(json: MoneyJson): Money {
  if (typeof json.asset !== 'string' || !isAssetId(json.asset))
    throw new RangeError(`"${json.asset}" is no asset id: expected NAME/SCALE, such as BRL/2.`)
  if (typeof json.amount !== 'string' || !/^-?(0|[1-9]\d{0,77})$/.test(json.amount)) {
    throw new RangeError(
      `"${String(json.amount).slice(0, 40)}" is no text of a whole number of smallest units.`,
    )
  }
  return { amount: BigInt(json.amount), asset: json.asset }
}

/** The functions on money, to be read as `Money.add(a, b)`. */
export const Money = {
  isAssetId,
  scaleOf,
  of,
  zero,
  add,
  subtract,
  negate,
  compare,
  equals,
  isPositive,
  divide,
  bps,
  allocate,
  parse,
  format,
  toJson,
  fromJson,
} as const
