import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { Quote, QuoteId } from './quote.ts'
import type { Trade, TradeId, TradeState } from './trade.ts'

/** The reads and writes trades need. */
export interface TradeStore {
  insertQuote(quote: Quote): Promise<void>
  getQuote(id: QuoteId): Promise<Quote | null>
  /** Reads the row and holds it until the transaction ends. */
  lockQuote(id: QuoteId): Promise<Quote | null>
  useQuote(use: { readonly id: QuoteId; readonly tradeId: TradeId }): Promise<void>
  insert(trade: Trade): Promise<void>
  get(id: TradeId): Promise<Trade | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: TradeId): Promise<Trade | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `trade.version - 1`. */
  update(trade: Trade): Promise<void>
  list(
    query: PageRequest & { readonly state?: TradeState; readonly reference?: string },
  ): Promise<Page<Trade>>
}

/** What a transaction offers to trades. */
export interface TradeTx {
  readonly trades: TradeStore
}
