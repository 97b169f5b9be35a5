import { jsonNumber } from '@lastro/adapter-kit'
import { type AssetId, Money, ProviderError } from '@lastro/core/spec'
import { PROVIDER } from './networks.ts'

/** Stellar software counts in 64 bits with a sign: 922337203685.4775807 Pi. */
export const MAX_UNITS = 9_223_372_036_854_775_807n

const PLACES = 7
const NUMBER = /^(\d{1,13})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/

/** The text without an exponent, `1e-7` as `0.0000001`: a JSON writer may choose either. Null: it is no such number. */
function plain(text: string): string | null {
  const match = NUMBER.exec(text)
  if (match === null) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + Number.parseInt(exponent, 10)
  const padded = digits.padStart(digits.length + Math.max(0, 1 - point), '0').padEnd(Math.max(0, point), '0')
  const at = Math.max(1, point)
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  return at >= padded.length ? left : `${left}.${padded.slice(at)}`
}

/**
 * Money from the text of a JSON number of Pi's API. Exact or refused: more than 7 places are never rounded.
 * @throws ProviderError `unexpected_answer`, naming the field and never the value.
 */
export function readAmount(
  text: unknown,
  { field, asset }: { readonly field: string; readonly asset: AssetId },
): Money {
  const decimal = typeof text === 'string' ? plain(text) : null
  try {
    if (decimal !== null) {
      const money = Money.parse(decimal, asset)
      if (money.amount <= MAX_UNITS) return money
    }
  } catch {
    // The error would quote the value.
  }
  const message = `${field} is no amount of Pi with ${PLACES} places at most.`
  throw new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })
}

/** The rule that an amount of ours breaks, or null: more than nothing, in the network's asset, within 64 bits. */
export function checkAmount(amount: Money, asset: AssetId): string | null {
  if (amount.asset !== asset) return `must be in ${asset}`
  if (!Money.isPositive(amount)) return 'must be more than nothing'
  return amount.amount <= MAX_UNITS ? null : 'must be 922337203685.4775807 at most'
}

/** The amount as a JSON number with all 7 places, written from its text: for `JSON.stringify`. */
export const amountJson = (amount: Money): unknown => jsonNumber(Money.format(amount))
