import { z } from 'zod'
import { assetSchema } from '../../platform/input.ts'
import { defineJob, handle, type JobHandler, type Schedule } from '../../platform/jobs/index.ts'
import type { Pair, RateOptions } from './options.ts'
import type { StoredRate } from './store.ts'

const input = z.object({ base: assetSchema, quote: assetSchema })

/** Two pairs of a cross, each asked of a few sources that take their time. */
const TIMEOUT_MS = 120_000

/** Keeps a pair fresh. Trouble of all sources is tried again soon; then the next slot tries. */
export const refreshRate = defineJob<Pair>({
  name: 'rates.refresh',
  retry: { attempts: 3, baseMs: 1_000, maxMs: 5_000 },
  timeoutMs: TIMEOUT_MS,
  parse: (stored) => input.parse(stored),
  lane: ({ base, quote }) => `${base}:${quote}`,
})

/** The body of the job. */
export function refreshRateHandler(rates: { refresh(pair: Pair): Promise<StoredRate> }): JobHandler {
  return handle(refreshRate, async (pair) => {
    await rates.refresh(pair)
  })
}

/** One schedule for each pair that the options name. */
export function refreshSchedules({ refresh }: RateOptions): readonly Schedule[] {
  if (refresh === undefined) return []
  return refresh.pairs.map(({ base, quote }) => ({
    name: `rates.refresh:${base}:${quote}`,
    everyMs: refresh.everyMs,
    job: refreshRate as unknown as Schedule['job'],
    input: { base, quote },
  }))
}
