import type { Page } from '../../platform/storage/index.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import type { AccountState, LedgerAccount, NewAccount } from './account.ts'
import type { LedgerChainStore } from './chain-store.ts'
import type { LedgerLimitStore } from './limit-store.ts'
import type { LedgerReadStore } from './reading-store.ts'
import type { LedgerTransfer, NewTransfer, TransferResult } from './transfer.ts'

export type {
  AccountConstraint,
  AccountState,
  Balance,
  LedgerAccount,
  NewAccount,
  NormalSide,
} from './account.ts'
export type { ChainBreach, ChainName, ChainState, LedgerChainStore, Seal } from './chain-store.ts'
export type { LedgerLimitStore, VelocityLimit } from './limit-store.ts'
export type {
  BalanceAt,
  LedgerReadStore,
  StatementLine,
  StatementPage,
  StatementPeriod,
  TimeKind,
  TrialBalanceAt,
} from './reading-store.ts'
export type { RefusalRule } from './refusals.ts'
export type {
  BookedResult,
  HoldState,
  LedgerTransfer,
  NewTransfer,
  RefusedResult,
  TransferKind,
  TransferResult,
  TransferSide,
} from './transfer.ts'

/** The sums of all accounts of one asset. Debits and credits are equal, posted and pending alike. */
export interface TrialBalanceRow {
  readonly asset: AssetId
  readonly accounts: number
  readonly debitsPosted: Money
  readonly creditsPosted: Money
  readonly debitsPending: Money
  readonly creditsPending: Money
}

/** Something in the books that cannot be: found by recomputing everything from the transfers. */
export interface LedgerBreach {
  /** The rule that is broken, such as `balance_equals_transfers`. */
  readonly rule: string
  /** The account, transfer or asset it is about. */
  readonly subject: string
  readonly detail: string
}

/** What a change of an account's state came to. */
export type StateChange =
  | { readonly kind: 'changed' | 'unchanged' | 'not_empty'; readonly account: LedgerAccount }
  | { readonly kind: 'closed'; readonly account: LedgerAccount }
  | { readonly kind: 'unknown' }

/** Transfers in the words of the store that prepared them. */
export interface PreparedTransfers {
  readonly transfers: readonly unknown[]
}

/** The reads and writes the ledger needs. Input was checked before; a store checks what only the database can know. */
export interface LedgerStore {
  /** Opens those that are not open yet. Answers all of them as they are, in the order given. */
  openAccounts(opening: {
    readonly accounts: readonly NewAccount[]
    readonly at: Date
  }): Promise<readonly LedgerAccount[]>
  getAccount(id: string): Promise<LedgerAccount | null>
  /** By id, ascending. The cursor is the last id of the page before. */
  listAccounts(query: {
    readonly limit: number
    readonly after: string | null
    readonly asset: AssetId | null
    /** Only ids that start so. */
    readonly prefix: string | null
  }): Promise<Page<LedgerAccount>>
  /** Closing asks for an empty account without holds; a closed account stays closed. */
  setAccountState(change: { readonly id: string; readonly state: AccountState }): Promise<StateChange>
  /**
   * Decides the transfers in their order and books those that no rule forbids, answering one result for each.
   * Accounts are locked in one fixed order. A refused transfer leaves no row and does not touch its neighbours.
   */
  post(batch: {
    readonly transfers: readonly NewTransfer[]
    readonly at: Date
    /** How long to wait for one lock, for a statement that is its own commit. Default: what the transaction waits. */
    readonly lockMs?: number
  }): Promise<readonly TransferResult[]>
  /** Puts transfers, at least one, into the words of the store, for `send`. Asks nothing of the database. */
  prepare(transfers: readonly NewTransfer[]): PreparedTransfers
  /**
   * The same as `post`, for prepared transfers. The results are made when they are asked for, so that the database can
   * be given its next batch before.
   */
  send(batch: {
    readonly prepared: PreparedTransfers
    readonly at: Date
    readonly lockMs?: number
  }): Promise<() => readonly TransferResult[]>
  /** Releases holds whose time has come, oldest expiry first. Answers how many were found due: fewer than `limit` ends it. */
  expireHolds(sweep: { readonly at: Date; readonly limit: number }): Promise<number>
  getTransfer(id: string): Promise<LedgerTransfer | null>
  /** Of one account, by its version; of a cause, by booking; of all, by booking. The cursor is what the page before answered. */
  listTransfers(query: {
    readonly limit: number
    readonly after: bigint
    readonly account: string | null
    readonly cause: string | null
  }): Promise<Page<LedgerTransfer>>
  trialBalance(): Promise<readonly TrialBalanceRow[]>
  /** Recomputes everything from the transfers: reads the whole ledger. At most `limit` breaches. */
  verify(query: { readonly limit: number }): Promise<readonly LedgerBreach[]>
}

/** What a transaction offers to the ledger, and to whoever books in it. */
export interface LedgerTx {
  readonly ledger: LedgerStore
  readonly ledgerReads: LedgerReadStore
  readonly ledgerLimits: LedgerLimitStore
  readonly ledgerChain: LedgerChainStore
}
