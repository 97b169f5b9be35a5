import type { LedgerTx } from '../../books/ledger/index.ts'
import type { Rates, RateTx } from '../../books/rates/index.ts'
import type { PlatformTx, UnitOfWork } from '../../platform/storage/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { Onchain, OnchainTx } from '../../rails/onchain/index.ts'
import type { Payouts, PayoutTx } from '../../rails/payouts/index.ts'
import type { AssetId, ChainProvider, Clock, Ids } from '../../spec/index.ts'
import type { TradeTx } from './store.ts'
import type { TradePolicy } from './trade.ts'

/** What a transaction must offer for trades to work in it. */
export type TradeWork = PlatformTx & LedgerTx & RateTx & OnchainTx & PayoutTx & TradeTx

/** How quotes and trades behave. All have defaults. */
export interface TradeOptions {
  /** Our margin, in basis points of the gross amount. Default 300. */
  readonly spreadBps?: number
  /** The network's cost, in basis points of the gross amount. Default 25. */
  readonly networkFeeBps?: number
  /** How long a quote stands, and with it the wait for its deposit. Default 15 minutes. */
  readonly quoteMs?: number
  /** What is paid out when a quote names no asset. Default `BRL/2`. */
  readonly receiveAsset?: AssetId
  /** What to do with deposits that are not what was quoted. */
  readonly policy?: Partial<TradePolicy>
}

/** What trades need. They never talk to a provider: rails and books do. */
export interface TradeDeps<T extends TradeWork = TradeWork> {
  readonly storage: UnitOfWork<T>
  readonly chains: Readonly<Record<string, ChainProvider>>
  readonly rates: Rates
  readonly payouts: Pick<Payouts<T>, 'createIn' | 'check'>
  readonly onchain: Pick<Onchain<T>, 'takeAddress' | 'createTransferIn'>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly options?: TradeOptions
}
