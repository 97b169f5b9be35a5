import type { Payout, PayoutListener } from '../../rails/payouts/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { step } from './step.ts'
import type { TradeId } from './trade.ts'

/** Told by the rail, in the transaction in which a payout ends or comes back. */
export async function onPayout<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  news: { readonly payout: Payout; readonly change: Parameters<PayoutListener<T>>[2] },
): Promise<void> {
  const { payout, change } = news
  if (!payout.correlation.startsWith('trd_')) return
  const trade = await tx.trades.lock(payout.correlation as TradeId)
  if (trade === null || trade.payoutId !== payout.id) return
  const facts = {
    payout: payout.id,
    payoutState: payout.state,
    reason: payout.reason,
    endToEndId: payout.endToEndId,
  }
  if (change === 'paid') await step(deps, tx, { trade, event: 'complete', facts })
  else await step(deps, tx, { trade, event: 'fail', facts })
}
