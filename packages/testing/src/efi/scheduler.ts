import type { Clock } from '@lastro/core/spec'

/** Does things later: by hand or by the system's timers. */
export interface Scheduler {
  /** The injected clock, plus all that was advanced. */
  now(): Date
  /** Does the work once `ms` have passed, and answers with what it gave. Never settles if the fake is closed first. */
  after<T>(ms: number, work: () => T | Promise<T>): Promise<T>
  /** Does the work once `ms` have passed, for nobody in particular: `advance` tells if it fails. */
  later(ms: number, work: () => void | Promise<void>): void
  /** Moves time ahead and does what falls due on the way, in order, each at its own instant. */
  advance(ms: number): Promise<void>
  /** Forgets what is not done yet. */
  close(): void
}

interface Task {
  readonly dueMs: number
  run(): void | Promise<void>
}

interface Agenda {
  add(dueMs: number, run: Task['run']): void
  /** Takes the earliest task that is due by then; of two at one instant the one added first. */
  take(untilMs: number): Task | undefined
  /** When the earliest task is due, or null when there is none. */
  nextMs(): number | null
  /** Forgets all tasks and takes no more. */
  close(): void
}

/** A clock that is moved by hand and tells of it, such as the one that the host's storage follows. */
export interface FollowedClock extends Clock {
  advance(ms: number): Promise<void>
  /** Calls back now and after every move; answers with how to stop that. */
  follow(listener: (now: Date) => Promise<void>): Promise<() => void>
}

/** A longer timer would overflow and fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A scheduler over an injected clock. A clock that tells of its moves is followed. */
export function createScheduler(options: {
  readonly clock: Clock | FollowedClock
  readonly timers: 'manual' | 'real'
}): Scheduler {
  const { clock, timers } = options
  let aheadMs = 0
  let timer: NodeJS.Timeout | undefined
  const agenda = createAgenda()
  /** While a task runs it is the instant at which the task was due, not the one to which time was moved. */
  let dueMs: number | null = null

  const reachedMs = () => clock.now().getTime() + aheadMs
  const nowMs = () => dueMs ?? reachedMs()

  const take = () => agenda.take(reachedMs())

  const runDue = async () => {
    const before = dueMs
    try {
      for (let task = take(); task !== undefined; task = take()) {
        dueMs = task.dueMs
        await task.run()
      }
    } finally {
      dueMs = before
    }
    arm()
  }

  const arm = () => {
    clearTimeout(timer)
    const next = agenda.nextMs()
    if (timers === 'manual' || next === null) return
    // Here tasks do not wait for one another: a host that hangs must not hold up what is due to others.
    const tick = () => {
      for (let task = take(); task !== undefined; task = take()) void task.run()
      arm()
    }
    timer = setTimeout(tick, Math.min(Math.max(0, next - reachedMs()), LONGEST_TIMER_MS))
  }

  const add = (ms: number, run: Task['run']) => {
    agenda.add(nowMs() + ms, run)
    arm()
  }

  const followed = 'follow' in clock ? clock : null
  const following = followed?.follow(runDue)

  return {
    now: () => new Date(nowMs()),
    after: (ms, work) =>
      new Promise((resolve, reject) => {
        const run = async () => Promise.resolve().then(work).then(resolve, reject)
        add(ms, run)
      }),
    later: add,
    advance: async (ms) => {
      if (!(ms >= 0)) throw new RangeError('Time only moves forward: give zero or more milliseconds.')
      if (followed) return followed.advance(ms)
      aheadMs += ms
      await runDue()
    },
    close: () => {
      agenda.close()
      clearTimeout(timer)
      void following?.then((stop) => stop())
    },
  }
}

function createAgenda(): Agenda {
  const tasks: Task[] = []
  let isOpen = true
  return {
    add: (dueMs, run) => {
      if (!isOpen) return
      const after = tasks.findIndex((task) => task.dueMs > dueMs)
      tasks.splice(after === -1 ? tasks.length : after, 0, { dueMs, run })
    },
    take: (untilMs) => ((tasks[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= untilMs ? tasks.shift() : undefined),
    nextMs: () => tasks[0]?.dueMs ?? null,
    close: () => {
      isOpen = false
      tasks.length = 0
    },
  }
}
