/** One database for the host's rows and the engine's, so that both can be in one commit. */
import { PGlite } from '@electric-sql/pglite'
import type { Clock } from '@lastro/core'
import { pglite, postgres } from '@lastro/storage-postgres'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import pg from 'pg'
import type { DatabaseConfig } from './config.ts'

/** The host's own way in, on either database. */
export type Database = PgDatabase<PgQueryResultHKT>

/** Opens it. `db` is the host's way in, `storage` the engine's. */
export async function openDatabase(config: DatabaseConfig, clock: Clock) {
  if (!('url' in config)) {
    const embedded = await PGlite.create(config.folder ?? undefined)
    const db: Database = drizzlePglite(embedded)
    return { db, storage: pglite(embedded, { clock }), close: () => embedded.close() }
  }
  const pool = new pg.Pool({
    connectionString: config.url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
  })
  // An idle connection that breaks is replaced; an 'error' that nobody hears would end the process.
  pool.on('error', (error) => console.warn('database connection lost:', error.message))
  const db: Database = drizzlePostgres(pool)
  return { db, storage: postgres(pool, { clock, notify: true }), close: () => pool.end() }
}
