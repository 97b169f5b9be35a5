import { type Details, type ErrorCode, RULES } from './rules.ts'

const marker = Symbol.for('lastro.LastroError')

/**
 * The one error class of the engine. `code` is the contract; the message is for people.
 *
 * Thrown for a caller's mistake (bad input, not found, conflict, reused key, refused transfer). A declined payout is
 * no exception: it is a payout in state `failed`.
 */
export class LastroError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'LastroError'
  readonly [marker] = true
  readonly code: C
  readonly details: Details[C]
  /** What an HTTP surface answers. */
  readonly status: number
  /** True where the same call may succeed later, unchanged. */
  readonly isRetryable: boolean

  constructor(code: C, details: Details[C], options?: { readonly cause?: unknown }) {
    const rule = RULES[code]
    super(rule.says(details), options)
    this.code = code
    this.details = details
    this.status = rule.status
    this.isRetryable = rule.isRetryable
  }
}

/** Narrows to `LastroError`, and to one code when given; works across duplicated installs of this package. */
export function isLastroError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is LastroError<C> {
  return (
    typeof error === 'object' &&
    error !== null &&
    marker in error &&
    (code === undefined || (error as LastroError).code === code)
  )
}
