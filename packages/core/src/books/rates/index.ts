import { LastroError } from '../../platform/errors/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { UnitOfWork, WriteOptions } from '../../platform/storage/index.ts'
import { describeError, type Logger } from '../../platform/telemetry/index.ts'
import { type AssetId, type Clock, type ObservedRate, Rate, type RateSource } from '../../spec/index.ts'
import type { RateTx, StoredRate } from './store.ts'

export type { RateStore, RateTx, StoredRate } from './store.ts'

/** A pair of assets: how much of `quote` one whole `base` is worth. */
export interface Pair {
  readonly base: AssetId
  readonly quote: AssetId
}

/** How rates age. All have defaults. Milliseconds. */
export interface RateOptions {
  /** A stored rate older than this is asked for again before use. Default 10 s. */
  readonly freshMs?: number
  /** A rate older than this is never used. Default 60 s. */
  readonly maxAgeMs?: number
}

/** Exchange rates from several sources in order, kept in the database, never used beyond their age limit. */
export interface Rates {
  /**
   * A usable rate. Asks the sources in order when the stored one is not fresh; with `{ tx }` it asks nobody, since
   * no network is allowed there, and takes the stored one if its age allows.
   * @throws LastroError `rate_unavailable` naming why.
   */
  get(pair: Pair, options?: WriteOptions): Promise<StoredRate>
  /** Asks the sources in order now, and stores the first answer. @throws LastroError `rate_unavailable`. */
  refresh(pair: Pair): Promise<StoredRate>
}

/** What rates need. Sources are asked in the order given. */
export interface RateDeps {
  readonly storage: UnitOfWork<RateTx>
  readonly sources: readonly { readonly name: string; readonly port: RateSource; readonly rail: Rail }[]
  readonly clock: Clock
  readonly logger: Logger
  readonly options?: RateOptions
}

const FRESH_MS = 10_000
const MAX_AGE_MS = 60_000
/** A source's clock may run ahead of ours by this much; a rate from further in the future is refused. */
const MAX_AHEAD_MS = 30_000

/** Makes the rates domain. */
export function createRates(deps: RateDeps): Rates {
  const { freshMs = FRESH_MS, maxAgeMs = MAX_AGE_MS } = deps.options ?? {}
  const names = deps.sources.map((source) => source.name)
  const ageOf = (rate: { readonly observedAt: Date }) =>
    deps.clock.now().getTime() - rate.observedAt.getTime()
  const stored = (pair: Pair, options?: WriteOptions) =>
    deps.storage.read((tx) => tx.rates.latest({ ...pair, sources: names }), options)
  const refresh = (pair: Pair) => ask(deps, { pair, maxAgeMs })

  return {
    refresh,
    async get(pair, options = {}) {
      const known = await stored(pair, options)
      if (known !== null && ageOf(known) <= freshMs) return known
      if (options.tx === undefined) {
        try {
          return await refresh(pair)
        } catch (error) {
          if (known === null || ageOf(known) > maxAgeMs) throw error
          deps.logger.warn(
            { ...pair, error: describeError(error) },
            'rate sources failed, the stored rate is used',
          )
          return known
        }
      }
      if (known !== null && ageOf(known) <= maxAgeMs) return known
      const reason =
        known === null
          ? 'none is stored, and none may be fetched inside a transaction'
          : `the stored one is ${ageOf(known)} ms old`
      throw new LastroError('rate_unavailable', { ...pair, reason })
    },
  }
}

async function ask(deps: RateDeps, question: { pair: Pair; maxAgeMs: number }): Promise<StoredRate> {
  const { pair, maxAgeMs } = question
  const troubles: string[] = []
  for (const { name, port, rail } of deps.sources) {
    try {
      const told = await rail.read('rates.rate', () => port.rate(pair))
      const fetchedAt = deps.clock.now()
      const trouble = troubleWith(told, { pair, at: fetchedAt, maxAgeMs })
      if (told === null || trouble !== null) {
        troubles.push(`${name}: ${trouble}`)
        continue
      }
      const kept: StoredRate = { rate: told.rate, source: name, observedAt: told.observedAt, fetchedAt }
      await deps.storage.transaction((tx) => tx.rates.insert(kept))
      return kept
    } catch (error) {
      // A mistake of ours (asking inside a transaction) is not a source's trouble.
      if (error instanceof LastroError) throw error
      troubles.push(`${name}: ${describeError(error)}`)
    }
  }
  const reason = deps.sources.length === 0 ? 'no provider fills the rates port' : troubles.join('; ')
  throw new LastroError('rate_unavailable', { ...pair, reason })
}

function troubleWith(
  told: ObservedRate | null,
  asked: { pair: Pair; at: Date; maxAgeMs: number },
): string | null {
  if (told === null) return 'does not know this pair'
  const { rate } = told
  if (rate.base !== asked.pair.base || rate.quote !== asked.pair.quote)
    return `answered for ${rate.base} in ${rate.quote}`
  if (rate.numerator <= 0n || rate.denominator <= 0n) return `answered a rate of ${Rate.format(rate, 8)}`
  const age = asked.at.getTime() - told.observedAt.getTime()
  if (age > asked.maxAgeMs) return `its rate is ${age} ms old`
  if (age < -MAX_AHEAD_MS) return `its rate is ${-age} ms ahead of our clock`
  return null
}
