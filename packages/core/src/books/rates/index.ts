import { LastroError } from '../../platform/errors/index.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import type { UnitOfWork, WriteOptions } from '../../platform/storage/index.ts'
import { describeError, type Logger } from '../../platform/telemetry/index.ts'
import { type Clock, Rate } from '../../spec/index.ts'
import { ask, type WiredSource } from './ask.ts'
import { createShelf } from './cache.ts'
import { type Pair, type RateOptions, termsOf } from './options.ts'
import { refreshRateHandler, refreshSchedules } from './refresh.job.ts'
import type { RateTx, StoredRate } from './store.ts'

export type { GuardOptions, Pair, RateCache, RateOptions } from './options.ts'
export type { RateStore, RateTx, StoredRate } from './store.ts'

/** Exchange rates from several sources in order, kept in the database, never used beyond their age limit. */
export interface Rates {
  /**
   * A usable rate. Asks the sources in order when the stored one is not fresh; with `{ tx }` it asks nobody, since
   * no network is allowed there, and takes the stored one if its age allows.
   * @throws LastroError `rate_unavailable` naming why.
   */
  get(pair: Pair, options?: WriteOptions): Promise<StoredRate>
  /** Asks the sources in order now, and stores what is agreed on. @throws LastroError `rate_unavailable`. */
  refresh(pair: Pair): Promise<StoredRate>
}

/** The domain as the engine wires it. */
export interface RatesDomain extends Rates {
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

/** What rates need. Sources are asked in the order given. */
export interface RateDeps {
  readonly storage: UnitOfWork<RateTx>
  readonly sources: readonly WiredSource[]
  readonly clock: Clock
  readonly logger: Logger
  readonly options?: RateOptions
}

/** Makes the rates domain. */
export function createRates(deps: RateDeps): RatesDomain {
  const terms = termsOf(deps.options)
  const shelf = createShelf(deps.options?.cache, deps.logger)
  const names = deps.sources.map((source) => source.name)
  const ageOf = (rate: StoredRate) => deps.clock.now().getTime() - rate.observedAt.getTime()
  const isFresh = (rate: StoredRate) => ageOf(rate) <= terms.freshMsOf(rate.source)
  const isUsable = (rate: StoredRate) => ageOf(rate) <= terms.maxAgeMsOf(rate.source)
  const stored = (pair: Pair, options?: WriteOptions) =>
    deps.storage.read((tx) => tx.rates.latest({ ...pair, sources: names }), options)

  const refreshOne = async (pair: Pair): Promise<StoredRate> => {
    const rate = await ask({ ...deps, terms }, pair)
    await shelf.put(rate, terms.maxAgeMsOf(rate.source))
    return rate
  }
  const getOne = async (pair: Pair, options: WriteOptions): Promise<StoredRate> => {
    if (options.tx === undefined) {
      const shelved = await shelf.get(pair)
      if (shelved !== null && names.includes(shelved.source) && isFresh(shelved)) return shelved
    }
    const known = await stored(pair, options)
    if (known !== null && isFresh(known)) return known
    if (options.tx === undefined) {
      try {
        return await refreshOne(pair)
      } catch (error) {
        if (known === null || !isUsable(known)) throw error
        deps.logger.warn(
          { ...pair, error: describeError(error) },
          'rate sources failed, the stored rate is used',
        )
        return known
      }
    }
    if (known !== null && isUsable(known)) return known
    const reason =
      known === null
        ? 'none is stored, and none may be fetched inside a transaction'
        : `the stored one is ${ageOf(known)} ms old`
    throw new LastroError('rate_unavailable', { ...pair, reason })
  }
  /** A pair that is made of two others is the product of their rates, and as old as the older one. */
  const crossing =
    (one: (pair: Pair) => Promise<StoredRate>) =>
    async (pair: Pair): Promise<StoredRate> => {
      const via = terms.viaOf(pair)
      if (via === null) return one(pair)
      const first = await one({ base: pair.base, quote: via })
      const second = await one({ base: via, quote: pair.quote })
      return cross(first, second)
    }

  const rates: Rates = {
    refresh: crossing(refreshOne),
    get: (pair, options = {}) => crossing((one) => getOne(one, options))(pair),
  }
  return { ...rates, jobs: [refreshRateHandler(rates)], schedules: refreshSchedules(deps.options ?? {}) }
}

const older = (left: Date, right: Date): Date => (left <= right ? left : right)

function cross(first: StoredRate, second: StoredRate): StoredRate {
  return {
    rate: Rate.chain(first.rate, second.rate),
    source: `${first.source}*${second.source}`,
    observedAt: older(first.observedAt, second.observedAt),
    fetchedAt: older(first.fetchedAt, second.fetchedAt),
  }
}
