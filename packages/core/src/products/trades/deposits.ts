import type { Deposit, DepositChange, OnchainTransfer, TransferChange } from '../../rails/onchain/index.ts'
import { Money } from '../../spec/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { fund } from './fund.ts'
import { expireTrade, requoteTrade } from './jobs.ts'
import { priceGive, type Quote } from './quote.ts'
import { refund, refundExtra } from './refund.ts'
import { note, step } from './step.ts'
import { DEFAULT_POLICY, type Mismatch, type Trade, type TradeId } from './trade.ts'

/** Told by the rail, in the transaction in which the deposit changes. */
export async function onDeposit<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  news: { readonly deposit: Deposit; readonly change: DepositChange },
): Promise<void> {
  const { deposit, change } = news
  if (deposit.owner === null || !deposit.owner.startsWith('trd_')) return
  const trade = await tx.trades.lock(deposit.owner as TradeId)
  if (trade === null) return
  if (change === 'seen') await seen(deps, tx, { trade, deposit })
  if (change === 'orphaned') await orphaned(deps, tx, { trade, deposit })
  if (change === 'confirmed') await confirmed(deps, tx, { trade, deposit })
  if (change === 'lost') await lost(deps, tx, { trade, deposit })
}

interface About {
  readonly trade: Trade
  readonly deposit: Deposit
}

async function seen<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  { trade, deposit }: About,
): Promise<void> {
  if (trade.state !== 'awaiting_deposit' && trade.state !== 'expired') return
  const { block, transactionHash, amount } = deposit
  await step(deps, tx, {
    trade,
    event: 'see',
    set: { depositId: deposit.id },
    facts: {
      deposit: deposit.id,
      amount: Money.toJson(amount),
      transactionHash,
      height: block.height.toString(),
    },
  })
}

/** A reorganisation took the deposit away: the trade waits again, and expires if its time is over. */
async function orphaned<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  { trade, deposit }: About,
): Promise<void> {
  if (trade.state !== 'confirming' || trade.depositId !== deposit.id) return
  await step(deps, tx, { trade, event: 'orphan', set: { depositId: null }, facts: { deposit: deposit.id } })
  await tx.jobs.enqueue(expireTrade, { tradeId: trade.id }, { runAt: trade.expiresAt })
}

async function confirmed<T extends TradeWork>(deps: TradeDeps<T>, tx: T, about: About): Promise<void> {
  const { deposit } = about
  let { trade } = about
  const isFirst = trade.depositId === deposit.id
  // The one that was seen first may be gone for good, or this one was confirmed without ever being seen as the first.
  if (!isFirst && trade.state === 'awaiting_deposit') {
    await seen(deps, tx, about)
    trade = (await tx.trades.lock(trade.id)) ?? trade
  }
  if (trade.state !== 'confirming' || trade.depositId !== deposit.id) {
    await refundExtra(deps, tx, {
      trade,
      amount: deposit.amount,
      key: deposit.id,
      why: `a further deposit: the trade is ${trade.state}`,
    })
    return
  }
  const quote = await tx.trades.getQuote(trade.quoteId)
  if (quote === null) throw new Error(`trade ${trade.id} has no quote ${trade.quoteId}`)
  const mismatch = mismatchOf(trade, deposit)
  const set = { deposited: deposit.amount, mismatch }
  if (mismatch === null) {
    await fund(deps, tx, {
      trade: { ...trade, ...set },
      price: priceOf(quote),
      why: 'the deposit is what was quoted',
    })
    return
  }
  await settleMismatch(deps, tx, { trade: { ...trade, ...set }, deposit, quote, mismatch })
}

/** How the deposit differs from the quote; the gravest difference first. */
export function mismatchOf(
  trade: Pick<Trade, 'give' | 'expiresAt'>,
  deposit: Pick<Deposit, 'amount' | 'block'>,
): Mismatch | null {
  if (deposit.amount.asset !== trade.give.asset) return 'wrong_asset'
  if (deposit.block.time.getTime() >= trade.expiresAt.getTime()) return 'late'
  if (deposit.amount.amount < trade.give.amount) return 'under'
  return deposit.amount.amount > trade.give.amount ? 'over' : null
}

function priceOf(quote: Quote) {
  const { give, gross, spread, networkFee, receive } = quote
  return { give, gross, spread, networkFee, receive }
}

async function settleMismatch<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  about: About & { readonly quote: Quote; readonly mismatch: Mismatch },
): Promise<void> {
  const { deposit, quote, mismatch } = about
  const policy = { ...DEFAULT_POLICY, ...deps.options?.policy }
  const action = {
    under: policy.under,
    over: policy.over,
    late: policy.late,
    wrong_asset: policy.wrongAsset,
  }[mismatch]
  const facts = {
    mismatch,
    policy: action,
    deposited: Money.toJson(deposit.amount),
    quoted: Money.toJson(quote.give),
  }
  if (action === 'refund_excess') {
    await fund(deps, tx, {
      trade: about.trade,
      price: priceOf(quote),
      why: 'more came than was quoted: the rest goes back',
    })
    const excess = Money.subtract(deposit.amount, quote.give)
    await refundExtra(deps, tx, {
      trade: about.trade,
      amount: excess,
      key: deposit.id,
      why: 'more came than was quoted',
    })
    return
  }
  if (action === 'prorate') {
    const price = priceGive(deposit.amount, { rate: quote.rate, fees: quote })
    if (price.receive.amount > 0n) {
      await fund(deps, tx, {
        trade: about.trade,
        price,
        why: `${mismatch}: what came is paid at the quoted rate`,
      })
      return
    }
  }
  const { deposited, mismatch: kind } = about.trade
  const trade = await step(deps, tx, {
    trade: about.trade,
    event: 'mismatch',
    set: { deposited, mismatch: kind },
    facts,
  })
  if (action === 'refund') await refund(deps, tx, { trade, why: mismatch })
  if (action === 'requote') await tx.jobs.enqueue(requoteTrade, { tradeId: trade.id })
}

/** A deposit that counted as certain is gone: an incident. What can still be stopped is stopped. */
async function lost<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  { trade, deposit }: About,
): Promise<void> {
  const at = deps.clock.now()
  const facts = {
    deposit: deposit.id,
    state: trade.state,
    amount: Money.toJson(deposit.amount),
  }
  deps.logger.error({ trade: trade.id, ...facts }, 'a confirmed deposit is gone: a person must look')
  await tx.audit.append({
    actor: 'system',
    action: 'trade.deposit_lost',
    subject: trade.id,
    details: facts,
    at,
  })
  if (trade.state === 'mismatched' && trade.depositId === deposit.id) {
    await step(deps, tx, { trade, event: 'lose', facts })
    return
  }
  await note(deps, tx, { trade, what: 'deposit_lost_late', facts })
}

/** Told by the rail when a refund ends. */
export async function onTransfer<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  news: { readonly transfer: OnchainTransfer; readonly change: TransferChange },
): Promise<void> {
  const { transfer, change } = news
  if (change === 'sent' || !transfer.correlation.startsWith('trd_')) return
  const trade = await tx.trades.lock(transfer.correlation as TradeId)
  if (trade === null || trade.state !== 'refunding' || trade.refundId !== transfer.id) return
  const facts = { transfer: transfer.id, transactionHash: transfer.transactionHash }
  await step(deps, tx, { trade, event: change === 'confirmed' ? 'finish' : 'fail', facts })
}
