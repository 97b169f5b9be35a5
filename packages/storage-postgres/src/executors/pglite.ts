import type { Connection, Executor } from './executor.ts'
import { insideOf, outsideOf } from './executor.ts'

/** The part of PGlite's transaction that we use. */
export interface PgliteTransaction {
  query<T>(text: string, parameters?: unknown[]): Promise<{ rows: T[] }>
  exec(text: string): Promise<unknown>
}

/** The part of PGlite that we use. */
export interface PgliteDatabase extends PgliteTransaction {
  transaction<T>(work: (tx: PgliteTransaction) => Promise<T>): Promise<T>
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>
  readonly dataDir?: string | undefined
}

/** Statements on a PGlite database or inside one of its transactions. */
export function pgliteConnection(target: PgliteTransaction, rename: (text: string) => string): Connection {
  return {
    query: async (text, parameters = []) => (await target.query(rename(text), [...parameters])).rows as never,
    script: async (text) => {
      await target.exec(rename(text))
    },
  }
}

/** One PGlite instance is one connection: its transactions wait for each other, and timeouts have nothing to do. */
export function pgliteExecutor(database: PgliteDatabase, rename: (text: string) => string): Executor {
  return {
    transaction: (work) =>
      outsideOf(database, () =>
        insideOf(database, () => database.transaction((tx) => work(pgliteConnection(tx, rename)))),
      ),
    autocommit: pgliteConnection(database, rename),
    inside: (work) => insideOf(database, work),
    outside: (work) => outsideOf(database, work),
  }
}
