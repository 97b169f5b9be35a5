import type { AssetId, Money } from '@lastro/core/spec'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/**
 * Currencies whose amounts are not in hundredths (docs.stripe.com, supported currencies, November 2026). UGX stands on
 * Stripe's list of whole units and among its exceptions, which win: 5 UGX are written 500.
 */
const PLACES: Readonly<Record<0 | 3, ReadonlySet<string>>> = {
  0: words('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'),
  3: words('bhd jod kwd omr tnd'),
}

/** What an amount must be a multiple of, to be asked for: places that Stripe writes and the currency does not have. */
const STEPS: Readonly<Record<string, bigint>> = {
  ugx: 100n,
  isk: 100n,
  bhd: 10n,
  jod: 10n,
  kwd: 10n,
  omr: 10n,
  tnd: 10n,
}

const CURRENCY = /^[a-z]{3}$/

/** The asset of a Stripe currency, with the scale in which Stripe writes it: `USD/2`, `JPY/0`, `KWD/3`. */
export function assetOf(currency: string): AssetId | null {
  const code = currency.toLowerCase()
  if (!CURRENCY.test(code)) return null
  const places = PLACES[0].has(code) ? 0 : PLACES[3].has(code) ? 3 : 2
  return `${code.toUpperCase()}/${places}`
}

/** Money from what Stripe wrote. Null when it is no whole number that JSON carried exactly, or no currency. */
export function moneyOf(amount: number, currency: string): Money | null {
  const asset = assetOf(currency)
  return asset !== null && Number.isSafeInteger(amount) ? { amount: BigInt(amount), asset } : null
}

/** An amount as Stripe takes it, or the rule that it breaks. */
export type StripeAmount =
  | { readonly kind: 'amount'; readonly amount: number; readonly currency: string }
  | { readonly kind: 'refused'; readonly rule: string }

/** Largest amount of most currencies: eight digits (docs.stripe.com, currencies, minimum and maximum amounts). */
const MOST = 99_999_999n

/** The amount as Stripe takes it: more than nothing, in the scale it writes, in the steps it allows. */
export function stripeAmount({ amount, asset }: Money): StripeAmount {
  const currency = asset.slice(0, asset.indexOf('/')).toLowerCase()
  const refuse = (rule: string): StripeAmount => ({ kind: 'refused', rule })
  if (assetOf(currency) !== asset)
    return refuse(`must be in an asset of Stripe, such as ${assetOf(currency) ?? 'USD/2'}`)
  const step = STEPS[currency] ?? 1n
  if (amount <= 0n || amount > MOST)
    return refuse(`must be from ${step} to ${MOST} of the smallest unit of ${asset}`)
  if (amount % step !== 0n) return refuse(`must be a multiple of ${step} of the smallest unit of ${asset}`)
  // Exact: the most is far below what a number holds.
  return { kind: 'amount', amount: Number.parseInt(amount.toString(), 10), currency }
}
