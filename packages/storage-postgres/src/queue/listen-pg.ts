import { setTimeout as sleep } from 'node:timers/promises'
import { afterwards } from '../executors/executor.ts'
import type { PgPool } from '../executors/pg.ts'
import type { Listen } from './wakes.ts'

const RECONNECT_MS = 1_000

/** Listens on one connection of the pool, which it keeps, and on another when that one breaks. */
export function listenOnPool(pool: PgPool, channel: string): Listen {
  return (wake) => {
    const over = new AbortController()
    afterwards(() => keepListening(pool, { channel, wake, over: over.signal }))
    return () => over.abort()
  }
}

interface Subscription {
  readonly channel: string
  readonly wake: () => void
  readonly over: AbortSignal
}

/** Never rejects: without a connection that listens, polling still finds every job. */
async function keepListening(pool: PgPool, subscription: Subscription): Promise<void> {
  const { over } = subscription
  while (!over.aborted) {
    await listenOnce(pool, subscription).catch(() => {})
    await sleep(RECONNECT_MS, undefined, { signal: over, ref: false }).catch(() => {})
  }
}

/** Listens until the connection is lost or nobody wants to hear. */
async function listenOnce(pool: PgPool, { channel, wake, over }: Subscription): Promise<void> {
  const client = await pool.connect()
  const ended = Promise.withResolvers<void>()
  const end = () => ended.resolve()
  client.on('notification', wake)
  client.on('error', end)
  client.on('end', end)
  over.addEventListener('abort', end)
  try {
    await client.query(`listen "${channel}"`)
    // What was told while nobody listened is lost: look once.
    if (!over.aborted) wake()
    else end()
    await ended.promise
  } finally {
    over.removeEventListener('abort', end)
    client.removeListener('notification', wake)
    // Closed, not given back: it still listens. It may emit errors until it is gone.
    client.release(true)
  }
}
