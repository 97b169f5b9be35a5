import { type Clock, isProviderError, ProviderError, type ProviderErrorKind } from '@lastro/core/spec'
import pRetry from 'p-retry'
import { isCertificateRefused } from './causes.ts'
import type { HttpResult } from './http.ts'
import { retryAfterMs } from './retry-after.ts'

function kindOf(result: HttpResult): ProviderErrorKind {
  if (result.kind === 'failed') {
    const isOurs = isCertificateRefused(result.cause) || result.cause.code === 'REQUEST_NOT_BUILT'
    return isOurs ? 'misconfigured' : 'unavailable'
  }
  const { status } = result
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 429) return 'rate_limited'
  if (status === 408 || status === 425 || status >= 500) return 'unavailable'
  return status >= 400 ? 'invalid_request' : 'unexpected_answer'
}

/** The error for a read that did not get the answer it needs: its kind by transport and status, never by guessing. */
export function readError(facts: {
  readonly provider: string
  /** What was being asked: `the balance`. */
  readonly subject: string
  readonly result: HttpResult
  readonly clock: Clock
  /** The provider's own name for the trouble, once checked to be a plain word. */
  readonly said?: string
}): ProviderError {
  const { result } = facts
  const what = result.kind === 'failed' ? result.cause.code : `status ${result.status}`
  const said = facts.said === undefined ? '' : ` (${facts.said})`
  const delay = result.kind === 'answered' ? retryAfterMs(result.headers, facts.clock) : undefined
  return new ProviderError(
    {
      provider: facts.provider,
      kind: kindOf(result),
      message: `asking for ${facts.subject} met ${what}${said}.`,
      ...(result.kind === 'answered' ? { status: result.status } : {}),
      ...(delay === undefined ? {} : { retryAfterMs: delay }),
    },
    result.kind === 'failed' ? { cause: result.cause } : undefined,
  )
}

/** How often and how patiently a read is tried again. */
export interface RetryReadOptions {
  /** After the first attempt: 2 means three calls at most. */
  readonly retries: number
  /** Wait before the first retry; doubled for each further one. */
  readonly baseMs: number
  /** From 0 up to 1. Stretches the waits of one call by up to half, so that callers who failed together part. */
  readonly random: () => number
  readonly signal?: AbortSignal
}

/**
 * Tries a read again while it throws `unavailable` or `rate_limited`. Only for reads: a call that moves money is never
 * wrapped in this. A provider that asks for a longer wait than ours is obeyed by giving up, with its delay on the error.
 * @throws ProviderError the last one.
 */
export function retryRead<T>(options: RetryReadOptions, read: () => Promise<T>): Promise<T> {
  return pRetry(read, {
    retries: options.retries,
    factor: 2,
    minTimeout: Math.round(options.baseMs * (1 + options.random() / 2)),
    randomize: false,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    shouldRetry: ({ error, retryDelay }) => {
      if (!isProviderError(error)) return false
      if (error.kind !== 'unavailable' && error.kind !== 'rate_limited') return false
      return (error.retryAfterMs ?? 0) <= retryDelay
    },
  })
}
