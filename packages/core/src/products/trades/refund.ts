import { LastroError } from '../../platform/errors/index.ts'
import { depositsAccount } from '../../rails/onchain/index.ts'
import { Money } from '../../spec/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { unwind } from './fund.ts'
import { note, step } from './step.ts'
import type { Trade } from './trade.ts'

/**
 * Sends a trade's whole deposit back on its chain. The network's fee is ours, and is booked as an expense. Without a
 * refund address the trade waits: a sender's address may belong to an exchange, so it is never used by default.
 */
export async function refund<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  back: { readonly trade: Trade; readonly why: string },
): Promise<Trade> {
  const { trade, why } = back
  if (trade.deposited === null)
    throw new LastroError('illegal_transition', {
      machine: 'trade',
      id: trade.id,
      state: trade.state,
      event: 'refund',
    })
  if (trade.refundAddress === null) {
    await note(deps, tx, { trade, what: 'refund_address_missing', facts: { why } })
    return trade
  }
  if (trade.state === 'payout_failed') await unwind(deps, tx, trade)
  const count = trade.refundCount + 1
  const transfer = await deps.onchain.createTransferIn(tx, {
    provider: trade.chain,
    to: trade.refundAddress,
    amount: trade.deposited,
    sourceAccount: depositsAccount(trade.chain, trade.deposited.asset),
    correlation: trade.id,
    idempotencyKey: `${trade.id}:refund:${count}`,
  })
  return step(deps, tx, {
    trade,
    event: 'refund',
    set: { refundId: transfer.id, refundCount: count },
    facts: {
      why,
      transfer: transfer.id,
      amount: Money.toJson(trade.deposited),
    },
  })
}

/** Sends back what came beyond the quote, or beside the trade. Keyed by what caused it, so it is sent once. */
export async function refundExtra<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  extra: { readonly trade: Trade; readonly amount: Money; readonly key: string; readonly why: string },
): Promise<void> {
  const { trade, amount, key, why } = extra
  const facts = { why, amount: Money.toJson(amount) }
  if (trade.refundAddress === null) return note(deps, tx, { trade, what: 'extra_held', facts })
  const transfer = await deps.onchain.createTransferIn(tx, {
    provider: trade.chain,
    to: trade.refundAddress,
    amount,
    sourceAccount: depositsAccount(trade.chain, amount.asset),
    correlation: trade.id,
    idempotencyKey: `${trade.id}:extra:${key}`,
  })
  await note(deps, tx, { trade, what: 'extra_returned', facts: { ...facts, transfer: transfer.id } })
}
