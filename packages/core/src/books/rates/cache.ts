import { z } from 'zod'
import { describeError, type Logger } from '../../platform/telemetry/index.ts'
import { inTime } from './in-time.ts'
import type { Pair, RateCache } from './options.ts'
import type { StoredRate } from './store.ts'

/** The cache as rates see it: it answers in time or not at all. */
export interface RateShelf {
  get(pair: Pair): Promise<StoredRate | null>
  put(rate: StoredRate, ttlMs: number): Promise<void>
}

/** A cache that is slower than this is slower than the database it stands before. */
const PATIENCE_MS = 250

const digits = z.string().regex(/^[1-9]\d{0,199}$/)
const moment = z.iso.datetime().transform((text) => new Date(text))
const entry = z.object({
  source: z.string(),
  numerator: digits,
  denominator: digits,
  observedAt: moment,
  fetchedAt: moment,
})

const keyOf = ({ base, quote }: Pair): string => `lastro:rate:${base}:${quote}`

/** A shelf over the host's cache, or one that is always empty. */
export function createShelf(cache: RateCache | undefined, logger: Logger): RateShelf {
  if (cache === undefined) return { get: async () => null, put: async () => {} }
  const attempt = async <T>(what: string, call: () => Promise<T>): Promise<T | null> => {
    try {
      return await inTime(PATIENCE_MS, call)
    } catch (error) {
      logger.warn({ error: describeError(error) }, `the rate cache failed to ${what}`)
      return null
    }
  }
  return {
    async get(pair) {
      const text = await attempt('read', () => cache.get(keyOf(pair)))
      return text === null ? null : parse(text, pair)
    },
    async put({ rate, source, observedAt, fetchedAt }, ttlMs) {
      const { numerator, denominator } = rate
      const times = { observedAt: observedAt.toISOString(), fetchedAt: fetchedAt.toISOString() }
      const text = JSON.stringify({
        source,
        numerator: `${numerator}`,
        denominator: `${denominator}`,
        ...times,
      })
      await attempt('write', () => cache.set(keyOf(rate), text, { ttlMs }))
    },
  }
}

/** What somebody else wrote into the cache is no rate. */
function parse(text: string, { base, quote }: Pair): StoredRate | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const parsed = entry.safeParse(value)
  if (!parsed.success) return null
  const { source, numerator, denominator, observedAt, fetchedAt } = parsed.data
  const rate = { base, quote, numerator: BigInt(numerator), denominator: BigInt(denominator) }
  return { rate, source, observedAt, fetchedAt }
}
