/** The server of the benchmark: one template with accounts, and a fresh copy of it for every run. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { postgres } from '@lastro/storage-postgres'
import pg from 'pg'
import { openAccounts } from '../../packages/core/src/books/ledger/index.ts'
import { ACCOUNTS, ASSET, accountId } from './load.ts'

const TEMPLATE = 'bench_template'

/** The URL of another database on the same server. */
export function urlOf(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** Runs statements on a connection of its own. */
export async function withClient<R>(url: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A pool whose idle connections may be ended by the server: a database is dropped before the last one has closed. */
export function poolOn(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max })
  pool.on('error', () => {})
  return pool
}

/** A migrated database with its accounts, to be copied. */
export async function makeTemplate(url: string): Promise<void> {
  await withClient(url, (client) => client.query(`create database ${TEMPLATE}`))
  const pool = poolOn(urlOf(url, TEMPLATE), 4)
  const storage = postgres(pool)
  await storage.migrate()
  await openBenchAccounts(storage)
  await storage.close()
  await pool.end()
}

/** Opens the accounts: of what we owe, without limits. */
export async function openBenchAccounts(storage: Parameters<typeof accountsIn>[0]): Promise<void> {
  await accountsIn(storage)
}

async function accountsIn(storage: ReturnType<typeof postgres>): Promise<void> {
  for (let from = 0; from < ACCOUNTS; from += 500) {
    const accounts = Array.from({ length: Math.min(500, ACCOUNTS - from) }, (_, index) => ({
      id: accountId(from + index),
      asset: ASSET,
      normalSide: 'credit' as const,
      constraint: 'none' as const,
    }))
    for (const account of chunks(accounts, 100))
      await storage.transaction((tx) => openAccounts(tx, { accounts: account, at: new Date() }))
  }
}

function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}

/** Runs work on a fresh copy of the template and deletes it. */
export async function withDatabase<R>(
  url: string,
  { name, work }: { readonly name: string; readonly work: (url: string) => Promise<R> },
): Promise<R> {
  await withClient(url, (client) => client.query(`create database ${name} template ${TEMPLATE}`))
  try {
    return await work(urlOf(url, name))
  } finally {
    await withClient(url, (client) => client.query(`drop database ${name} with (force)`))
  }
}

/** One value of one row. */
export async function oneValue(url: string, text: string): Promise<string> {
  return withClient(url, async (client) => String(Object.values((await client.query(text)).rows[0] ?? {})[0]))
}

/** How the server was compiled: the one from npm for size, those of most distributions for speed. */
const OPTIMISATION = `select coalesce((regexp_match(setting, '.*(-O[0-9a-z]*)'))[1], '?') from pg_config where name = 'CFLAGS'`

/** The machine, named: figures hold for it only. */
export async function machine(url: string): Promise<Readonly<Record<string, string | number>>> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: await oneValue(url, 'show server_version'),
    compiledWith: await oneValue(url, OPTIMISATION),
    fsync: await oneValue(url, 'show fsync'),
    synchronousCommit: await oneValue(url, 'show synchronous_commit'),
    walSyncMethod: await oneValue(url, 'show wal_sync_method'),
    sharedBuffers: await oneValue(url, 'show shared_buffers'),
    fdatasyncMs: fdatasyncMs(),
  }
}

/** The median time to write 8 kB and flush it: no commit can be faster. */
function fdatasyncMs(): number {
  const path = join(tmpdir(), `lastro-bench-${process.pid}`)
  const file = openSync(path, 'w')
  const page = Buffer.alloc(8192, 1)
  const times = Array.from({ length: 300 }, (_, index) => {
    const started = performance.now()
    writeSync(file, page, 0, page.length, (index % 64) * page.length)
    fdatasyncSync(file)
    return performance.now() - started
  })
  closeSync(file)
  rmSync(path)
  return Number((times.sort((a, b) => a - b)[150] ?? 0).toFixed(3))
}
