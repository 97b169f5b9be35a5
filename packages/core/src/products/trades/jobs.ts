import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'
import type { TradeId } from './trade.ts'

const input = z.object({ tradeId: z.custom<TradeId>((value) => typeof value === 'string') })
type Input = z.infer<typeof input>

const common = {
  retry: { attempts: 12, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 30_000,
  parse: (stored: unknown): Input => input.parse(stored),
  lane: () => null,
}

/** Gives a trade its deposit address, when none was free at its creation. */
export const assignAddress = defineJob<Input>({ ...common, name: 'trades.assign' })

/** Ends the wait for a deposit. */
export const expireTrade = defineJob<Input>({ ...common, name: 'trades.expire' })

/** Prices a late deposit at the rate of now, and pays it. */
export const requoteTrade = defineJob<Input>({ ...common, name: 'trades.requote' })
