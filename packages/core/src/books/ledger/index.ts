export {
  type AccountConstraint,
  type AccountState,
  type Balance,
  type LedgerAccount,
  type NewAccount,
  type NormalSide,
} from './account.ts'
export { balanceOf, transfersOfCause, trialBalance } from './balances.ts'
export { type Booking, book, tryBook } from './book.ts'
export type { AccountChange } from './change-account.ts'
export {
  type AccountQuery,
  createLedger,
  type Ledger,
  type LedgerDeps,
  type TransferQuery,
} from './create-ledger.ts'
export { expireHolds, expireHoldsHandler, expireHoldsSchedule } from './expire-holds.job.ts'
export { openAccounts } from './open-accounts.ts'
export { REFUSALS, type RefusalRule } from './refusals.ts'
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
