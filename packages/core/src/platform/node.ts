/** The one file of the engine that touches Node: hashing, encryption, random bytes, async context and timers. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes as nodeRandomBytes,
} from 'node:crypto'
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
  let text = ''
  let rest = 0
  // The first character stands for 3 bits: 26 of 5 bits are two more than 128.
  let bits = 2
  for (const byte of bytes) {
    rest = ((rest << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(rest >> bits) & 31]
    }
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

/** Random bytes fit for keys. */
export function randomBytes(size: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(size))
}

/** Standard base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** The bytes of standard base64 in its one canonical spelling, or null. */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : null
}

/** HMAC-SHA256 of text, in standard base64. */
export function hmacSha256Base64(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64')
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM. `context` is not hidden but bound: what was made for one place opens in no other. */
export function encrypt(
  key: Uint8Array,
  { text, context }: { readonly text: string; readonly context: string },
): Uint8Array {
  const nonce = nodeRandomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  const hidden = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), hidden]))
}

/** What `encrypt` hid. @throws Error for another key, another context or changed bytes. */
export function decrypt(
  key: Uint8Array,
  { sealed, context }: { readonly sealed: Uint8Array; readonly context: string },
): string {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  // The length of the tag is said, or Node takes a shorter one.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(tag)
  const shown = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  return shown.toString('utf8')
}
