import { type Answered, type HttpResult, moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import { type Clock, declined, isProviderError, type Outcome, unknown } from '@lastro/core/spec'
import type { StripeAnswer } from '../client.ts'
import { reasonOf } from '../statuses.ts'
import { detailOf, type Refusal, readRefusal } from './refusal.ts'

/**
 * Reasons of a 429 that the rate limiters give, which stand before everything else (docs.stripe.com/rate-limits,
 * docs.stripe.com/error-low-level). A 429 without one of them, such as `lock_timeout`, was turned away later.
 */
const LIMITERS: ReadonlySet<string> = new Set([
  'global-rate',
  'endpoint-rate',
  'global-concurrency',
  'endpoint-concurrency',
])

const REFUSING_TYPES: ReadonlySet<string> = new Set(['invalid_request_error', 'card_error'])
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 402, 404])
/** Codes of a 400 or 404 that refuse this moment and not the request. */
const NOT_NOW: ReadonlySet<string> = new Set(['rate_limit', 'lock_timeout', 'idempotency_key_in_use'])

/** What a call came to, before anything was read of it. */
export type MoneyAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** Stripe refused, finally. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly outcome: Outcome<never> }
  /** It is not known whether Stripe did it, or it certainly did not. */
  | { readonly kind: 'outcome'; readonly outcome: Outcome<never> }

function isLimited(result: HttpResult): boolean {
  if (result.kind !== 'answered') return false
  return LIMITERS.has(result.headers['stripe-rate-limited-reason'] ?? '')
}

/** Doubt, in a sentence for operators. */
export function doubt(message: string, cause?: unknown): Outcome<never> {
  return unknown(new Error(`stripe: ${message}`, { cause }))
}

/** The call never began, since what it needs to know could not be asked. @throws what is no `ProviderError`. */
export function neverBegan(error: unknown): Outcome<never> {
  if (!isProviderError(error)) throw error
  const { retryAfterMs } = error
  return notSent('prerequisite', { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** `expires_at` may be fine when it is asked for and too near when it arrives. */
function reasonFor(refusal: Refusal) {
  if (refusal.param === 'expires_at') return 'expired'
  return reasonOf([refusal.declineCode, refusal.code])
}

function refused<T>(answer: Answered): MoneyAnswer<T> {
  const { status, json } = answer
  const refusal = readRefusal(json)
  const outcome = (told: Outcome<never>): MoneyAnswer<T> => ({ kind: 'outcome', outcome: told })
  if (refusal === null) return outcome(unknownAnswer(status, 'it is no error of Stripe'))
  const detail = detailOf(refusal)
  if (status === 401 || status === 403)
    return outcome(notSent('unauthorized', { cause: new Error(`stripe: status ${status}, ${detail}.`) }))
  const isStated = REFUSING_STATUSES.has(status) && REFUSING_TYPES.has(refusal.type)
  if (!isStated || NOT_NOW.has(refusal.code ?? '')) return outcome(unknownAnswer(status, detail))
  return { kind: 'refused', refusal, outcome: declined(reasonFor(refusal), detail) }
}

/**
 * What is known after a call that may have moved money.
 *
 * | Answer | Outcome |
 * |---|---|
 * | 400, 402, 404 as `invalid_request_error` or `card_error` | `declined` |
 * | `idempotency_error`: the key was used with other parameters, so an earlier attempt arrived | `unknown` |
 * | 409: an attempt with this key is under way | `unknown` |
 * | 429 of a rate limiter; 401; 403 | `not_sent` |
 * | 429 `lock_timeout` | `unknown` |
 * | 5xx, cut off, lost, too late | `unknown` |
 */
export function readMoney<T>(answer: StripeAnswer<T>, { clock }: { readonly clock: Clock }): MoneyAnswer<T> {
  if (answer.kind === 'value') return answer
  const { result } = answer
  const read = moneyAnswer(result, { limited: isLimited(result) ? 'not_processed' : 'unknown', clock })
  if (read.kind !== 'answered') return { kind: 'outcome', outcome: read }
  if (read.status < 300)
    return { kind: 'outcome', outcome: unknownAnswer(read.status, 'its body cannot be read') }
  return refused(read)
}
