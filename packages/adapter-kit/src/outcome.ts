import { type Clock, type Outcome, unknown } from '@lastro/core/spec'
import type { Answered, HttpResult } from './http.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * Why a call certainly had no effect. The list is closed, and this file is the only place that builds `not_sent`: a
 * `not_sent` that is not true moves money twice.
 */
const NOT_SENT = {
  /** `createHttp` proved it: stage `before_send`. */
  unreachable: 'No part of the request was written.',
  /** A token was needed first and could not be had. */
  prerequisite: 'A call that has to come first failed, so this one never began.',
  /** 401 (RFC 9110, 15.5.2: "the request has not been applied"), or a body that states a missing permission. */
  unauthorized: 'The provider refused to process the request with these credentials.',
  /** Only for a provider whose page says that a limited request is not processed. */
  limited: 'The provider limits requests and does not process the ones above the limit.',
} as const

/** A member of the closed list of causes that mean `not_sent`. */
export type NotSentBecause = keyof typeof NOT_SENT

/**
 * The call certainly had no effect, so the engine may send it again with the same key. The cause is an error with
 * `because` on it; give details that carry no body and no secret.
 */
export function notSent(
  because: NotSentBecause,
  facts: { readonly cause: unknown; readonly retryAfterMs?: number },
): Outcome<never> {
  const cause = Object.assign(new Error(NOT_SENT[because], { cause: facts.cause }), { because })
  return facts.retryAfterMs === undefined
    ? { kind: 'not_sent', cause }
    : { kind: 'not_sent', cause, retryAfterMs: facts.retryAfterMs }
}

/** What one provider documents about calls it did not serve. */
export interface MoneyCallPolicy {
  /** `not_processed` only where the provider's page says that a limited (429) request is not processed. */
  readonly limited: 'not_processed' | 'unknown'
  readonly clock: Clock
}

/** Statuses below 500 that say nothing about whether the request was processed. */
const DOUBTFUL: ReadonlySet<number> = new Set([408, 425, 499])

const isDoubtful = (status: number): boolean =>
  status < 200 || (status >= 300 && status < 400) || status >= 500 || DOUBTFUL.has(status)

/** Doubt about an answer, named by its status. */
export function unknownAnswer(status: number, detail: string): Outcome<never> {
  return unknown(Object.assign(new Error(`The provider answered ${status}: ${detail}.`), { status }))
}

/**
 * Decides what a call that moves money came to, as far as transport alone can tell. An answer that the adapter has to
 * read (2xx, and 4xx with a meaning) is given back as it is.
 *
 * | What happened | Outcome |
 * |---|---|
 * | nothing listens, the name does not exist, we refused the certificate | `not_sent` |
 * | 429, where the provider says that a limited request is not processed | `not_sent`, with the provider's delay |
 * | 429 elsewhere | `unknown` |
 * | reset, closed, cut short, too large, deadline passed, aborted | `unknown` |
 * | 1xx, 3xx, 408, 425, 499 and every 5xx, whatever the body says | `unknown` |
 */
export function moneyAnswer(result: HttpResult, policy: MoneyCallPolicy): Answered | Outcome<never> {
  if (result.kind === 'failed') {
    return result.stage === 'before_send'
      ? notSent('unreachable', { cause: result.cause })
      : unknown(result.cause)
  }
  if (result.status === 429) {
    if (policy.limited === 'unknown') return unknownAnswer(429, 'too many requests')
    const delay = retryAfterMs(result.headers, policy.clock)
    const cause = new Error('The provider answered 429.')
    return notSent('limited', delay === undefined ? { cause } : { cause, retryAfterMs: delay })
  }
  if (isDoubtful(result.status)) return unknownAnswer(result.status, 'whether it was processed is not said')
  return result
}
