import {
  type AssetId,
  type Clock,
  defineProvider,
  Money,
  type Provider,
  ProviderError,
  Rate,
  type RateSource,
} from '@lastro/core/spec'

/** What `fixedRates` needs to know. */
export interface FixedRatesOptions {
  /** Decimal texts by base and quote asset: `{ 'POL.polygon/18': { 'BRL/2': '2.2222' } }`. Never numbers. */
  readonly rates: Readonly<Record<AssetId, Readonly<Record<AssetId, string>>>>
  readonly clock: Clock
}

const PROVIDER = 'fixed'

/** One entry as an exact rate. @throws ProviderError `misconfigured`, naming the entry. */
function entryOf(pair: { readonly base: string; readonly quote: string }, text: unknown): Rate {
  const field = `options.rates["${pair.base.slice(0, 70)}"]["${pair.quote.slice(0, 70)}"]`
  const refuse = (rule: string): ProviderError =>
    new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message: `${field} ${rule}.` })
  const { base, quote } = pair
  if (!Money.isAssetId(base) || !Money.isAssetId(quote)) {
    throw refuse('must name two asset ids, such as POL.polygon/18 and BRL/2')
  }
  if (typeof text !== 'string') throw refuse('must be a text: a number would be a float')
  try {
    return Rate.of({ base, quote }, text)
  } catch {
    throw refuse('must be a positive decimal text of at most 30 places, such as 5.1234')
  }
}

/**
 * Rates that stay as they are written, observed at the moment they are asked for. For demos, tests, and prices that a
 * person sets. A pair that is not listed is `null`; the other direction of a listed pair is another pair.
 *
 * @throws ProviderError `misconfigured`, naming the entry and the rule it breaks.
 */
export function fixedRates(options: FixedRatesOptions): Provider<{ readonly rates: RateSource }> {
  const { clock } = options
  const rows = Object.entries(options.rates as Readonly<Record<string, Readonly<Record<string, unknown>>>>)
  // Maps: a lookup of "constructor" in a plain object would find something.
  const byBase = new Map(
    rows.map(([base, quotes]) => [
      base,
      new Map(Object.entries(quotes).map(([quote, text]) => [quote, entryOf({ base, quote }, text)])),
    ]),
  )
  return defineProvider({
    id: PROVIDER,
    rates: {
      specVersion: 1,
      async rate({ base, quote }) {
        const rate = byBase.get(base)?.get(quote)
        return rate === undefined ? null : { rate, observedAt: clock.now() }
      },
    },
  })
}
