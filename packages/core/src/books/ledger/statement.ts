import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { pageSchema, parseInput } from '../../platform/input.ts'
import type { Page, PageRequest } from '../../platform/storage/index.ts'
import { ledgerIdSchema } from './account.ts'
import { timeKindSchema } from './balance-at.ts'
import type { StatementPage, TimeKind } from './reading-store.ts'
import type { LedgerTx } from './store.ts'
import { type LedgerTransfer, timeSchema } from './transfer.ts'

/** Which part of an account's history to read. */
export interface StatementQuery extends PageRequest {
  /** Transfers at this very instant are part of it. */
  readonly from: Date
  /** Transfers at this very instant are no part of it: the `from` of the next statement. */
  readonly to: Date
  /** Default `booked`. */
  readonly by?: TimeKind
}

/** Which transfers to read, in the order of booking. */
export interface JournalQuery extends PageRequest {
  /** Booked then or later. Default: from the first. */
  readonly from?: Date
  /** Booked before. Default: to the last. */
  readonly to?: Date
}

const PAGE = 50

const statementSchema = z
  .strictObject({
    ...pageSchema.shape,
    account: ledgerIdSchema,
    from: timeSchema,
    to: timeSchema,
    by: timeKindSchema.default('booked'),
  })
  .refine(({ from, to }) => from <= to, { error: 'must not be before from', path: ['to'] })

const journalSchema = z
  .strictObject({ ...pageSchema.shape, from: timeSchema.optional(), to: timeSchema.optional() })
  .refine(({ from, to }) => !from || !to || from <= to, { error: 'must not be before from', path: ['to'] })

/**
 * A page of an account's history, with the balances at the beginning and at the end of the whole period. All pages of
 * one statement show the account as it was when the first was read.
 *
 * By `booked` lines stand in the order of versions, without gaps. By `effective` they stand in the order of their
 * effective times. A page costs the same however long the history is.
 * @throws LastroError `not_found`, `invalid_input` also for a cursor of another statement.
 */
export async function statement(
  tx: LedgerTx,
  account: string,
  query: StatementQuery,
): Promise<StatementPage> {
  const { limit = PAGE, cursor = null, ...period } = parseInput(statementSchema, { ...query, account })
  const page = await tx.ledgerReads.statement({ ...period, limit, cursor })
  if (page === null) throw new LastroError('not_found', { kind: 'ledger account', id: account })
  return page
}

/**
 * A page of all transfers, in the order of booking. That is not the order of commits: a page that was read while others
 * were booking may later gain a transfer.
 * @throws LastroError `invalid_input`.
 */
export async function journal(tx: LedgerTx, query: JournalQuery = {}): Promise<Page<LedgerTransfer>> {
  const { limit = PAGE, cursor = null, from = null, to = null } = parseInput(journalSchema, query)
  return tx.ledgerReads.journal({ limit, cursor, from, to })
}
