/** Databases for tests: migrated once, then copied, so that each test file gets its own in a fraction of a second. */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import type { HostTx, LastroStorage } from '@lastro/core/storage'
import { pglite, postgres, type Sql, schemaFingerprint } from '@lastro/storage-postgres'
import pg from 'pg'
import { type ManualClock, manualClock } from './clock.ts'
import { emptyTables } from './storage-empty.ts'

/** A transaction as a host opens it with its own driver. */
export interface HostTransaction {
  /** For any write of the engine: `{ tx }`. */
  readonly tx: HostTx
  /** The host's own statements in the same transaction. */
  readonly sql: Sql
}

/** An open, migrated, empty database. */
export interface TestDatabase {
  readonly name: 'pglite' | 'postgres'
  readonly storage: LastroStorage
  /** Moves the storage's time too, and with it the job queue's. */
  readonly clock: ManualClock
  /** Statements that each commit by themselves. */
  readonly sql: Sql
  /** One transaction on one connection: rolled back when the work throws. */
  transaction<R>(work: (sql: Sql) => Promise<R>): Promise<R>
  /** The same, with the handle that engine calls take. */
  hostTransaction<R>(work: (host: HostTransaction) => Promise<R>): Promise<R>
  /** Empties every table of ours and the job queue. */
  truncate(): Promise<void>
  /** The driver's own object: a `pg.Pool`, or a `PGlite`. Untyped, so that types of neither are needed. */
  readonly driver: unknown
  /** Where other drivers find the same database; null for PGlite. */
  readonly url: string | null
  /** Closes it and, on a server, deletes it. */
  close(): Promise<void>
}

/** How a test database is opened. */
export interface OpenTestDatabaseOptions {
  /** Default: a clock of its own. */
  readonly clock?: ManualClock
}

interface Target {
  query(text: string, parameters?: unknown[]): Promise<{ rows: unknown[] }>
}

const HOUR_MS = 3_600_000
const TEMPLATE_LOCK = 7_051_204

/**
 * An embedded database in memory, migrated. The first one after a change of the schema takes about three seconds and
 * is saved in the system's temporary folder; later ones are loaded from there.
 */
export async function openPglite(options: OpenTestDatabaseOptions = {}): Promise<TestDatabase> {
  const clock = options.clock ?? manualClock()
  const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB']
  const driver = await PGlite.create({ loadDataDir: await migratedData(), startParams })
  const storage = pglite(driver, { clock })
  await storage.migrate()
  const sql = sqlOf(driver)
  const transaction: TestDatabase['transaction'] = (work) => driver.transaction((tx) => work(sqlOf(tx)))
  const close = async () => {
    await storage.close()
    await driver.close()
  }
  return {
    name: 'pglite',
    url: null,
    storage,
    clock,
    sql,
    transaction,
    driver,
    close,
    ...common(transaction),
  }
}

/**
 * A database of its own on a PostgreSQL server, migrated: copied from a template that is made once per server.
 * `url` must be of a user who may create databases.
 */
export async function openPostgres(
  options: OpenTestDatabaseOptions & { readonly url: string },
): Promise<TestDatabase> {
  const clock = options.clock ?? manualClock()
  const name = `lastro_test_${randomUUID().replaceAll('-', '')}`
  await withClient(options.url, async (client) => {
    const template = await ensureTemplate(client, options.url)
    await client.query(`create database ${name} template ${template}`)
  })
  const url = urlOf(options.url, name)
  const driver = new pg.Pool({ connectionString: url, max: 20 })
  // The server may be gone before the last idle connection is.
  driver.on('error', () => {})
  const storage = postgres(driver, { clock })
  await storage.migrate()
  const sql = sqlOf(driver)
  const transaction: TestDatabase['transaction'] = (work) => poolTransaction(driver, work)
  const close = async () => {
    await storage.close()
    await driver.end()
    await withClient(options.url, (client) => dropDatabase(client, name))
  }
  return { name: 'postgres', url, storage, clock, sql, transaction, driver, close, ...common(transaction) }
}

function sqlOf(target: Target): Sql {
  return {
    query: async (text, parameters = []) => (await target.query(text, [...parameters])).rows as never,
  }
}

function common(
  transaction: TestDatabase['transaction'],
): Pick<TestDatabase, 'hostTransaction' | 'truncate'> {
  return {
    hostTransaction: (work) =>
      transaction((inner) => {
        const query: HostTx['query'] = (text, parameters) => inner.query(text, parameters as never)
        return work({ sql: inner, tx: { kind: 'lastro.host_tx', query } })
      }),
    truncate: () => transaction(emptyTables),
  }
}

async function poolTransaction<R>(pool: pg.Pool, work: (sql: Sql) => Promise<R>): Promise<R> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(sqlOf(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** The saved data folder of a migrated database. */
async function migratedData(): Promise<Blob> {
  const file = join(tmpdir(), `lastro-pglite-small-${schemaFingerprint()}.tar`)
  const saved = await readFile(file).catch(() => undefined)
  if (saved !== undefined) return new Blob([saved])
  // Every database opened unpacks this anew, so it holds no more than it must.
  const fresh = await PGlite.create({ initDbStartParams: ['--wal-segsize=1'] })
  await pglite(fresh).migrate()
  await fresh.exec(`update pg_database set datistemplate = false where datname like 'template_'`)
  for (const name of ['template0', 'template1']) await fresh.exec(`drop database ${name}`)
  const data = await fresh.dumpDataDir('none')
  await fresh.close()
  // Written aside and renamed, because other test files may be doing the same.
  const aside = `${file}.${randomUUID()}`
  await writeFile(aside, new Uint8Array(await data.arrayBuffer()))
  await rename(aside, file)
  await removeOld(file)
  return data
}

/** Data folders of earlier schemas. */
async function removeOld(keep: string): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith('lastro-pglite-'))
  for (const path of names.map((name) => join(tmpdir(), name)).filter((path) => path !== keep)) {
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    )
    if (modified < Date.now() - HOUR_MS) await rm(path, { force: true })
  }
}

/** Makes the template unless it is there. It gets its name last, so a half-made one is never copied. */
async function ensureTemplate(client: pg.Client, url: string): Promise<string> {
  const template = `lastro_template_${schemaFingerprint()}`
  const half = `${template}_half`
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [template])
    if (rows.length > 0) return template
    await client.query(`drop database if exists ${half} with (force)`)
    await client.query(`create database ${half}`)
    const pool = new pg.Pool({ connectionString: urlOf(url, half) })
    const storage = postgres(pool)
    await storage.migrate()
    await storage.close()
    await pool.end()
    await client.query(`alter database ${half} rename to ${template}`)
    return template
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

/**
 * A pool has ended before the server has noticed. Only after a while are connections ended by force: a driver reports
 * that as an error nobody expects.
 */
async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { rows } = await client.query('select 1 from pg_stat_activity where datname = $1', [name])
    if (rows.length === 0) break
    await sleep(20)
  }
  await client.query(`drop database if exists ${name} with (force)`)
}

async function withClient<R>(url: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}
