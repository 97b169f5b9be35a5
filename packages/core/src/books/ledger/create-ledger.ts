import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { assetSchema, pageSchema, parseInput } from '../../platform/input.ts'
import type { EventOf } from '../../platform/machine/index.ts'
import type { Page, PageRequest, PlatformTx, UnitOfWork, WriteOptions } from '../../platform/storage/index.ts'
import type { AssetId, Clock } from '../../spec/index.ts'
import {
  type accountMachine,
  type Balance,
  type LedgerAccount,
  ledgerIdSchema,
  type NewAccount,
} from './account.ts'
import { balanceOf, trialBalance } from './balances.ts'
import { tryBook } from './book.ts'
import { type AccountChange, changeAccount } from './change-account.ts'
import { createCoalescer } from './coalescer.ts'
import { openAccounts } from './open-accounts.ts'
import { type LedgerExtras, ledgerExtras } from './past.ts'
import { quickTransfers } from './quick-transfers.ts'
import type { LedgerBreach, LedgerTx, TrialBalanceRow } from './store.ts'
import { type LedgerTransfer, type NewTransfer, newTransfersSchema, type TransferResult } from './transfer.ts'

/** What the ledger needs. */
export interface LedgerDeps {
  readonly storage: UnitOfWork<LedgerTx & PlatformTx>
  readonly clock: Clock
}

/** Which accounts to list. */
export interface AccountQuery extends PageRequest {
  readonly asset?: AssetId
  /** Only ids that start so, such as `custody:`. */
  readonly prefix?: string
}

/** Which transfers to list. */
export interface TransferQuery extends PageRequest {
  readonly account?: string
  readonly cause?: string
}

/** Accounts, transfers and holds, for a host that books by itself. Every call takes `{ tx }` to join its transaction. */
export interface Ledger extends LedgerExtras {
  readonly accounts: {
    /**
     * Opens an account, or answers the one that is open already with the same definition.
     * @throws LastroError `invalid_input` also where the id is open with another definition.
     */
    create(account: NewAccount, options?: WriteOptions): Promise<LedgerAccount>
    /** @throws LastroError `not_found`. */
    get(id: string, options?: WriteOptions): Promise<LedgerAccount>
    /** By id, ascending. */
    list(query?: AccountQuery, options?: WriteOptions): Promise<Page<LedgerAccount>>
    /** No new transfers or holds; holds made before are still settled. @throws LastroError `not_found`, `illegal_transition`. */
    freeze(id: string, change?: AccountChange & WriteOptions): Promise<LedgerAccount>
    /** @throws LastroError `not_found`, `illegal_transition` for a closed account. */
    unfreeze(id: string, change?: AccountChange & WriteOptions): Promise<LedgerAccount>
    /** For good. @throws LastroError `not_found`, `account_not_empty`, `illegal_transition` for a closed account. */
    close(id: string, change?: AccountChange & WriteOptions): Promise<LedgerAccount>
  }
  /**
   * Books transfers in their order, in one commit, and answers what became of each, with the balances right after.
   * A refused transfer is a result and does not touch its neighbours, except within a `linked` group.
   *
   * Calls made at the same time share one commit, and each gets its own results. A call whose connection was lost is
   * sent again by itself, and then answers `exists` where the first time was booked. With `{ tx }` nothing is shared.
   * @throws LastroError `invalid_input`, `ledger_busy` where too many transfers wait already.
   */
  post(transfers: readonly NewTransfer[], options?: WriteOptions): Promise<readonly TransferResult[]>
  /** @throws LastroError `not_found`. */
  balance(account: string, options?: WriteOptions): Promise<Balance>
  readonly transfers: {
    /** @throws LastroError `not_found`. */
    get(id: string, options?: WriteOptions): Promise<LedgerTransfer>
    /** Oldest first: in the order of the account's versions where one is named, else in the order of booking. */
    list(query?: TransferQuery, options?: WriteOptions): Promise<Page<LedgerTransfer>>
  }
  /** The sums of all accounts, one row an asset. */
  trialBalance(options?: WriteOptions): Promise<readonly TrialBalanceRow[]>
  /** Recomputes everything from the transfers and answers what does not fit: nothing, in a sound ledger. Reads it all. */
  verify(options?: WriteOptions): Promise<readonly LedgerBreach[]>
  readonly holds: {
    /** Releases at most `limit` (default 500) holds whose time has come; answers how many were due. */
    expire(options?: WriteOptions & { readonly limit?: number }): Promise<number>
  }
  /** Waits until every `post` made so far was answered. */
  drain(): Promise<void>
}

const PAGE = 50
const BREACHES = 1_000

const accountQuerySchema = z.strictObject({
  ...pageSchema.shape,
  asset: assetSchema.optional(),
  prefix: ledgerIdSchema.optional(),
})

const cursorSchema = z.string().regex(/^[1-9]\d{0,17}$/, 'must be a cursor that a page answered')

const transferQuerySchema = z.strictObject({
  ...pageSchema.shape,
  cursor: cursorSchema.nullish(),
  account: ledgerIdSchema.optional(),
  cause: ledgerIdSchema.optional(),
})

/** Accounts are asked for by what may be their id; transfers also by `expire:` and the id of a hold. */
const accountSchema = z.object({ account: ledgerIdSchema })
const transferSchema = z.object({
  transfer: z.string().regex(/^[!-~]{1,135}$/, 'must be the id of a transfer'),
})

const limitSchema = z.object({
  limit: z.int().min(1, 'must be at least 1').max(1_000, 'must be at most 1000'),
})

/** A ledger on a storage. */
export function createLedger(deps: LedgerDeps): Ledger {
  const { storage, clock } = deps
  const coalescer = createCoalescer(deps)
  return {
    ...ledgerExtras(deps),
    accounts: accountsOf(deps),
    post: async (transfers, { tx: host } = {}) =>
      host === undefined
        ? coalescer.post(quickTransfers(transfers) ?? parseTransfers(transfers))
        : storage.transaction((tx) => tryBook(tx, { transfers, at: clock.now() }), { tx: host }),
    drain: coalescer.drain,
    balance: async (id, options) => {
      const { account } = parseInput(accountSchema, { account: id })
      return storage.read((tx) => balanceOf(tx, account), options)
    },
    transfers: transfersOf(deps),
    trialBalance: (options) => storage.read(trialBalance, options),
    verify: (options) => storage.read((tx) => tx.ledger.verify({ limit: BREACHES }), options),
    holds: {
      expire: async ({ limit = 500, ...options } = {}) => {
        parseInput(limitSchema, { limit })
        return storage.transaction((tx) => tx.ledger.expireHolds({ at: clock.now(), limit }), options)
      },
    },
  }
}

function parseTransfers(transfers: unknown): readonly NewTransfer[] {
  return parseInput(newTransfersSchema, transfers, { at: 'transfers' }) as NewTransfer[]
}

function accountsOf({ storage, clock }: LedgerDeps): Ledger['accounts'] {
  const change = (event: EventOf<typeof accountMachine>): Ledger['accounts']['freeze'] => {
    return (id, { tx, ...rest } = {}) => {
      const work = (inner: LedgerTx & PlatformTx) =>
        changeAccount(inner, { ...rest, id, event, at: clock.now() })
      return storage.transaction(work, tx === undefined ? {} : { tx })
    }
  }
  return {
    create: async (account, options) => {
      const opening = { accounts: [account], at: clock.now() }
      const [opened] = await storage.transaction((tx) => openAccounts(tx, opening), options)
      return opened as LedgerAccount
    },
    get: async (id, options) => {
      const { account } = parseInput(accountSchema, { account: id })
      const found = await storage.read((tx) => tx.ledger.getAccount(account), options)
      if (found === null) throw new LastroError('not_found', { kind: 'ledger account', id })
      return found
    },
    list: async (query = {}, options) => {
      const {
        limit = PAGE,
        cursor = null,
        asset = null,
        prefix = null,
      } = parseInput(accountQuerySchema, query)
      return storage.read((tx) => tx.ledger.listAccounts({ limit, after: cursor, asset, prefix }), options)
    },
    freeze: change('freeze'),
    unfreeze: change('unfreeze'),
    close: change('close'),
  }
}

function transfersOf({ storage }: LedgerDeps): Ledger['transfers'] {
  return {
    get: async (id, options) => {
      const { transfer } = parseInput(transferSchema, { transfer: id })
      const found = await storage.read((tx) => tx.ledger.getTransfer(transfer), options)
      if (found === null) throw new LastroError('not_found', { kind: 'transfer', id })
      return found
    },
    list: async (query = {}, options) => {
      const parsed = parseInput(transferQuerySchema, query)
      const { limit = PAGE, cursor, account = null, cause = null } = parsed
      const after = cursor === null || cursor === undefined ? 0n : BigInt(cursor)
      return storage.read((tx) => tx.ledger.listTransfers({ limit, after, account, cause }), options)
    },
  }
}
