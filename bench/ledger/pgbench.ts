/** The yardstick everybody has: pgbench's simple update, which commits one update and one insert. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import pg from 'pg'
import { installedFolders } from './installed.ts'

const SCALE = 10

/** A way to run the script, and its name for the report. */
export interface Yardstick {
  readonly name: string
  prepare(): Promise<void>
  /** Transactions a second. */
  run(clients: number, seconds: number): Promise<number>
}

/** The real pgbench where there is one, else the same statements by `pg`. */
export function yardstick(url: string): Yardstick {
  const binary = findBinary()
  return binary === null ? byDriver(url) : byBinary(binary, url)
}

function findBinary(): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), ...installedFolders()]
  return folders.map((folder) => `${folder}/pgbench`).find((path) => existsSync(path)) ?? null
}

function byBinary(binary: string, url: string): Yardstick {
  const run = promisify(execFile)
  return {
    name: `pgbench -N -M prepared, scale ${SCALE} (binary)`,
    prepare: async () => {
      await run(binary, ['-i', '-q', '-s', String(SCALE), url])
    },
    run: async (clients, seconds) => {
      const threads = String(Math.min(2, clients))
      const args = [
        '-N',
        '-n',
        '-M',
        'prepared',
        '-c',
        String(clients),
        '-j',
        threads,
        '-T',
        String(seconds),
        url,
      ]
      const { stdout } = await run(binary, args)
      const [, tps] = /tps = ([\d.]+)/.exec(stdout) ?? []
      if (tps === undefined) throw new Error(`pgbench said nothing of tps:\n${stdout}`)
      return Number(tps)
    },
  }
}

function byDriver(url: string): Yardstick {
  return {
    name: `simple update of pgbench by the pg driver, scale ${SCALE}: no pgbench was found`,
    prepare: async () => {
      const pool = new pg.Pool({ connectionString: url, max: 1 })
      await pool.query(`create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84));
        create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
        insert into pgbench_accounts select aid, 1, 0, '' from generate_series(1, ${SCALE * 100_000}) aid`)
      await pool.end()
    },
    run: async (clients, seconds) => {
      const end = performance.now() + seconds * 1000
      const each = Array.from({ length: clients }, () => simpleUpdates(url, end))
      return (await Promise.all(each)).reduce((sum, count) => sum + count, 0) / seconds
    },
  }
}

async function simpleUpdates(url: string, end: number): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const random = (below: number) => 1 + Math.floor(Math.random() * below)
  let count = 0
  while (performance.now() < end) {
    const aid = random(SCALE * 100_000)
    const delta = random(10_001) - 5_001
    await client.query('begin')
    const text = 'update pgbench_accounts set abalance = abalance + $1 where aid = $2'
    await client.query({ name: 'update', text, values: [delta, aid] })
    const select = 'select abalance from pgbench_accounts where aid = $1'
    await client.query({ name: 'select', text: select, values: [aid] })
    const insert =
      'insert into pgbench_history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)'
    await client.query({ name: 'insert', text: insert, values: [1, 1, aid, delta] })
    await client.query('commit')
    count += 1
  }
  await client.end()
  return count
}
