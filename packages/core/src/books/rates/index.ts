import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import type { UnitOfWork, WriteOptions } from '../../platform/storage/index.ts'
import { describeError, type Logger } from '../../platform/telemetry/index.ts'
import { type Clock, Rate } from '../../spec/index.ts'
import { ask, type WiredSource } from './ask.ts'
import { createShelf } from './cache.ts'
import { type Pair, pairSchema, type RateOptions, termsOf } from './options.ts'
import { createPicker } from './pick.ts'
import { refreshRateHandler, refreshSchedules } from './refresh.job.ts'
import type { RateTx, StoredRate } from './store.ts'

export type { GuardOptions, Pair, RateCache, RateOptions } from './options.ts'
export type { RateStore, RateTx, StoredRate } from './store.ts'

/** Exchange rates from several sources in order, kept in the database, never used beyond their age limit. */
export interface Rates {
  /**
   * A usable rate. Asks the sources in order when the stored one is not fresh; with `{ tx }` it asks nobody, since
   * no network is allowed there, and takes the stored one if its age allows.
   * @throws LastroError `rate_unavailable` saying what each source answered, `invalid_input`.
   */
  get(pair: Pair, options?: WriteOptions): Promise<StoredRate>
  /** Asks the sources in order now, and stores what is agreed on. @throws LastroError `rate_unavailable`, `invalid_input`. */
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

/** Makes the rates domain. @throws LastroError `invalid_input` naming the option and the rule. */
export function createRates(deps: RateDeps): RatesDomain {
  const names = deps.sources.map((source) => source.name)
  const terms = termsOf(deps.options ?? {}, names)
  const shelf = createShelf(deps.options?.cache, deps.logger)
  const { pick, isFresh } = createPicker({ clock: deps.clock, terms })
  const stored = (pair: Pair, options?: WriteOptions) =>
    deps.storage.read((tx) => tx.rates.latest({ ...pair, sources: names }), options)

  const refreshOne = async (pair: Pair): Promise<StoredRate> => {
    const rate = await ask({ ...deps, terms }, pair)
    await shelf.put(rate, terms.maxAgeMsOf(rate.source))
    return rate
  }
  const together = joined(refreshOne)
  const getOne = async (pair: Pair, options: WriteOptions): Promise<StoredRate> => {
    const isOutside = options.tx === undefined
    if (isOutside) {
      const shelved = await shelf.get(pair)
      if (shelved !== null && names.includes(shelved.source) && isFresh(shelved)) return shelved
    }
    const all = await stored(pair, options)
    const known = pick(all)
    if (known?.isFresh === true || (known !== null && !isOutside)) return known.rate
    if (!isOutside) throw new LastroError('rate_unavailable', { ...pair, reason: whyNone(all, deps.clock) })
    try {
      return await together(pair)
    } catch (error) {
      if (known === null) throw error
      const trouble = { ...pair, error: describeError(error) }
      deps.logger.warn(trouble, 'rate sources failed, the stored rate is used')
      return known.rate
    }
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
    refresh: async (pair) => crossing(refreshOne)(parseInput(pairSchema, pair)),
    get: async (pair, options = {}) => crossing((one) => getOne(one, options))(parseInput(pairSchema, pair)),
  }
  return { ...rates, jobs: [refreshRateHandler(rates)], schedules: refreshSchedules(deps.options ?? {}) }
}

/** Those who want a pair while it is asked for wait for that answer. */
function joined(refresh: (pair: Pair) => Promise<StoredRate>): (pair: Pair) => Promise<StoredRate> {
  const underWay = new Map<string, Promise<StoredRate>>()
  return (pair) => {
    const key = `${pair.base} ${pair.quote}`
    const known = underWay.get(key)
    if (known !== undefined) return known
    const asking = refresh(pair).finally(() => underWay.delete(key))
    underWay.set(key, asking)
    return asking
  }
}

function whyNone([last]: readonly StoredRate[], clock: Clock): string {
  if (last === undefined) return 'none is stored, and none may be fetched inside a transaction'
  return `the stored one is ${clock.now().getTime() - last.observedAt.getTime()} ms old`
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
