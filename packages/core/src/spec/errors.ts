/** What kind of trouble a read met. Only `unavailable` and `rate_limited` are worth trying again. */
export type ProviderErrorKind =
  | 'unavailable'
  | 'rate_limited'
  | 'unauthorized'
  | 'misconfigured'
  | 'invalid_request'
  | 'unexpected_answer'

const marker = Symbol.for('lastro.ProviderError')

/**
 * Thrown by a port's reads, and by adapters that were configured wrongly. Never thrown by a call that moves money:
 * that answers an `Outcome`. The message names the provider and the rule; it never carries secrets or bodies.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly [marker] = true
  readonly provider: string
  readonly kind: ProviderErrorKind
  /** HTTP status of the answer, when there was one. */
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    facts: {
      provider: string
      kind: ProviderErrorKind
      message: string
      status?: number
      retryAfterMs?: number
    },
    options?: { readonly cause?: unknown },
  ) {
    super(`${facts.provider}: ${facts.message}`, options)
    this.provider = facts.provider
    this.kind = facts.kind
    this.status = facts.status
    this.retryAfterMs = facts.retryAfterMs
  }
}

/** Narrows to `ProviderError`; works across duplicated installs of this package. */
export function isProviderError(error: unknown): error is ProviderError {
  return typeof error === 'object' && error !== null && marker in error
}
