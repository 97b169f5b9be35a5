export type {
  AccountQuery,
  Balance,
  BalanceAt,
  Bulk,
  BulkLeg,
  BulkResult,
  ChainBreach,
  ChainReport,
  ChainState,
  ExportQuery,
  Instant,
  JournalQuery,
  Ledger,
  LedgerAccount,
  LedgerOptions,
  LedgerTransfer,
  NewAccount,
  NewTransfer,
  Seal,
  SealReport,
  StatementLine,
  StatementPage,
  StatementQuery,
  TransferResult,
  TrialBalanceAt,
  TrialBalanceRow,
  VelocityLimit,
} from './books/ledger/index.ts'
export { createLedger, REFUSALS, type RefusalRule } from './books/ledger/index.ts'
export type { Pair, RateOptions, Rates, StoredRate } from './books/rates/index.ts'
export { createLastro, type Lastro } from './engine/create-lastro.ts'
export type { LastroOptions } from './engine/options.ts'
export type { Audit, AuditEntry } from './platform/audit/index.ts'
export { type Details, type ErrorCode, isLastroError, LastroError, RULES } from './platform/errors/index.ts'
export type { EventHandler, Events, Json, LoggedEvent } from './platform/events/index.ts'
export type { Health, HealthReport, PartHealth } from './platform/health/index.ts'
export type { DeadJob, Jobs, QueueDepth, TickReport, Worker, WorkerOptions } from './platform/jobs/index.ts'
export { systemClock, systemIds } from './platform/node.ts'
export type { RailOptions } from './platform/policies/index.ts'
export type { HostTx, Page, PageRequest, WriteOptions } from './platform/storage/index.ts'
export type { Logger } from './platform/telemetry/index.ts'
export type { Delivery, DeliveryState, Inbox, IncomingDelivery, Receipt } from './platform/webhooks/index.ts'
export {
  type AcceptMismatch,
  type CreateQuote,
  type CreateTrade,
  DEFAULT_POLICY,
  type Explanation,
  type Mismatch,
  type Quote,
  type QuoteId,
  type Quotes,
  type RefundTrade,
  type RetryPayout,
  type TimelineEntry,
  type Trade,
  type TradeId,
  type TradeOptions,
  type TradePolicy,
  type TradeState,
  type Trades,
  tradeMachine,
} from './products/trades/index.ts'
export type {
  Deposit,
  DepositState,
  Onchain,
  OnchainOptions,
  OnchainTransfer,
} from './rails/onchain/index.ts'
export {
  type CancelPayout,
  type CreatePayout,
  type Payout,
  type PayoutId,
  type PayoutState,
  type Payouts,
  type PayoutTimes,
  payoutMachine,
} from './rails/payouts/index.ts'
export * from './spec/index.ts'
export type { HttpContext, HttpSurface } from './surfaces/http/index.ts'
