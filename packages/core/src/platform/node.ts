/** The one file of the engine that touches Node: hashing, random bytes, async context and timers. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { uuidv7obj } from 'uuidv7'
import type { Clock, Ids } from '../spec/index.ts'

/** SHA-256 of text or bytes, in lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A value that follows the flow of one call through its awaits. */
export interface CallContext<T> {
  run<R>(value: T, work: () => R): R
  get(): T | undefined
}

/** Makes a call context. */
export function createCallContext<T>(): CallContext<T> {
  const local = new AsyncLocalStorage<T>()
  return { run: (value, work) => local.run(value, work), get: () => local.getStore() }
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() }

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Sixteen bytes as 26 characters of Crockford's base 32: letters and digits only, and sorting as the bytes do. */
export function base32(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let index = 0; index < 26; index += 1) {
    text = `${ALPHABET[Number(value & 31n)] ?? ''}${text}` // tidy-allow: number an index below 32
    value >>= 5n
  }
  return text
}

/** Ids with a UUIDv7 body: they sort by time of making, and are unique across processes. */
export const systemIds: Ids = { next: (prefix) => `${prefix}_${base32(uuidv7obj().bytes)}` }

/** Milliseconds of a clock that never jumps: for budgets and durations, not for facts. */
export function monotonicMs(): number {
  return performance.now()
}

/** Lets everything that waits for its turn go first: what was written to sockets leaves, what arrived is read. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Waits, or ends early when the signal aborts. Never throws. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Calls every so often until the returned function is called. Keeps no process alive. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** A number from 0 up to 1, for jitter only: never for keys or ids. */
export function jitter(): number {
  return Math.random()
}
