import type { Clock } from '@lastro/core/spec'
import type { LastroStorage } from '@lastro/core/storage'
import { DEFAULT_TIMEOUTS, type Timeouts } from './executors/executor.ts'
import { DEFAULT_RETRY, type PgPool, pgExecutor, type RetryRule } from './executors/pg.ts'
import { checkSettings } from './options.ts'
import { listenOnPool } from './queue/listen-pg.ts'
import { renameSchema } from './schema-name.ts'
import { createStorage } from './storage.ts'

/** How a PostgreSQL server is used. */
export interface PostgresOptions {
  /** The schema of our tables. Default `lastro`. */
  readonly schema?: string
  /** The schema of the job queue's tables. Default `<schema>_jobs`. */
  readonly jobsSchema?: string
  /** The engine's clock. Default: the machine's. */
  readonly clock?: Clock
  /** Limits of our own transactions, in milliseconds. Default: 5 s for a lock, 15 s a statement, 30 s idle. */
  readonly timeouts?: Partial<Timeouts>
  /** How often a transaction of our own that lost a race is run in all, and the first wait. Default 4 and 20 ms. */
  readonly retry?: Partial<RetryRule>
  /**
   * True: enqueueing notifies and workers listen, so a job runs at once in another process too. Set it in every process
   * or in none. A worker then keeps one connection of the pool, which must be a session of its own: not behind a
   * pooler in transaction mode. Default false: jobs of other processes are found by polling.
   */
  readonly notify?: boolean
}

/**
 * A storage on a `pg` pool, which stays yours: `close()` leaves it open.
 *
 * Any number of processes may share the database. Give the pool an `error` listener, `connectionTimeoutMillis` and
 * `query_timeout`: `pg` has no limits of its own.
 * @throws LastroError `invalid_input` for a schema name that is not plain.
 *
 * @example
 * const storage = postgres(new pg.Pool({ connectionString }))
 * await storage.migrate()
 */
export function postgres(pool: PgPool, options: PostgresOptions = {}): LastroStorage {
  const { schema, jobsSchema, clock } = checkSettings(options)
  const rename = renameSchema(schema)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const executor = pgExecutor(pool, { rename, timeouts, retry: { ...DEFAULT_RETRY, ...options.retry } })
  const channel = options.notify ? jobsSchema : null
  const listen = channel === null ? null : listenOnPool(pool, channel)
  return createStorage({ executor, schema, jobsSchema, rename, clock, channel, listen, release: () => {} })
}
