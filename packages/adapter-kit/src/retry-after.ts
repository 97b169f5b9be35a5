import type { Clock } from '@lastro/core/spec'

const MAX_MS = 86_400_000

/**
 * The delay a provider asks for in `retry-after`, in milliseconds, a day at most; undefined when it asks for none or
 * cannot be understood. Both forms are read: seconds, and a date.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, clock: Clock): number | undefined {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Math.min(Number.parseInt(value, 10) * 1_000, MAX_MS)
  const at = Date.parse(value)
  if (Number.isNaN(at)) return undefined
  return Math.min(Math.max(at - clock.now().getTime(), 0), MAX_MS)
}
