export type {
  AccountConstraint,
  AccountState,
  Balance,
  LedgerAccount,
  NewAccount,
  NormalSide,
} from './account.ts'
export type { Instant } from './balance-at.ts'
export { balanceOf, transfersOfCause } from './balances.ts'
export { type Booking, book, tryBook } from './book.ts'
export { type Bulk, type BulkLeg, type BulkResult, bulkTransfers } from './bulk.ts'
export type { ChainBreach, ChainName, ChainState, Seal } from './chain-store.ts'
export type { AccountChange } from './change-account.ts'
export {
  type AccountQuery,
  createLedger,
  type Ledger,
  type LedgerDeps,
  type TransferQuery,
} from './create-ledger.ts'
export { expireHolds, expireHoldsHandler, expireHoldsSchedule } from './expire-holds.job.ts'
export type { ExportQuery } from './export.ts'
export type { VelocityLimit } from './limit-store.ts'
export { openAccounts } from './open-accounts.ts'
export type { LedgerExtras, LedgerOptions } from './past.ts'
export type {
  BalanceAt,
  StatementLine,
  StatementPage,
  TimeKind,
  TrialBalanceAt,
} from './reading-store.ts'
export { REFUSALS, type RefusalRule } from './refusals.ts'
export { sealHandler, sealSchedule } from './seal.job.ts'
export type { SealReport } from './seal.ts'
export type { JournalQuery, StatementQuery } from './statement.ts'
export type { LedgerBreach, LedgerStore, LedgerTx, TrialBalanceRow } from './store.ts'
export type {
  BookedResult,
  HoldState,
  LedgerTransfer,
  NewTransfer,
  PendingTransfer,
  PostedTransfer,
  PostTransfer,
  RefusedResult,
  TransferKind,
  TransferResult,
  TransferSide,
  VoidTransfer,
} from './transfer.ts'
export type { ChainReport } from './verify-chain.ts'
