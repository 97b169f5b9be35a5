// One process of the benchmark: warms up, says `ready`, waits for a line, drives its load, answers in JSON.
import { once } from 'node:events'
import { postgres } from '@lastro/storage-postgres'
import type { Pool } from 'pg'
import { createLedger, tryBook } from '../../packages/core/src/books/ledger/index.ts'
import type { LastroStorage } from '../../packages/core/src/storage.ts'
import { LEDGER_SQL } from '../../packages/storage-postgres/src/stores/ledger.ts'
import { drive, type Load, type PostOne, transferSource } from './load.ts'
import { poolOn } from './server.ts'

/** What a child is told. */
export interface ChildOrder extends Load {
  readonly url: string
  /** `group`: as hosts call it. `single`: each call its own statement and commit, on 16 connections. */
  readonly path: 'group' | 'single'
  readonly warmMs: number
  readonly ms: number
}

/** What it answers. */
export interface ChildAnswer {
  readonly measured: Awaited<ReturnType<typeof drive>>
  /** Transfers posted in all, warm-up included. */
  readonly posted: number
  readonly batches: number
  readonly largestBatch: number
}

/** Where the ids of a batch stand among the parameters of its statement. */
const IDS = 3

const order = JSON.parse(process.argv[2] ?? '{}') as ChildOrder
const pool = poolOn(order.url, order.path === 'group' ? 4 : 16)
const seen = { batches: 0, largest: 0 }
const source = transferSource(order)
const post = postOf(postgres(watched(pool)))
await drive(post, { load: order, source, ms: order.warmMs })
Object.assign(seen, { batches: 0, largest: 0 })
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const measured = await drive(post, { load: order, source, ms: order.ms })
const answer: ChildAnswer = {
  measured,
  posted: source.made(),
  batches: seen.batches,
  largestBatch: seen.largest,
}
process.stdout.write(`${JSON.stringify(answer)}\n`)
await pool.end()
process.exit(0)

function postOf(storage: LastroStorage): PostOne {
  const clock = { now: () => new Date() }
  if (order.path === 'group') {
    const ledger = createLedger({ storage, clock })
    return async (transfer) => (await ledger.post([transfer]))[0] as never
  }
  // The same statement on the same path, only for one transfer: what there would be without group commit.
  return async (transfer) =>
    (await storage.read((tx) => tryBook(tx, { transfers: [transfer], at: clock.now() })))[0] as never
}

/** The pool, with the batches that go through it counted. Nothing is added to what a call costs. */
function watched(pool: Pool): Pool {
  const query = pool.query.bind(pool) as (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>
  const counted: typeof query = (text, values) => {
    const ids = values?.[IDS]
    if (text === LEDGER_SQL.post && typeof ids === 'string') {
      seen.batches += 1
      seen.largest = Math.max(seen.largest, ids.split(',').length)
    }
    return query(text, values)
  }
  return Object.assign(pool, { query: counted })
}
