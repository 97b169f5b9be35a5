import type { Outcome } from './answers.ts'
import type { StripeOperation } from './faults.ts'
import type { Params } from './form.ts'
import type { StripeContext } from './state.ts'

/** A request that found its route. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: Params
  readonly body: Params
  /** The API version that answers shall have. */
  readonly version: string
}

/** One operation of the API. */
export interface Route {
  readonly operation: StripeOperation
  readonly method: 'GET' | 'POST'
  /** Such as `/v1/charges/:id`. */
  readonly path: string
  /** Parameters that it takes, by their first part. Others are refused, as Stripe does. */
  readonly takes?: readonly string[]
  run(context: StripeContext, call: Call): Outcome
}
