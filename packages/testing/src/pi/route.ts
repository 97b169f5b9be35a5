import type { PiAnswer } from './answers.ts'
import type { PiOperation } from './faults.ts'
import type { PiContext } from './state.ts'

/** A request that found its route. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: string
}

/** One operation of the API or of Horizon. */
export interface Route {
  readonly operation: PiOperation
  readonly side: 'api' | 'chain'
  readonly method: 'GET' | 'POST'
  /** Such as `/payments/:id`; the API's without its `/v2`. */
  readonly path: string
  run(context: PiContext, call: Call): PiAnswer
}
