import { monotonicMs, sleep } from '../node.ts'
import { describeError } from '../telemetry/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import type { JobEnqueuer, Schedule, ScheduleStore } from './job.ts'
import { type RunDeps, type RunResult, runJob } from './run.ts'

/** How a worker works. All have defaults. */
export interface WorkerOptions {
  /** How many jobs run at once in this process. Default 8. */
  readonly concurrency?: number
  /** Longest wait before looking for due jobs again. Default 500 ms; a wake-up from the database comes sooner. */
  readonly pollMs?: number
}

/** What `tick` did within its budget. */
export interface TickReport {
  readonly done: number
  readonly retried: number
  readonly dead: number
  /** True when it stopped for lack of time while more was due. */
  readonly isBudgetSpent: boolean
}

/** Runs durable jobs: as a loop in a long-lived process, or for a moment from a cron route. */
export interface Worker {
  /** Starts the loop. Resolves once it runs; a second call does nothing. */
  start(): Promise<void>
  /** Takes no more jobs, waits for those under way, then resolves. */
  stop(): Promise<void>
  /** Runs what is due, with the same guarantees, for at most about `budgetMs`. Default 10 s. */
  tick(options?: { readonly budgetMs?: number }): Promise<TickReport>
}

interface WorkerDeps extends RunDeps {
  readonly storage: UnitOfWork<{ readonly jobs: JobEnqueuer; readonly schedules: ScheduleStore }>
  readonly schedules: readonly Schedule[]
  /** What else is done each time round: readers of the event log. Must not throw for what it can tell by itself. */
  readonly everyRound?: () => Promise<unknown>
}

/** How often claims of dead processes are freed. */
const RECOVER_MS = 5_000

/** Makes a worker. Any number may run on one database. */
export function createWorker(deps: WorkerDeps, options: WorkerOptions = {}): Worker {
  const { concurrency = 8, pollMs = 500 } = options
  const names = [...deps.handlers.keys()]
  const definitions = [...deps.handlers.values()].map((handler) => handler.definition)
  let prepared: Promise<void> | null = null
  let recoveredAt = { machineMs: Number.NEGATIVE_INFINITY, clockMs: Number.NEGATIVE_INFINITY }
  let loop: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  const prepare = () => {
    prepared ??= deps.queue.prepare(definitions).catch((error: unknown) => {
      prepared = null
      throw error
    })
    return prepared
  }
  const upkeep = async () => {
    await enqueueSchedules(deps)
    await deps.everyRound?.()
    // Claims run out by the clock of the queue, which a test may move faster than the machine's.
    const now = { machineMs: monotonicMs(), clockMs: deps.clock.now().getTime() }
    const isRecent = (of: keyof typeof now) => Math.abs(now[of] - recoveredAt[of]) < RECOVER_MS
    if (isRecent('machineMs') && isRecent('clockMs')) return
    recoveredAt = now
    await deps.queue.recover()
  }

  return {
    async start() {
      if (loop !== null) return
      await prepare()
      const stop = new AbortController()
      loop = { stop, ended: runLoop({ deps, names, concurrency, pollMs, upkeep, stop: stop.signal }) }
    },
    async stop() {
      loop?.stop.abort()
      await loop?.ended
      loop = null
    },
    async tick({ budgetMs = 10_000 } = {}) {
      await prepare()
      const until = monotonicMs() + budgetMs
      await upkeep()
      const stop = new AbortController().signal
      const results: RunResult[] = []
      for (;;) {
        const jobs = await deps.queue.claim({ names, limit: concurrency })
        if (jobs.length === 0) {
          await deps.everyRound?.()
          return report(results, false)
        }
        results.push(...(await Promise.all(jobs.map((job) => runJob(deps, job, stop)))))
        if (monotonicMs() >= until) return report(results, true)
      }
    },
  }
}

function report(results: readonly RunResult[], isBudgetSpent: boolean): TickReport {
  const count = (wanted: RunResult) => results.filter((result) => result === wanted).length
  return { done: count('done'), retried: count('retry'), dead: count('dead'), isBudgetSpent }
}

/** Each slot of each schedule is enqueued by exactly one process: the row of the schedule decides. */
async function enqueueSchedules(deps: WorkerDeps): Promise<void> {
  const at = deps.clock.now()
  for (const schedule of deps.schedules) {
    const slot = BigInt(at.getTime()) / BigInt(schedule.everyMs)
    await deps.storage.transaction(async (tx) => {
      if (!(await tx.schedules.claimSlot({ name: schedule.name, slot, at }))) return
      await tx.jobs.enqueue(schedule.job, schedule.input, { dedupeKey: schedule.name })
    })
  }
}

async function runLoop(loop: {
  deps: WorkerDeps
  names: readonly string[]
  concurrency: number
  pollMs: number
  upkeep: () => Promise<void>
  stop: AbortSignal
}): Promise<void> {
  const { deps, stop } = loop
  const active = new Set<Promise<unknown>>()
  let wake = new AbortController()
  const stopListening = deps.queue.onWake?.(() => wake.abort())
  while (!stop.aborted) {
    try {
      await loop.upkeep()
      const room = loop.concurrency - active.size
      const jobs = room > 0 ? await deps.queue.claim({ names: loop.names, limit: room }) : []
      for (const job of jobs) {
        const run: Promise<unknown> = runJob(deps, job, stop)
          .catch((error: unknown) =>
            deps.logger.error({ job: job.name, error: describeError(error) }, 'job result not stored'),
          )
          .finally(() => {
            active.delete(run)
            // Room again: look at once, there may be more.
            wake.abort()
          })
        active.add(run)
      }
      if (jobs.length > 0 && jobs.length === room) continue
    } catch (error) {
      deps.logger.error({ error: describeError(error) }, 'worker could not look for jobs')
    }
    await sleep(loop.pollMs, AbortSignal.any([stop, wake.signal]))
    if (wake.signal.aborted) wake = new AbortController()
  }
  stopListening?.()
  await Promise.allSettled(active)
}
