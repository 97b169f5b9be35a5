import {
  BrokenCircuitError,
  type BulkheadPolicy,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBulkheadRejectedError,
} from 'cockatiel'
import { isProviderError, type Outcome, ProviderError } from '../../spec/index.ts'
import { LastroError } from '../errors/index.ts'
import { type CallContext, createCallContext } from '../node.ts'

/** How one rail protects itself. All have defaults. */
export interface RailOptions {
  /** Failures in a row that open the breaker. Default 8. */
  readonly failuresToOpen?: number
  /** How long it stays open before one call may try again. Default 15 s. */
  readonly openMs?: number
  /** Calls under way at once; more wait. Default 32. */
  readonly concurrency?: number
}

/** The guarded way to a provider: refuses inside a transaction, limits calls under way, and rests when it is down. */
export interface Rail {
  readonly provider: string
  /** A read. @throws ProviderError `unavailable` while the breaker is open. */
  read<R>(operation: string, call: () => Promise<R>): Promise<R>
  /**
   * A call that may move money. It never throws for a provider's trouble: while the breaker is open it answers
   * `not_sent`, since nothing was called; a throw from inside is `unknown`, since something may have been.
   */
  send<R>(operation: string, call: () => Promise<Outcome<R>>): Promise<Outcome<R>>
  state(): 'closed' | 'half_open' | 'open'
}

/** Marks the flow of a transaction, so that a provider call inside it is refused. */
const openTransaction: CallContext<true> = createCallContext()

/** Runs work as inside a transaction: every rail refuses calls from it. */
export function insideTransaction<R>(work: () => Promise<R>): Promise<R> {
  return openTransaction.run(true, work)
}

const failed = Symbol('failed')

/** Makes the guarded way to one provider. One per provider and process. */
export function createRail(provider: string, options: RailOptions = {}): Rail {
  const { failuresToOpen = 8, openMs = 15_000, concurrency = 32 } = options
  const breaker: CircuitBreakerPolicy = circuitBreaker(
    handleWhen((error) => isFailure(error) || !isProviderError(error) || error.kind === 'unavailable'),
    { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  )
  const limit: BulkheadPolicy = bulkhead(concurrency, 10_000)
  const refuseInTransaction = (operation: string) => {
    if (openTransaction.get() === true)
      throw new LastroError('network_in_transaction', { provider, operation })
  }
  const isClosedToUs = (error: unknown) =>
    error instanceof BrokenCircuitError || isBulkheadRejectedError(error)

  return {
    provider,
    async read(operation, call) {
      refuseInTransaction(operation)
      try {
        return await limit.execute(() => breaker.execute(call))
      } catch (error) {
        if (!isClosedToUs(error)) throw error
        throw new ProviderError(
          {
            provider,
            kind: 'unavailable',
            message: `${operation} not asked: the rail rests after repeated failures`,
            retryAfterMs: openMs,
          },
          { cause: error },
        )
      }
    },
    async send(operation, call) {
      refuseInTransaction(operation)
      try {
        return await limit.execute(() => breaker.execute(() => asFailure(call)))
      } catch (error) {
        if (isClosedToUs(error)) return { kind: 'not_sent', cause: error, retryAfterMs: openMs }
        return isFailure(error) ? (error.outcome as Outcome<never>) : { kind: 'unknown', cause: error }
      }
    },
    state: () =>
      breaker.state === CircuitState.Open
        ? 'open'
        : breaker.state === CircuitState.HalfOpen
          ? 'half_open'
          : 'closed',
  }
}

interface Failure {
  readonly [failed]: true
  readonly outcome: Outcome<unknown>
}

function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && failed in error
}

/** The breaker counts throws: an outcome that means trouble travels through it as one, and comes out as itself. */
async function asFailure<R>(call: () => Promise<Outcome<R>>): Promise<Outcome<R>> {
  const outcome = await call()
  if (outcome.kind === 'accepted' || outcome.kind === 'declined') return outcome
  throw Object.assign(new Error(outcome.kind), { [failed]: true as const, outcome })
}
