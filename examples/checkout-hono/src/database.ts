/** One database for the host's rows and the engine's, so that both can be in one commit. */
import { PGlite } from '@electric-sql/pglite'
import type { Clock } from '@lastro/core'
import { pglite, postgres } from '@lastro/storage-postgres'
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { DatabaseConfig } from './config.ts'
import type { Tables } from './orders.ts'

/** Opens it. `sql` is the host's own way in, `storage` the engine's. */
export async function openDatabase(config: DatabaseConfig, clock: Clock) {
  if (!('url' in config)) {
    const embedded = await PGlite.create(config.folder ?? undefined)
    const sql = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: embedded }) })
    return { sql, storage: pglite(embedded, { clock }), close: () => sql.destroy() }
  }
  const pool = new pg.Pool({
    connectionString: config.url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
  })
  // An idle connection that breaks is replaced; an 'error' that nobody hears would end the process.
  pool.on('error', (error) => console.warn('database connection lost:', error.message))
  const sql = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return { sql, storage: postgres(pool, { clock, notify: true }), close: () => sql.destroy() }
}
