// One process of the benchmark: warms up, says `ready`, waits for a line, drives its load, answers in JSON.
import { once } from 'node:events'
import { postgres } from '@lastro/storage-postgres'
import { createLedger, tryBook } from '../../packages/core/src/books/ledger/index.ts'
import type { LastroStorage } from '../../packages/core/src/storage.ts'
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

const order = JSON.parse(process.argv[2] ?? '{}') as ChildOrder
const pool = poolOn(order.url, order.path === 'group' ? 4 : 16)
const seen = { batches: 0, largest: 0 }
const source = transferSource(order)
const post = postOf(watched(postgres(pool)))
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

/** The storage, with its batches counted. */
function watched(storage: LastroStorage): LastroStorage {
  return {
    ...storage,
    read: (work, options) =>
      storage.read((tx) => {
        const post: typeof tx.ledger.post = (batch) => {
          seen.batches += 1
          seen.largest = Math.max(seen.largest, batch.transfers.length)
          return tx.ledger.post(batch)
        }
        return work({ ...tx, ledger: { ...tx.ledger, post } })
      }, options),
  }
}
