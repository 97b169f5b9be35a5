/** One measured run on a fresh database, and the proof that it kept the books right. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { postgres } from '@lastro/storage-postgres'
import { createLedger } from '../../packages/core/src/books/ledger/index.ts'
import type { ChildAnswer, ChildOrder } from './child.ts'
import type { Load } from './load.ts'
import { oneValue, poolOn, withDatabase } from './server.ts'

/** What is run. */
export interface Configuration extends Omit<Load, 'run'> {
  readonly path: ChildOrder['path']
  readonly processes: number
}

/** What a run came to. */
export interface RunResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly walBytes: number
  readonly meanBatch: number
  readonly largestBatch: number
  readonly breaches: readonly string[]
}

let runs = 0

/** Runs a configuration once. */
export async function runOnce(
  server: string,
  {
    configuration,
    ms,
    warmMs,
  }: { readonly configuration: Configuration; readonly ms: number; readonly warmMs: number },
): Promise<RunResult> {
  runs += 1
  return withDatabase(server, {
    name: `bench_${runs}`,
    work: (url) => runOn(url, { configuration, ms, warmMs, name: `r${runs}` }),
  })
}

/** Runs a configuration on a database that is there. */
export async function runOn(
  url: string,
  options: {
    readonly configuration: Configuration
    readonly ms: number
    readonly warmMs: number
    readonly name: string
    readonly skipVerify?: boolean
  },
): Promise<RunResult> {
  const { configuration, ms, warmMs, name, skipVerify = false } = options
  const { path, processes, accounts } = configuration
  const walBefore = await oneValue(url, `select pg_current_wal_lsn() - '0/0'`)
  const orders = Array.from(
    { length: processes },
    (_, index): ChildOrder => ({
      ...{ url, path, accounts, ms, warmMs },
      run: `${name}p${index}`,
      concurrency: configuration.concurrency / processes,
    }),
  )
  const answers = await runChildren(orders)
  const wal = BigInt(await oneValue(url, `select pg_current_wal_lsn() - '0/0'`)) - BigInt(walBefore)
  const sum = (pick: (answer: ChildAnswer) => number) =>
    answers.reduce((total, answer) => total + pick(answer), 0)
  const worst = (pick: (answer: ChildAnswer) => number) => Math.max(...answers.map(pick))
  const posted = sum((answer) => answer.posted)
  const counted = sum(({ measured }) => measured.count)
  const batches = sum((answer) => answer.batches)
  return {
    perSecond: sum(({ measured }) => measured.count / measured.seconds),
    p50Ms: worst(({ measured }) => measured.p50Ms),
    p99Ms: worst(({ measured }) => measured.p99Ms),
    walBytes: Math.round(Number(wal) / Math.max(1, posted)),
    meanBatch: batches === 0 ? 1 : counted / batches,
    largestBatch: worst((answer) => answer.largestBatch),
    breaches: await breachesOf(url, {
      expected: orders.map(({ run }, index) => ({ run, posted: answers[index]?.posted ?? 0 })),
      skipVerify,
    }),
  }
}

/** Starts every process, lets all of them go at once when all are warm, and collects what they say. */
export async function runChildren(orders: readonly ChildOrder[]): Promise<readonly ChildAnswer[]> {
  const children = orders.map((order) => {
    const program = fileURLToPath(new URL('./child.ts', import.meta.url))
    const args = ['--conditions=@lastro/source', program, JSON.stringify(order)]
    return lines(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
  })
  await Promise.all(children.map(({ next }) => next()))
  for (const { child } of children) child.stdin?.write('go\n')
  return Promise.all(children.map(async ({ next }) => JSON.parse(await next())))
}

/** The lines that a child prints, one by one; fails when it ends before the line is there. */
function lines(child: ChildProcess): { readonly child: ChildProcess; next(): Promise<string> } {
  let text = ''
  let ended = false
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    child.emit('line')
  })
  child.once('close', () => {
    ended = true
    child.emit('line')
  })
  const next = async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf('\n')
      if (end !== -1) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        return line
      }
      if (ended) throw new Error('A process of the benchmark ended before it answered.')
      await once(child, 'line')
    }
  }
  return { child, next }
}

/** What the database recomputes, and whether each id that was answered is there exactly once. */
export async function breachesOf(
  url: string,
  {
    expected,
    skipVerify,
  }: {
    readonly expected: readonly { readonly run: string; readonly posted: number }[]
    readonly skipVerify: boolean
  },
): Promise<readonly string[]> {
  const pool = poolOn(url, 1)
  try {
    const ledger = createLedger({ storage: postgres(pool), clock: { now: () => new Date() } })
    const found = (skipVerify ? [] : await ledger.verify()).map(
      ({ rule, subject, detail }) => `${rule} ${subject}: ${detail}`,
    )
    for (const { run, posted } of expected) {
      const { rows } = await pool.query(
        `select (select count(*)::int from lastro.ledger_transfer where id >= $1 || '.' and id < $1 || '/') as rows,
          (select count(*)::int from generate_series(0, $2::int - 1) place
            where not exists (select from lastro.ledger_transfer where id = $1 || '.' || lpad(place::text, 9, '0'))) as lost`,
        [run, posted],
      )
      if (rows[0].rows !== posted || rows[0].lost !== 0)
        found.push(`${run}: ${posted} were answered, ${rows[0].rows} are there, ${rows[0].lost} are lost`)
    }
    return found
  } finally {
    await pool.end()
  }
}
