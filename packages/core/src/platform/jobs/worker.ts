import { monotonicMs, sleep } from '../node.ts'
import { describeError } from '../telemetry/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import type { JobEnqueuer, Schedule, ScheduleStore } from './job.ts'
import { createPace, createSlots } from './pace.ts'
import type { ClaimedJob } from './queue.ts'
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
  /** What else is done, beside the jobs: readers of the event log. Must not throw for what it can tell by itself. */
  readonly everyRound?: () => Promise<unknown>
}

/** How often claims of dead processes are freed. */
const RECOVER_MS = 5_000
/** Between two rounds of upkeep of a busy worker. An idle one begins at once. */
const UPKEEP_GAP_MS = 20

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
  const asked = new Map<string, bigint>()
  const upkeep = async () => {
    await enqueueSchedules(deps, asked)
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
        results.push(...(await Promise.all(jobs.map((job) => runJob(deps, job, { stop })))))
        if (monotonicMs() >= until) return report(results, true)
      }
    },
  }
}

function report(results: readonly RunResult[], isBudgetSpent: boolean): TickReport {
  const count = (wanted: RunResult) => results.filter((result) => result === wanted).length
  return { done: count('done'), retried: count('retry'), dead: count('dead'), isBudgetSpent }
}

/**
 * Each slot of each schedule is enqueued by exactly one process: the row of the schedule decides. This process asks for
 * each slot once.
 */
async function enqueueSchedules(deps: WorkerDeps, asked: Map<string, bigint>): Promise<void> {
  const at = deps.clock.now()
  for (const schedule of deps.schedules) {
    const slot = BigInt(at.getTime()) / BigInt(schedule.everyMs)
    if (asked.get(schedule.name) === slot) continue
    await deps.storage.transaction(async (tx) => {
      if (!(await tx.schedules.claimSlot({ name: schedule.name, slot, at }))) return
      await tx.jobs.enqueue(schedule.job, schedule.input, { dedupeKey: schedule.name })
    })
    asked.set(schedule.name, slot)
  }
}

interface Loop {
  readonly deps: WorkerDeps
  readonly names: readonly string[]
  readonly concurrency: number
  readonly pollMs: number
  readonly upkeep: () => Promise<void>
  readonly stop: AbortSignal
}

async function runLoop(loop: Loop): Promise<void> {
  const { deps, stop, concurrency } = loop
  const active = new Set<Promise<unknown>>()
  const slots = createSlots(concurrency)
  const pace = createPace(concurrency)
  const upkeep = besideJobs(loop)
  let wake = new AbortController()
  const stopListening = deps.queue.onWake?.(() => wake.abort())
  const begin = (job: ClaimedJob) => {
    const run: Promise<unknown> = runJob(deps, job, { stop, slots, onEnd: pace.ended })
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
  while (!stop.aborted) {
    upkeep.ask()
    try {
      const limit = pace.room(active.size)
      const jobs = limit > 0 ? await deps.queue.claim({ names: loop.names, limit }) : []
      for (const job of jobs) begin(job)
      if (limit > 0) pace.claimed({ limit, count: jobs.length })
      if (jobs.length > 0 && jobs.length === limit) continue
    } catch (error) {
      deps.logger.error({ error: describeError(error) }, 'worker could not look for jobs')
    }
    await sleep(loop.pollMs, AbortSignal.any([stop, wake.signal]))
    if (wake.signal.aborted) wake = new AbortController()
  }
  stopListening?.()
  await Promise.allSettled([...active, upkeep.ended()])
}

/** Upkeep beside the jobs, so that they never wait for it: one round at a time, one more where it was asked for meanwhile. */
function besideJobs({ deps, upkeep, stop }: Loop): { ask(): void; ended(): Promise<void> } {
  let isAsked = false
  let rounds: Promise<void> | null = null
  const run = async () => {
    while (isAsked && !stop.aborted) {
      isAsked = false
      try {
        await upkeep()
      } catch (error) {
        deps.logger.error({ error: describeError(error) }, 'upkeep of the worker failed')
      }
      await sleep(UPKEEP_GAP_MS, stop)
    }
    rounds = null
  }
  return {
    ask: () => {
      isAsked = true
      rounds ??= run()
    },
    ended: () => rounds ?? Promise.resolve(),
  }
}
