import type { Clock, Secret } from '@lastro/core/spec'
import { until } from './abort.ts'

/** An access token as the provider just gave it. */
export interface FreshToken {
  readonly token: Secret
  readonly expiresInMs: number
}

/** A token shared by all calls of one adapter. */
export interface TokenCache {
  /**
   * A token that is valid for a while. All callers share one token call; a caller that gives up does not stop it.
   * @throws what the token call throws, to everybody who waited; the next `get` asks again.
   */
  get(signal?: AbortSignal): Promise<Secret>
  /** Forgets this token, because the provider refused it. A newer one is kept. */
  drop(token: Secret): void
}

const RENEW_EARLY_MS = 30_000

/**
 * Keeps an access token (OAuth 2.0 client credentials) until shortly before it expires, and never has two token calls
 * under way. A lifetime counts from before the call, and a short-lived token is used for at least half of it.
 */
export function createTokenCache(options: {
  readonly clock: Clock
  readonly fetchToken: () => Promise<FreshToken>
  /** How long before its end a token is replaced. Default 30 seconds. */
  readonly renewEarlyMs?: number
}): TokenCache {
  const early = options.renewEarlyMs ?? RENEW_EARLY_MS
  let held: { readonly token: Secret; readonly goodUntilMs: number } | null = null
  let flight: Promise<Secret> | null = null

  const renew = async (): Promise<Secret> => {
    const startedMs = options.clock.now().getTime()
    const fresh = await options.fetchToken()
    const margin = Math.min(early, fresh.expiresInMs / 2)
    held = { token: fresh.token, goodUntilMs: startedMs + fresh.expiresInMs - margin }
    return fresh.token
  }

  return {
    async get(signal) {
      if (held !== null && options.clock.now().getTime() < held.goodUntilMs) return held.token
      if (flight === null) {
        flight = renew().finally(() => {
          flight = null
        })
        // Everybody who waits may have given up by the time it fails.
        flight.catch(() => undefined)
      }
      return signal === undefined ? flight : until(flight, signal)
    },
    drop(token) {
      if (held?.token === token) held = null
    },
  }
}
