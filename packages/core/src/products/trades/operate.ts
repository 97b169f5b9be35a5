import { parseInput, refuse } from '../../platform/input.ts'
import { type CreatePayout, destinationSchema } from '../../rails/payouts/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { checkRefundAddress } from './create-trade.ts'
import { fund, pay } from './fund.ts'
import { requoteTrade } from './jobs.ts'
import { priceGive } from './quote.ts'
import { refund } from './refund.ts'
import { lockTrade, note } from './step.ts'
import type { Trade, TradeId } from './trade.ts'

/** Sends the deposit back, to the trade's refund address or to the one given now. */
export interface RefundTrade {
  readonly id: TradeId
  readonly refundAddress?: string
}

/** Tries the payout of a trade again, as a new intent: the one before has ended without money moving, or came back. */
export interface RetryPayout {
  readonly id: TradeId
  readonly destination?: CreatePayout['destination']
  readonly provider?: string
}

/** Accepts a deposit that is not what was quoted: for what came at the quoted rate, or at the rate of now. */
export interface AcceptMismatch {
  readonly id: TradeId
  readonly as: 'prorate' | 'requote'
}

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
export async function refundTrade<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: RefundTrade,
): Promise<Trade> {
  const trade = await lockTrade(tx, input.id)
  const given = checkRefundAddress(deps.chains[trade.chain], input.refundAddress)
  const refundAddress = given ?? trade.refundAddress
  if (refundAddress === null) refuse('refundAddress', 'is required: the trade has none')
  return refund(deps, tx, { trade: { ...trade, refundAddress }, why: 'asked for by an operator' })
}

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`, `provider_missing`. */
export async function retryPayout<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: RetryPayout,
): Promise<Trade> {
  const trade = await lockTrade(tx, input.id)
  const destination = input.destination ?? trade.destination
  const payoutProvider = input.provider ?? trade.payoutProvider
  parseInput(destinationSchema, destination, { at: 'destination' })
  deps.payouts.check({ provider: payoutProvider, amount: trade.receive, destination })
  return pay(deps, tx, { ...trade, destination, payoutProvider })
}

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
export async function acceptMismatch<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: AcceptMismatch,
): Promise<Trade> {
  const trade = await lockTrade(tx, input.id)
  if (trade.deposited === null || trade.state !== 'mismatched')
    refuse('id', `is a trade in state ${trade.state}, not mismatched`)
  if (trade.mismatch === 'wrong_asset')
    refuse('as', 'cannot be used: another asset came, so the trade can only be refunded')
  if (input.as === 'requote') {
    await tx.jobs.enqueue(requoteTrade, { tradeId: trade.id })
    await note(deps, tx, { trade, what: 'requote_asked' })
    return trade
  }
  const quote = await tx.trades.getQuote(trade.quoteId)
  if (quote === null) throw new Error(`trade ${trade.id} has no quote ${trade.quoteId}`)
  const price = priceGive(trade.deposited, { rate: quote.rate, fees: quote })
  if (price.receive.amount <= 0n) refuse('as', 'cannot be used: nothing would be left to receive')
  return fund(deps, tx, { trade, price, why: 'accepted by an operator at the quoted rate' })
}
