import type { Clock } from '../../spec/index.ts'
import { every, jitter, monotonicMs } from '../node.ts'
import { describeError, type Logger } from '../telemetry/index.ts'
import type { JobDefinition, JobHandler, RetryPolicy } from './job.ts'
import type { Slots } from './pace.ts'
import type { ClaimedJob, JobQueue } from './queue.ts'

/** How often a running job renews its claim. */
const TOUCH_MS = 4_000

/** What running jobs needs. */
export interface RunDeps {
  readonly queue: JobQueue
  readonly handlers: ReadonlyMap<string, JobHandler>
  readonly clock: Clock
  readonly logger: Logger
}

/** How one run of a job ended. */
export type RunResult = 'done' | 'retry' | 'dead' | 'lost'

/** Milliseconds before the next attempt: doubling from `baseMs` to `maxMs`, spread by a fifth either way. */
function backoffMs(retry: RetryPolicy, { attempt, spread }: { attempt: number; spread: number }): number {
  const plain = Math.min(retry.maxMs, retry.baseMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(plain * (0.8 + 0.4 * spread))
}

/** How a job is run within a worker. */
export interface RunOptions {
  readonly stop: AbortSignal
  /** Waited for before the body runs; the claim is kept meanwhile. */
  readonly slots?: Slots
  /** Told how long the body took. */
  readonly onEnd?: (ms: number) => void
}

/** Runs one claimed job to its end: completed, waiting for another attempt, or dead with its error kept. */
export async function runJob(deps: RunDeps, job: ClaimedJob, options: RunOptions): Promise<RunResult> {
  const handler = deps.handlers.get(job.name)
  if (handler === undefined) {
    const error = `no handler for job ${job.name} in this process`
    return (await deps.queue.fail(job, { error, retryAt: later(deps.clock, 60_000) })) ? 'retry' : 'lost'
  }
  const { definition } = handler
  const stopTouching = every(TOUCH_MS, () => {
    deps.queue
      .touch(job)
      .catch((error: unknown) =>
        deps.logger.warn({ job: job.name, error: describeError(error) }, 'job claim not renewed'),
      )
  })
  try {
    await runBody(handler, job, options)
    return (await deps.queue.complete(job)) ? 'done' : 'lost'
  } catch (error) {
    return await settleFailure(deps, { job, definition, error })
  } finally {
    stopTouching()
  }
}

async function runBody(handler: JobHandler, job: ClaimedJob, options: RunOptions): Promise<void> {
  const { stop, slots, onEnd } = options
  const { retry, timeoutMs } = handler.definition
  await slots?.take()
  const begunMs = monotonicMs()
  try {
    await handler.run(job.input, {
      attempt: job.attempt,
      isLastAttempt: job.attempt >= retry.attempts,
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
  } finally {
    onEnd?.(monotonicMs() - begunMs)
    slots?.give()
  }
}

async function settleFailure(
  deps: RunDeps,
  failure: { job: ClaimedJob; definition: JobDefinition; error: unknown },
): Promise<RunResult> {
  const { job, definition } = failure
  const error = describeError(failure.error)
  const isDead = job.attempt >= definition.retry.attempts
  const retryAt = isDead
    ? null
    : later(deps.clock, backoffMs(definition.retry, { attempt: job.attempt, spread: jitter() }))
  const facts = { job: job.name, id: job.id, attempt: job.attempt, error }
  if (isDead) deps.logger.error(facts, 'job died')
  else deps.logger.warn(facts, 'job failed, will run again')
  const isMine = await deps.queue.fail(job, { error, retryAt })
  return !isMine ? 'lost' : isDead ? 'dead' : 'retry'
}

function later(clock: Clock, ms: number): Date {
  return new Date(clock.now().getTime() + ms)
}
