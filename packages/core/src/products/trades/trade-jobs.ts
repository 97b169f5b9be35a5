import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { termsOf } from './create-quote.ts'
import { assign } from './create-trade.ts'
import { fund } from './fund.ts'
import { assignAddress, expireTrade, requoteTrade } from './jobs.ts'
import { priceGive } from './quote.ts'
import { step } from './step.ts'

/** How soon to look for a free address again. */
const ASSIGN_AGAIN_MS = 1_000

/** The jobs of trades, with their bodies. */
export function tradeJobs<T extends TradeWork>(deps: TradeDeps<T>): readonly JobHandler[] {
  return [assignJob(deps), expireJob(deps), requoteJob(deps)]
}

function assignJob<T extends TradeWork>(deps: TradeDeps<T>): JobHandler {
  return handle(assignAddress, ({ tradeId }) =>
    deps.storage.transaction(async (tx) => {
      const trade = await tx.trades.lock(tradeId)
      if (trade === null || trade.state !== 'quoted') return
      const assigned = await assign(deps, tx, trade)
      if (assigned.state !== 'quoted') return
      const runAt = new Date(deps.clock.now().getTime() + ASSIGN_AGAIN_MS)
      await tx.jobs.enqueue(assignAddress, { tradeId }, { runAt })
    }),
  )
}

function expireJob<T extends TradeWork>(deps: TradeDeps<T>): JobHandler {
  return handle(expireTrade, ({ tradeId }) =>
    deps.storage.transaction(async (tx) => {
      const trade = await tx.trades.lock(tradeId)
      if (trade === null || (trade.state !== 'quoted' && trade.state !== 'awaiting_deposit')) return
      if (deps.clock.now().getTime() < trade.expiresAt.getTime()) {
        await tx.jobs.enqueue(expireTrade, { tradeId }, { runAt: trade.expiresAt })
        return
      }
      await step(deps, tx, { trade, event: 'expire' })
    }),
  )
}

/** The rate is asked for before the transaction; the fees are those of the quote. */
function requoteJob<T extends TradeWork>(deps: TradeDeps<T>): JobHandler {
  return handle(requoteTrade, async ({ tradeId }) => {
    const late = await deps.storage.read((tx) => tx.trades.get(tradeId))
    if (
      late === null ||
      late.state !== 'mismatched' ||
      late.deposited === null ||
      late.mismatch === 'wrong_asset'
    )
      return
    const told = await deps.rates.get({ base: late.deposited.asset, quote: late.receive.asset })
    await deps.storage.transaction(async (tx) => {
      const trade = await tx.trades.lock(tradeId)
      if (trade === null || trade.state !== 'mismatched' || trade.deposited === null) return
      const quote = await tx.trades.getQuote(trade.quoteId)
      const price = priceGive(trade.deposited, { rate: told.rate, fees: quote ?? termsOf(deps).fees })
      await fund(deps, tx, { trade, price, why: 'requoted at the rate of now' })
    })
  })
}
