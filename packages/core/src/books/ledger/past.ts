import type { Page, PlatformTx, UnitOfWork, WriteOptions } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import { balanceAt, type Instant, trialBalanceAt } from './balance-at.ts'
import { type Bulk, type BulkResult, bookBulk } from './bulk.ts'
import type { Seal } from './chain-store.ts'
import type { AccountChange } from './change-account.ts'
import { type ExportQuery, exportLedger } from './export.ts'
import type { VelocityLimit } from './limit-store.ts'
import { removeLimit, setLimit } from './limits.ts'
import type { BalanceAt, StatementPage, TrialBalanceAt } from './reading-store.ts'
import { type SealReport, seal } from './seal.ts'
import { type JournalQuery, journal, type StatementQuery, statement } from './statement.ts'
import type { LedgerTx } from './store.ts'
import type { LedgerTransfer } from './transfer.ts'
import { type ChainReport, verifyChain } from './verify-chain.ts'

/** What of the ledger runs by itself. */
export interface LedgerOptions {
  /**
   * Seals transfers and audit rows once a minute, for `verifyChain`. Costs about 130 bytes a row, written after the
   * booking and never by it. Default: off; what was booked before is sealed once it is on.
   */
  readonly seal?: boolean
}

/** Bulks and limits, the past, exports and the chain of digests. */
export interface LedgerExtras {
  /**
   * Books many debits and credits that belong together; the order of legs means nothing.
   * @throws LastroError `invalid_input`. A refusal is a result.
   */
  bulk(bulk: Bulk, options?: WriteOptions): Promise<BulkResult>
  readonly limits: {
    /** Sets a velocity limit, or replaces the one of the same name. @throws LastroError `not_found`, `invalid_input`. */
    set(account: string, limit: VelocityLimit, change?: AccountChange & WriteOptions): Promise<void>
    /** One that is not there is no mistake. @throws LastroError `not_found` for the account. */
    remove(account: string, name: string, change?: AccountChange & WriteOptions): Promise<void>
    /** By name; none for an account that is not there. */
    list(account: string, options?: WriteOptions): Promise<readonly VelocityLimit[]>
  }
  /** What an account held at an instant, that instant included. @throws LastroError `not_found`, `invalid_input`. */
  balanceAt(account: string, instant: Instant, options?: WriteOptions): Promise<BalanceAt>
  /** A page of an account's history with its opening and closing balance. @throws LastroError `not_found`, `invalid_input`. */
  statement(account: string, query: StatementQuery, options?: WriteOptions): Promise<StatementPage>
  /** A page of all transfers, in the order of booking. @throws LastroError `invalid_input`. */
  journal(query?: JournalQuery, options?: WriteOptions): Promise<Page<LedgerTransfer>>
  /** The balances of all accounts at an instant, one row an asset. @throws LastroError `invalid_input`. */
  trialBalanceAt(instant: Instant, options?: WriteOptions): Promise<readonly TrialBalanceAt[]>
  /** A journal or a statement as chunks of CSV or JSON Lines. @throws LastroError `invalid_input`, `not_found`, with the first chunk. */
  export(query: ExportQuery, options?: WriteOptions): AsyncGenerator<string, void, undefined>
  /** Seals what is final, in transactions of its own. The job `ledger.seal` does it once a minute. */
  seal(): Promise<SealReport>
  /** Recomputes the chain of digests and names the first row that does not fit. Reads it all. */
  verifyChain(options?: {
    readonly anchors?: readonly Pick<Seal, 'chain' | 'number' | 'digest'>[]
  }): Promise<ChainReport>
}

/** The second half of the ledger. */
export function ledgerExtras(deps: {
  readonly storage: UnitOfWork<LedgerTx & PlatformTx>
  readonly clock: Clock
}): LedgerExtras {
  const { storage, clock } = deps
  return {
    bulk: (bulk, options) => storage.transaction((tx) => bookBulk(tx, { bulk, at: clock.now() }), options),
    limits: {
      set: (account, limit, { tx, ...change } = {}) =>
        storage.transaction(
          (inner) => setLimit(inner, limit, { ...change, account, at: clock.now() }),
          tx === undefined ? {} : { tx },
        ),
      remove: (account, name, { tx, ...change } = {}) =>
        storage.transaction(
          (inner) => removeLimit(inner, name, { ...change, account, at: clock.now() }),
          tx === undefined ? {} : { tx },
        ),
      list: (account, options) => storage.read((tx) => tx.ledgerLimits.list(account), options),
    },
    balanceAt: (account, instant, options?: WriteOptions) =>
      storage.read((tx) => balanceAt(tx, account, instant), options),
    statement: (account, query, options?: WriteOptions) =>
      storage.read((tx) => statement(tx, account, query), options),
    journal: (query, options) => storage.read((tx) => journal(tx, query), options),
    trialBalanceAt: (instant, options) => storage.read((tx) => trialBalanceAt(tx, instant), options),
    export: (query, options) => exportLedger((work) => storage.read(work, options), query),
    seal: () => seal(deps),
    verifyChain: (options) => verifyChain((work) => storage.read(work), options),
  }
}
