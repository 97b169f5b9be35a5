import { AsyncLocalStorage } from 'node:async_hooks'
import type { Sql } from '../sql.ts'

/** Statements on one connection, and whole scripts of them, which take no parameters. */
export interface Connection extends Sql {
  script(text: string): Promise<void>
}

/** How long statements of one transaction may wait and run, in milliseconds. 0: no limit. */
export interface Timeouts {
  /** Waiting for one row lock. */
  readonly lockMs: number
  /** Running one statement, waits included. */
  readonly statementMs: number
  /** Doing nothing inside an open transaction. A paused process must not hold its row locks for ever. */
  readonly idleInTransactionMs: number
}

/** How transactions reach one database. */
export interface Executor {
  /** Runs the work in one transaction of its own and commits it. May run the work again after a deadlock. */
  transaction<R>(work: (sql: Connection) => Promise<R>, timeouts?: Timeouts): Promise<R>
  /** Statements that each commit by themselves. */
  readonly autocommit: Connection
  /** Runs work that uses a transaction of the host: meanwhile the database may not be used on the side. */
  inside<R>(work: () => Promise<R>): Promise<R>
  /** Runs work that uses the database on the side. */
  outside<R>(work: () => Promise<R>): Promise<R>
}

/** What transactions wait for unless told otherwise. */
export const DEFAULT_TIMEOUTS: Timeouts = { lockMs: 5_000, statementMs: 15_000, idleInTransactionMs: 30_000 }

/** Migrations wait for each other and build indexes. */
export const MIGRATION_TIMEOUTS: Timeouts = { lockMs: 120_000, statementMs: 0, idleInTransactionMs: 120_000 }

const inside = new AsyncLocalStorage<ReadonlySet<object>>()

/** Runs work while a transaction is open on a database. */
export function insideOf<R>(database: object, work: () => Promise<R>): Promise<R> {
  return inside.run(new Set([...(inside.getStore() ?? []), database]), work)
}

/**
 * Runs work that uses a database on the side, or opens a transaction of its own on it. Refused while one is open in
 * the same call: PGlite would wait for ever, and a server would show half of the work and keep half of it.
 */
export function outsideOf<R>(database: object, work: () => Promise<R>): Promise<R> {
  if (!inside.getStore()?.has(database)) return work()
  throw new Error(
    'A transaction is open in this call, so only it may use the database: pass it on as { tx: tx.host }.',
  )
}

/** Runs what comes after a transaction as if it were never inside one. */
export function afterwards<R>(run: () => R): R {
  return inside.run(new Set(), run)
}
