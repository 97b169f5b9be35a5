import { refuse } from '../input.ts'

/** A token bucket: `burst` deliveries at once, refilled by `perSecond`. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** By `provider/type`, by `provider`, or by `*` for all; the closest counts. Each type of a provider has its own. */
export type RateLimits = Readonly<Record<string, RateLimit>>

/** What one process takes of one type unless told otherwise: far above what providers send to one host. */
export const DEFAULT_RATE_LIMIT: RateLimit = { perSecond: 1_000, burst: 10_000 }

/** The name under which all types share a limit that the adapter does not know. */
export const UNKNOWN_TYPE = '?'

/** Limits of one process. */
export interface RateLimiter {
  /** 0: it may pass. Else the milliseconds until one may. */
  take(arrival: { readonly provider: string; readonly type: string; readonly at: Date }): number
}

interface Bucket {
  readonly limit: RateLimit
  tokens: number
  at: number
}

/**
 * Makes the limits of a process. There are as many buckets as types that adapters list.
 * @throws LastroError `invalid_input` for a limit that lets nothing pass.
 */
export function createRateLimiter(limits: RateLimits = {}): RateLimiter {
  for (const [name, { perSecond, burst }] of Object.entries(limits)) {
    const field = `webhooks.rateLimits.${name}`
    if (!(perSecond > 0 && Number.isFinite(perSecond))) refuse(`${field}.perSecond`, 'must be more than 0')
    if (!(burst >= 1 && Number.isFinite(burst))) refuse(`${field}.burst`, 'must be at least 1')
  }
  const buckets = new Map<string, Bucket>()
  const bucketOf = ({ provider, type }: { provider: string; type: string }, at: number): Bucket => {
    const name = `${provider}/${type}`
    const known = buckets.get(name)
    if (known !== undefined) return known
    const limit = limits[name] ?? limits[provider] ?? limits['*'] ?? DEFAULT_RATE_LIMIT
    const bucket = { limit, tokens: limit.burst, at }
    buckets.set(name, bucket)
    return bucket
  }
  return {
    take: ({ provider, type, at }) => take(bucketOf({ provider, type }, at.getTime()), at.getTime()),
  }
}

function take(bucket: Bucket, now: number): number {
  const { perSecond, burst } = bucket.limit
  // A clock that was set back refills nothing.
  const passedMs = Math.max(0, now - bucket.at)
  bucket.tokens = Math.min(burst, bucket.tokens + (passedMs * perSecond) / 1_000)
  bucket.at = now
  if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000)
  bucket.tokens -= 1
  return 0
}
