import type { HostTx } from '@lastro/core/storage'
import { hostTx, notInTransaction } from './host.ts'

/** The part of a postgres.js transaction that we use. */
export interface PostgresJsTransaction {
  unsafe(text: string, parameters?: never[]): PromiseLike<readonly object[]>
  savepoint<R>(work: (sql: PostgresJsTransaction) => R | Promise<R>): Promise<unknown>
}

/**
 * The `sql` of postgres.js' `sql.begin(async (sql) => …)`.
 *
 * A failed statement dooms a postgres.js transaction even when its error is caught, unless it failed inside
 * `sql.savepoint`: that is what we use, so the host may go on after a call that threw.
 * @throws LastroError `invalid_input` for the `sql` outside `begin`.
 */
export function fromPostgres(sql: PostgresJsTransaction): HostTx {
  if (typeof sql.savepoint !== 'function') throw notInTransaction()
  return hostTx({
    key: sql,
    query: async (text, parameters) => (await sql.unsafe(text, parameters as never[])) as never,
    savepoint: async (work) => (await sql.savepoint((inner) => work(fromPostgres(inner)))) as never,
  })
}
