/**
 * What is known about a call that may have moved money.
 *
 * | Answer | Meaning | The engine |
 * |---|---|---|
 * | `accepted` | the provider has it | waits for the final state |
 * | `declined` | the provider refused, finally | fails the intent, releases the hold |
 * | `not_sent` | certainly had no effect | tries again later, same key |
 * | `unknown` | may have had an effect | never sends again before asking |
 *
 * Reads throw `ProviderError`. Bugs throw. Nothing that moves money throws for an expected result; a missing or
 * surprising answer is `unknown`: the safe default is doubt.
 */
export type Outcome<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  | { readonly kind: 'declined'; readonly reason: DeclineReason; readonly detail?: string }
  | { readonly kind: 'not_sent'; readonly cause: unknown; readonly retryAfterMs?: number }
  | { readonly kind: 'unknown'; readonly cause: unknown }

/** Why a provider refused, finally. The provider's own words travel in `detail`. */
export type DeclineReason =
  | 'invalid_destination'
  | 'invalid_amount'
  | 'insufficient_funds'
  | 'limit_exceeded'
  | 'not_permitted'
  | 'duplicate'
  | 'expired'
  | 'refused'

/** The provider has it. */
export function accepted<T>(value: T): Outcome<T> {
  return { kind: 'accepted', value }
}

/** The provider refused, finally. `detail` is shown to operators: no secrets, no personal data. */
export function declined(reason: DeclineReason, detail?: string): Outcome<never> {
  return detail === undefined ? { kind: 'declined', reason } : { kind: 'declined', reason, detail }
}

/** May have had an effect: ask, never resend. */
export function unknown(cause: unknown): Outcome<never> {
  return { kind: 'unknown', cause }
}
