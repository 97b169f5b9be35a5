import type { Clock } from '@lastro/core/spec'
import type { LastroStorage } from '@lastro/core/storage'
import { type PgliteDatabase, pgliteExecutor } from './executors/pglite.ts'
import { lockDatabase } from './lock-file.ts'
import { checkSettings } from './options.ts'
import { listenOnPglite } from './queue/listen-pglite.ts'
import { renameSchema } from './schema-name.ts'
import { createStorage } from './storage.ts'

/** How an embedded database is used. */
export interface PgliteOptions {
  /** The schema of our tables. Default `lastro`. */
  readonly schema?: string
  /** The schema of the job queue's tables. Default `<schema>_jobs`. */
  readonly jobsSchema?: string
  /** The engine's clock. Default: the machine's. */
  readonly clock?: Clock
  /**
   * The file that keeps a second process out, beside the data folder and never inside. Default: the path of the data
   * folder with `.lock` at its end; none for a database in memory.
   */
  readonly lockFile?: string
}

/**
 * A storage on PGlite, which stays yours: `close()` leaves it open.
 *
 * For development, demos and tests: PGlite does not flush to disk, so a power cut may lose what was committed. It is
 * one connection: transactions wait for each other, and inside `db.transaction` only its `tx` may be used.
 * @throws LastroError `invalid_input` for a schema name that is not plain; `storage_in_use` when another process has
 * the data folder open, because two openers diverge without a word.
 *
 * @example
 * const storage = pglite(await PGlite.create('./data'))
 * await storage.migrate()
 */
export function pglite(database: PgliteDatabase, options: PgliteOptions = {}): LastroStorage {
  const { schema, jobsSchema, clock } = checkSettings(options)
  const rename = renameSchema(schema)
  const release = lockDatabase(database, options.lockFile)
  return createStorage({
    executor: pgliteExecutor(database, rename),
    schema,
    jobsSchema,
    rename,
    clock,
    channel: jobsSchema,
    listen: listenOnPglite(database, jobsSchema),
    release,
  })
}
