import { LastroError } from '../../platform/errors/index.ts'
import type { JobHandler } from '../../platform/jobs/index.ts'
import type { Page, PageRequest, WriteOptions } from '../../platform/storage/index.ts'
import type { DepositListener, TransferListener } from '../../rails/onchain/index.ts'
import type { PayoutListener } from '../../rails/payouts/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { type CreateQuote, createQuote } from './create-quote.ts'
import { type CreateTrade, createTrade } from './create-trade.ts'
import { onDeposit, onTransfer } from './deposits.ts'
import { type Explanation, explain } from './explain.ts'
import {
  type AcceptMismatch,
  acceptMismatch,
  type RefundTrade,
  type RetryPayout,
  refundTrade,
  retryPayout,
} from './operate.ts'
import { onPayout } from './payouts.ts'
import type { Quote, QuoteId } from './quote.ts'
import type { Trade, TradeId, TradeState } from './trade.ts'
import { tradeJobs } from './trade-jobs.ts'

export type { TradeDeps, TradeOptions, TradeWork } from './context.ts'
export type { CreateQuote } from './create-quote.ts'
export type { CreateTrade } from './create-trade.ts'
export type { Explanation, TimelineEntry } from './explain.ts'
export type { AcceptMismatch, RefundTrade, RetryPayout } from './operate.ts'
export type { Fees, Quote, QuoteId } from './quote.ts'
export type { TradeStore, TradeTx } from './store.ts'
export {
  DEFAULT_POLICY,
  type Mismatch,
  type Trade,
  type TradeId,
  type TradePolicy,
  type TradeState,
  tradeMachine,
} from './trade.ts'

/** Offers to exchange. */
export interface Quotes {
  /** @throws LastroError `invalid_input`, `provider_missing`, `rate_unavailable`, `idempotency_key_reused`. */
  create(input: CreateQuote, options?: WriteOptions): Promise<Quote>
  /** @throws LastroError `not_found`. */
  get(id: QuoteId, options?: WriteOptions): Promise<Quote>
}

/** Sales of crypto, paid out in money. */
export interface Trades {
  /** @throws LastroError `invalid_input`, `not_found`, `quote_expired`, `quote_used`, `idempotency_key_reused`. */
  create(input: CreateTrade, options?: WriteOptions): Promise<Trade>
  /** @throws LastroError `not_found`. */
  get(id: TradeId, options?: WriteOptions): Promise<Trade>
  list(
    query?: PageRequest & { readonly state?: TradeState; readonly reference?: string },
  ): Promise<Page<Trade>>
  /** One timeline of calls, webhooks, transitions and postings. @throws LastroError `not_found`. */
  explain(id: TradeId): Promise<Explanation>
  /** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
  refund(input: RefundTrade, options?: WriteOptions): Promise<Trade>
  /** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`, `provider_missing`. */
  retryPayout(input: RetryPayout, options?: WriteOptions): Promise<Trade>
  /** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
  accept(input: AcceptMismatch, options?: WriteOptions): Promise<Trade>
}

/** What the engine wires: the public parts, the listeners and the jobs. */
export interface TradesDomain<T extends TradeWork> {
  readonly quotes: Quotes
  readonly trades: Trades
  readonly onDeposit: DepositListener<T>
  readonly onTransfer: TransferListener<T>
  readonly onPayout: PayoutListener<T>
  readonly jobs: readonly JobHandler[]
}

/** Makes the trades domain. */
export function createTrades<T extends TradeWork>(deps: TradeDeps<T>): TradesDomain<T> {
  const { storage } = deps
  return {
    quotes: {
      create: (input, options) => createQuote(deps, input, options),
      get: async (id, options) => {
        const quote = await storage.read((tx) => tx.trades.getQuote(id), options)
        if (quote === null) throw new LastroError('not_found', { kind: 'quote', id })
        return quote
      },
    },
    trades: {
      create: (input, options) => storage.transaction((tx) => createTrade(deps, tx, input), options),
      get: async (id, options) => {
        const trade = await storage.read((tx) => tx.trades.get(id), options)
        if (trade === null) throw new LastroError('not_found', { kind: 'trade', id })
        return trade
      },
      list: (query = {}) => storage.read((tx) => tx.trades.list(query)),
      explain: (id) => storage.read((tx) => explain(tx, id)),
      refund: (input, options) => storage.transaction((tx) => refundTrade(deps, tx, input), options),
      retryPayout: (input, options) => storage.transaction((tx) => retryPayout(deps, tx, input), options),
      accept: (input, options) => storage.transaction((tx) => acceptMismatch(deps, tx, input), options),
    },
    onDeposit: (tx, deposit, change) => onDeposit(deps, tx, { deposit, change }),
    onTransfer: (tx, transfer, change) => onTransfer(deps, tx, { transfer, change }),
    onPayout: (tx, payout, change) => onPayout(deps, tx, { payout, change }),
    jobs: tradeJobs(deps),
  }
}
