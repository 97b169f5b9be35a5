/** Rules that several operations share. Each answers the refusal, or null. */
import { invalid, type Outcome } from '../answers.ts'
import { type Params, textsOf } from '../form.ts'
import type { Settings } from '../options.ts'

const STEPS: ReadonlyMap<string, number> = new Map([
  ...['ugx', 'isk'].map((code) => [code, 100] as const),
  ...['bhd', 'jod', 'kwd', 'omr', 'tnd'].map((code) => [code, 10] as const),
])
const MOST = 99_999_999

/** An amount that may be charged. */
export function checkAmount(
  amount: number | null,
  {
    currency,
    param,
    settings,
  }: { readonly currency: string | null; readonly param: string; readonly settings: Settings },
): Outcome | null {
  if (currency === null || !/^[a-z]{3}$/.test(currency))
    return invalid({ code: 'parameter_missing', param: 'currency' })
  if (amount === null || amount <= 0) return invalid({ code: 'parameter_invalid_integer', param })
  if (amount > MOST) return invalid({ code: 'amount_too_large', param })
  if (amount < settings.minimumAmount) return invalid({ code: 'amount_too_small', param })
  if (amount % (STEPS.get(currency) ?? 1) !== 0) return invalid({ code: 'parameter_invalid_integer', param })
  return null
}

/** https://docs.stripe.com/metadata: 50 keys, of 40 characters without brackets, with values of 500. */
export function checkMetadata(params: Params, ...path: readonly string[]): Outcome | null {
  const entries = Object.entries(textsOf(params, ...path))
  const isFine =
    entries.length <= 50 &&
    entries.every(([name, value]) => /^[^[\]]{1,40}$/.test(name) && value.length <= 500)
  return isFine ? null : invalid({ param: path.join('.') })
}

/** What a version no longer takes, and names that nobody knows. */
export function checkNames(
  params: Params,
  { takes, version }: { takes: readonly string[]; version: string },
): Outcome | null {
  for (const name of Object.keys(params)) {
    if (name === 'payment_method_types' && version.endsWith('.endive'))
      return invalid({ code: 'payment_method_types_no_longer_supported', param: name })
    if (!takes.includes(name)) return invalid({ code: 'parameter_unknown', param: name })
  }
  return null
}
