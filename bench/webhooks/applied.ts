/** The time from arrival to effect: deliveries at a steady rate, and a burst, with a worker in the same process. */
import { setTimeout as sleep } from 'node:timers/promises'
import { postgres } from '@lastro/storage-postgres'
import { createLastro } from '../../packages/core/src/index.ts'
import { oneValue, poolOn } from '../ledger/server.ts'
import { makeDeliveries } from './intake.ts'
import { intakeSource } from './verify.ts'

/** What a load came to. */
export interface AppliedRun {
  readonly deliveries: number
  /** Of a burst 0: all come at once. */
  readonly arrivalsPerSecond: number
  readonly appliedPerSecond: number
  /** From the arrival of the bytes to the transaction that applied them. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const TICK_MS = 10
/** To count what is left costs the server as much as several deliveries do. */
const LOOK_MS = 250
const TAKEN = "select count(*) from lastro.delivery where state <> 'applied'"
const percentile = (share: number) =>
  `select percentile_cont(${share}) within group (order by extract(epoch from applied_at - received_at) * 1000)
   from lastro.delivery`

/** Sends so many at a rate, waits until each is applied, and asks the database when that was. */
export async function measureApplied(
  url: string,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<AppliedRun> {
  const pool = poolOn(url, 16)
  const lastro = createLastro({
    storage: postgres(pool),
    providers: { bench: { id: 'bench', webhooks: intakeSource } },
    webhooks: { rateLimits: { '*': { perSecond: 1e9, burst: 1e9 } } },
  })
  await lastro.worker.start()
  const deliveries = makeDeliveries(count)
  const started = performance.now()
  const answers: Promise<unknown>[] = []
  for (const [number, { headers, body }] of deliveries.entries()) {
    const dueMs = perSecond === 0 ? 0 : (number / perSecond) * 1_000
    while (performance.now() - started < dueMs) await sleep(Math.min(TICK_MS, dueMs))
    answers.push(lastro.webhooks.receive('bench', { url: '/webhooks/bench', headers, body }))
  }
  await Promise.all(answers)
  while ((await oneValue(url, TAKEN)) !== '0') await sleep(LOOK_MS)
  const seconds = (performance.now() - started) / 1_000
  await lastro.worker.stop()
  const [p50Ms, p99Ms] = [await oneValue(url, percentile(0.5)), await oneValue(url, percentile(0.99))]
  await lastro.close()
  await pool.end()
  return {
    deliveries: count,
    arrivalsPerSecond: perSecond,
    appliedPerSecond: count / seconds,
    p50Ms: Number(p50Ms),
    p99Ms: Number(p99Ms),
  }
}
