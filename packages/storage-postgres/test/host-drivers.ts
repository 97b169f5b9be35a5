/** One transaction of a host, opened with each driver and query builder that we say we fit. */
import type { PGlite } from '@electric-sql/pglite'
import type { HostTx } from '@lastro/core/storage'
import type { TestDatabase } from '@lastro/testing/storage'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { CamelCasePlugin, Kysely, sql as kyselySql, PGliteDialect, PostgresDialect } from 'kysely'
import type pg from 'pg'
import postgresJs from 'postgres'
import { fromDrizzle, fromKysely, fromPg, fromPglite, fromPostgres } from '../src/index.ts'

/** An open transaction: our handle on it, and the host's own way of running a statement in it. */
export interface OpenHost {
  readonly tx: HostTx
  run(statement: string): Promise<unknown>
}

export interface HostDriver {
  /** Commits when the work returns, rolls back when it throws: as this driver's users do it. */
  transaction<R>(work: (host: OpenHost) => Promise<R>): Promise<R>
  /** A handle made of what is no transaction, as a careless user would. */
  outside(): HostTx
  close(): Promise<void>
}

type OpenDriver = (db: TestDatabase) => HostDriver

const pool = (db: TestDatabase) => db.driver as pg.Pool
const embedded = (db: TestDatabase) => db.driver as PGlite
const nothing = async () => {}

function pgDriver(db: TestDatabase): HostDriver {
  return {
    transaction: async (work) => {
      const client = await pool(db).connect()
      try {
        await client.query('begin')
        const result = await work({ tx: fromPg(client), run: (statement) => client.query(statement) })
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    outside: () => fromPg(pool(db)),
    close: nothing,
  }
}

function postgresDriver(db: TestDatabase): HostDriver {
  const root = postgresJs(String(db.url), { max: 4, onnotice: () => {} })
  return {
    transaction: (work) =>
      root.begin((sql) => work({ tx: fromPostgres(sql), run: async (text) => sql.unsafe(text) })) as never,
    outside: () => fromPostgres(root as never),
    close: () => root.end(),
  }
}

function drizzleDriver(database: ReturnType<typeof drizzlePg>, close: () => Promise<void>): HostDriver {
  return {
    transaction: (work) =>
      database.transaction((tx) =>
        work({ tx: fromDrizzle(tx, drizzleSql), run: async (text) => tx.execute(drizzleSql.raw(text)) }),
      ),
    outside: () => fromDrizzle(database as never, drizzleSql),
    close,
  }
}

function drizzlePostgresDriver(db: TestDatabase): HostDriver {
  const root = postgresJs(String(db.url), { max: 4, onnotice: () => {} })
  return drizzleDriver(drizzlePostgres(root) as never, () => root.end())
}

function kyselyDriver(database: Kysely<unknown>): HostDriver {
  return {
    transaction: (work) =>
      database
        .transaction()
        .execute((trx) => work({ tx: fromKysely(trx), run: (text) => kyselySql.raw(text).execute(trx) })),
    outside: () => fromKysely(database),
    close: nothing,
  }
}

function pgliteDriver(db: TestDatabase): HostDriver {
  return {
    transaction: (work) =>
      embedded(db).transaction((tx) => work({ tx: fromPglite(tx), run: (text) => tx.query(text) })),
    outside: () => fromPglite(embedded(db) as never),
    close: nothing,
  }
}

const plugins = [new CamelCasePlugin()]

/** Every driver by name, for the database it runs on. */
export const HOST_DRIVERS: Readonly<Record<TestDatabase['name'], Readonly<Record<string, OpenDriver>>>> = {
  postgres: {
    pg: pgDriver,
    'postgres.js': postgresDriver,
    'Drizzle on pg': (db) => drizzleDriver(drizzlePg(pool(db)), nothing),
    'Drizzle on postgres.js': drizzlePostgresDriver,
    'Kysely on pg': (db) =>
      kyselyDriver(new Kysely({ dialect: new PostgresDialect({ pool: pool(db) }), plugins })),
  },
  pglite: {
    PGlite: pgliteDriver,
    'Drizzle on PGlite': (db) => drizzleDriver(drizzlePglite(embedded(db)) as never, nothing),
    'Kysely on PGlite': (db) =>
      kyselyDriver(new Kysely({ dialect: new PGliteDialect({ pglite: embedded(db) }), plugins })),
  },
}
