import type { HostTx } from '@lastro/core/storage'
import { hostTx, notInTransaction } from './host.ts'

/** The part of a Drizzle transaction that we use. */
export interface DrizzleTransaction<Q> {
  execute(query: Q): PromiseLike<unknown>
  transaction<R>(work: (tx: DrizzleTransaction<Q>) => Promise<R>): Promise<R>
  rollback(): never
}

/** The part of Drizzle's `sql` tag that we use. */
export interface DrizzleSql<Q> {
  (strings: TemplateStringsArray, ...parameters: never[]): Q
  param(value: unknown): unknown
}

/**
 * The `tx` of Drizzle's `db.transaction(async (tx) => …)`, with the `sql` of `drizzle-orm`, on any of its PostgreSQL
 * drivers.
 * @throws LastroError `invalid_input` for the database itself.
 */
export function fromDrizzle<Q>(tx: DrizzleTransaction<Q>, sql: DrizzleSql<Q>): HostTx {
  if (typeof tx.rollback !== 'function') throw notInTransaction()
  return hostTx({
    key: tx,
    query: async (text, parameters) => {
      const result = await tx.execute(toQuery(sql, { text, parameters })).then((it) => it, rethrowCause)
      return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as never
    },
    // A transaction inside a transaction is a savepoint, on every driver in that driver's own way.
    savepoint: (work) => tx.transaction((inner) => work(fromDrizzle(inner, sql))),
  })
}

/** Drizzle numbers parameters by itself, so each `$n` becomes its value again. Our statements quote no `$n`. */
function toQuery<Q>(
  sql: DrizzleSql<Q>,
  { text, parameters }: { readonly text: string; readonly parameters: readonly unknown[] },
): Q {
  const pieces = text.split(/\$(\d+)/)
  const strings = pieces.filter((_, index) => index % 2 === 0)
  const numbers = pieces.filter((_, index) => index % 2 === 1)
  const values = numbers.map((number) => sql.param(parameters[Number.parseInt(number, 10) - 1]))
  return sql(Object.assign(strings, { raw: strings }), ...(values as never[]))
}

/** Drizzle wraps the driver's error in one whose message holds the statement and its values: secrets must not travel so. */
function rethrowCause(error: unknown): never {
  throw error instanceof Error && error.cause !== undefined ? error.cause : error
}
