import { sha256Hex } from '../node.ts'

/** A number from 0 up to 1 that one text always gives: spread without chance, so that a test can be repeated. */
export function spreadOf(seed: string): number {
  return Number.parseInt(sha256Hex(seed).slice(0, 8), 16) / 2 ** 32
}

const later = (at: Date, ms: number): Date => new Date(at.getTime() + Math.round(ms))

const MAX_RETRY_AFTER_MS = 86_400_000

/** What an answer asks for in `retry-after`, in milliseconds, a day at most; 0 when it asks for none. */
export function askedWaitMs(header: string | undefined, at: Date): number {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Math.min(Number.parseInt(text, 10) * 1_000, MAX_RETRY_AFTER_MS)
  const time = text === '' ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? 0 : Math.min(Math.max(time - at.getTime(), 0), MAX_RETRY_AFTER_MS)
}

/**
 * When the next try is due after so many tries, or null when there is none left. Up to a fifth later than the schedule
 * says, so that what failed together does not come back together; later still where the receiver asked for it.
 */
export function nextTry(failed: {
  readonly scheduleMs: readonly number[]
  readonly tries: number
  readonly seed: string
  readonly at: Date
  readonly askedMs: number
}): Date | null {
  const wait = failed.scheduleMs[failed.tries]
  if (wait === undefined) return null
  return later(failed.at, Math.max(wait * (1 + 0.2 * spreadOf(failed.seed)), failed.askedMs))
}

/** Statuses by which a receiver says that it has too much to do. Standard Webhooks, section "Sending". */
const SLOW_DOWN: ReadonlySet<number> = new Set([429, 502, 504])
const SLOW_DOWN_MS = 60_000
/** From the fifth failure in a row on, an endpoint rests: half a minute, doubling to ten. */
const FAILURES_TO_REST = 5
const REST_MS = 30_000
const MAX_REST_MS = 600_000

/**
 * Until when nothing more is sent to an endpoint after a failure, or null. One that keeps failing is tried by one
 * delivery at a time, so that it holds no worker that others need.
 */
export function restUntil(failure: {
  readonly status: number | null
  readonly askedMs: number
  readonly failures: number
  readonly at: Date
}): Date | null {
  const { status, askedMs, failures, at } = failure
  const slowMs = status !== null && SLOW_DOWN.has(status) ? SLOW_DOWN_MS : 0
  const failingMs =
    failures < FAILURES_TO_REST
      ? 0
      : Math.min(MAX_REST_MS, REST_MS * 2 ** Math.min(failures - FAILURES_TO_REST, 20))
  const ms = Math.max(slowMs, failingMs, askedMs)
  return ms === 0 ? null : later(at, ms)
}

const WAKE_SPREAD_MS = 5_000

/** When a delivery comes back that found its endpoint resting. */
export function afterRest(restingUntil: Date, seed: string): Date {
  return later(restingUntil, WAKE_SPREAD_MS * spreadOf(seed))
}
