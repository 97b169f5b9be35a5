/** How a failed attempt is tried again: after `baseMs`, doubling to at most `maxMs`, at most `attempts` times in all. */
export interface RetryPolicy {
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
}

/** A kind of durable job: data, no body. Whoever enqueues needs no more than this. */
export interface JobDefinition<I extends object = object> {
  /** `domain.verb`, such as `payouts.submit`. */
  readonly name: string
  readonly retry: RetryPolicy
  /** Ends one attempt. The claim on the job lasts a little longer, so a stopped process frees it. */
  readonly timeoutMs: number
  /** Parse once, at the edge: what was stored becomes the typed input again. */
  parse(input: unknown): I
  /** Jobs of one name in one lane run one at a time, across processes and crashes. Null: no lane. */
  lane(input: I): string | null
}

/** What a job's body gets beside its input. */
export interface JobContext {
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly isLastAttempt: boolean
  /** Aborts at the job's deadline, and when the worker stops. */
  readonly signal: AbortSignal
}

/** A job with its body. A body may run twice, late, or in two processes at once: row state guards every step. */
export interface JobHandler {
  readonly definition: JobDefinition
  run(input: unknown, context: JobContext): Promise<void>
}

/** Defines a kind of job. */
export function defineJob<I extends object>(definition: JobDefinition<I>): JobDefinition<I> {
  return definition
}

/** Joins a kind of job and its body. */
export function handle<I extends object>(
  definition: JobDefinition<I>,
  body: (input: I, context: JobContext) => Promise<void>,
): JobHandler {
  return {
    definition: definition as unknown as JobDefinition,
    run: (input, context) => body(definition.parse(input), context),
  }
}

/** Something the engine does every so often, by a row that remembers the last slot, so many processes do it once. */
export interface Schedule {
  /** Unique; the row's key. */
  readonly name: string
  readonly everyMs: number
  readonly job: JobDefinition
  readonly input: object
}

/** Enqueueing happens only inside a transaction: the job exists exactly when the state that wants it does. */
export interface JobEnqueuer {
  enqueue<I extends object>(
    job: JobDefinition<I>,
    input: I,
    options?: {
      /** Not before this time, by the engine's clock. */
      readonly runAt?: Date
      /** At most one waiting job of this name with this key; a second one is dropped. */
      readonly dedupeKey?: string
    },
  ): Promise<void>
  /** The same for many at once, in one statement: they may run now, and keep this order within a lane. */
  enqueueMany<I extends object>(job: JobDefinition<I>, inputs: readonly I[]): Promise<void>
}

/** The rows behind schedules. */
export interface ScheduleStore {
  /** True for exactly one caller per slot: the one that should enqueue. */
  claimSlot(slot: { readonly name: string; readonly slot: bigint; readonly at: Date }): Promise<boolean>
}
