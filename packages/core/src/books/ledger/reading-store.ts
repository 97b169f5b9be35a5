import type { Page } from '../../platform/storage/index.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import type { NormalSide } from './account.ts'
import type { LedgerTransfer } from './transfer.ts'

/** Which time of a transfer counts: when it was written here, or when it happened in the world. */
export type TimeKind = 'booked' | 'effective'

/** What an account held at an instant: everything before it and at it counts. */
export interface BalanceAt {
  readonly account: string
  readonly at: Date
  readonly by: TimeKind
  /** Transfers booked on the account up to the instant, by the time of booking. */
  readonly version: bigint
  readonly posted: Money
  /** Held on its way in at that instant. */
  readonly pendingIn: Money
  /** Held on its way out at that instant. */
  readonly pendingOut: Money
  /** `posted` less `pendingOut`. */
  readonly available: Money
}

/** One transfer as its account sees it. */
export interface StatementLine {
  readonly transfer: LedgerTransfer
  readonly side: 'debit' | 'credit'
  /** Whether the balance grows or shrinks by it, on the normal side of the account. */
  readonly direction: 'in' | 'out'
  /** What moved: zero for a hold and for its release, which change no posted balance. */
  readonly amount: Money
  readonly balanceBefore: Money
  readonly balanceAfter: Money
  /** Counts the account's transfers in the order of booking. */
  readonly version: bigint
}

/** A part of an account's history: `opening` and all lines come to `closing`. */
export interface StatementPage {
  readonly account: string
  readonly asset: AssetId
  readonly normalSide: NormalSide
  readonly by: TimeKind
  /** Of the whole period, on every page. */
  readonly opening: Money
  /** Of the whole period, on every page. What is booked after the first page was read is left out. */
  readonly closing: Money
  readonly lines: readonly StatementLine[]
  readonly nextCursor: string | null
}

/** The balances of all accounts of one asset at an instant, sorted by the side they stand on: both sums are equal. */
export interface TrialBalanceAt {
  readonly asset: AssetId
  /** Open at that instant. */
  readonly accounts: number
  readonly debits: Money
  readonly credits: Money
}

/** The period of a statement: from `from` on, and before `to`. */
export interface StatementPeriod {
  readonly account: string
  readonly from: Date
  readonly to: Date
  readonly by: TimeKind
  readonly limit: number
  readonly cursor: string | null
}

/** What the ledger reads of the past. Null for an account that is not there. */
export interface LedgerReadStore {
  balanceAt(query: {
    readonly account: string
    readonly at: Date
    readonly by: TimeKind
  }): Promise<BalanceAt | null>
  statement(period: StatementPeriod): Promise<StatementPage | null>
  /** In the order of booking. Null times stand for the beginning and for now. */
  journal(query: {
    readonly from: Date | null
    readonly to: Date | null
    readonly limit: number
    readonly cursor: string | null
  }): Promise<Page<LedgerTransfer>>
  trialBalanceAt(query: { readonly at: Date; readonly by: TimeKind }): Promise<readonly TrialBalanceAt[]>
}
