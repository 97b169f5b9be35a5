/** How fast deliveries are stored: by the inbox, and one a commit, on one server, each run on a fresh database. */

import { postgres } from '@lastro/storage-postgres'
import type { Pool } from 'pg'
import { createLastro } from '../../packages/core/src/index.ts'
import { systemIds } from '../../packages/core/src/platform/node.ts'
import { applyDelivery } from '../../packages/core/src/platform/webhooks/apply.job.ts'
import type { RawDelivery } from '../../packages/core/src/spec/index.ts'
import { poolOn } from '../ledger/server.ts'
import { type Delivered, standardDelivery } from './deliveries.ts'
import { intakeSource } from './verify.ts'

/** Takes one delivery; answered when it is durable. */
type Take = (delivery: Delivered) => Promise<unknown>

/** One way to take deliveries, on one database. */
export interface Path {
  readonly take: Take
  /** How many commits it made so far, where it counts them. */
  commits(): number
  close(): Promise<void>
}

/** What one run came to. */
export interface IntakeRun {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Deliveries in one commit, on average. */
  readonly batch: number
}

/** Signed deliveries of so many subjects, each once. */
export function makeDeliveries(count: number): readonly Delivered[] {
  return Array.from({ length: count }, (_, number) => standardDelivery({ number, subjects: 5_000 }))
}

/** The inbox, as a host has it. Limits of rates are lifted. */
export function inboxPath(url: string): Path {
  const pool = poolOn(url, 4)
  let commits = 0
  const lastro = createLastro({
    storage: postgres(pool),
    providers: { bench: { id: 'bench', webhooks: intakeSource } },
    webhooks: {
      rateLimits: { '*': { perSecond: 1e9, burst: 1e9 } },
      onPoint: (point) => {
        if (point === 'intake.committed') commits += 1
      },
    },
  })
  return {
    take: async ({ headers, body }) => {
      const { result } = await lastro.webhooks.receive('bench', { url: '/webhooks/bench', headers, body })
      if (result !== 'received') throw new Error(`A delivery was answered ${result}.`)
    },
    commits: () => commits,
    close: async () => {
      await lastro.close()
      await pool.end()
    },
  }
}

async function proven({ headers, body }: Delivered) {
  const raw: RawDelivery = { method: 'POST', url: '/webhooks/bench', headers, body, receivedAt: new Date() }
  const verdict = await intakeSource.verify(raw)
  if (verdict.kind === 'rejected') throw new Error(`A delivery was refused: ${verdict.reason}.`)
  const { deliveryId, topic, subject = null } = verdict
  return { id: systemIds.next('whd'), deliveryId, topic, subject, body, receivedAt: raw.receivedAt }
}

/** The same statements in the same transaction, for one delivery each. */
export function samePath(url: string, connections: number): Path {
  const pool = poolOn(url, connections)
  const storage = postgres(pool)
  const prepared = storage.queue.prepare([applyDelivery])
  const take: Take = async (delivered) => {
    await prepared
    const facts = await proven(delivered)
    await storage.transaction(async (tx) => {
      const stored = await tx.deliveries.insert([
        { ...facts, provider: 'bench', sequence: null, verdict: 'authentic', isKnownType: true },
      ])
      const jobs = stored.map((id) => ({ id, provider: 'bench', subject: facts.subject }))
      await tx.jobs.enqueueMany(applyDelivery, jobs)
    })
  }
  return counted(take, pool)
}

/** Delivery and job in one prepared statement, which commits by itself: the least that one a commit can cost. */
const LEAN = `
with added as (
  insert into lastro.delivery
    (id, provider, delivery_id, topic, subject, verdict, is_known_type, state, body, body_bytes, attempts,
     received_at, touched_at)
  values ($1, 'bench', $2, $3, $4, 'authentic', true, 'received', $5, $6, 0, $7, $7)
  on conflict (provider, delivery_id) do nothing
  returning id, subject
)
insert into lastro_jobs.job_common
  (id, name, data, created_on, start_after, singleton_key, policy, expire_seconds, heartbeat_seconds, retry_limit,
   deletion_seconds, keep_until)
select $8, 'webhooks.apply', $9, $7, $7, 'bench/' || subject, 'singleton', 90, 20, 7, 0, 'infinity' from added
returning id`

/** The leanest way to store one a commit. */
export function leanPath(url: string, connections: number): Path {
  const pool = poolOn(url, connections)
  const take: Take = async (delivered) => {
    const { id, deliveryId, topic, subject, body, receivedAt } = await proven(delivered)
    const input = JSON.stringify({ id, provider: 'bench', subject })
    const facts = [
      id,
      deliveryId,
      topic,
      subject,
      body,
      body.byteLength,
      receivedAt,
      crypto.randomUUID(),
      input,
    ]
    const { rowCount } = await pool.query({ name: 'lean', text: LEAN, values: facts })
    if (rowCount !== 1) throw new Error('A delivery was not stored.')
  }
  return counted(take, pool)
}

/** Not an inbox at all: the bytes and their id, in a table with one index. */
export function barePath(url: string, connections: number): Path {
  const pool = poolOn(url, connections)
  const text = 'insert into bench_bare (id, body, at) values ($1, $2, $3) on conflict do nothing'
  const take: Take = async ({ headers, body }) => {
    await pool.query({ name: 'bare', text, values: [headers['webhook-id'], body, new Date()] })
  }
  return counted(take, pool)
}

/** What a database needs for `barePath`. */
export const BARE_TABLE =
  'create table bench_bare (id text primary key, body bytea not null, at timestamptz not null)'

function counted(take: Take, pool: Pool): Path {
  let commits = 0
  return {
    take: async (delivery) => {
      await take(delivery)
      commits += 1
    },
    commits: () => commits,
    close: () => pool.end(),
  }
}

/** Drives a path: so many callers, each sending its next as soon as the last was answered. */
export async function drive(
  path: Path,
  load: { readonly next: () => Delivered | undefined; readonly callers: number; readonly ms: number },
): Promise<IntakeRun> {
  const { next, callers, ms } = load
  const started = performance.now()
  const end = started + ms
  const before = path.commits()
  const times: number[] = []
  const caller = async () => {
    for (let now = performance.now(); now < end; ) {
      const delivery = next()
      if (delivery === undefined) return
      await path.take(delivery)
      const done = performance.now()
      times.push(done - now)
      now = done
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const seconds = (performance.now() - started) / 1_000
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    perSecond: times.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    batch: times.length / Math.max(1, path.commits() - before),
  }
}
