/** So many at once; the others wait for their turn, in the order in which they came. */
export interface Slots {
  take(): Promise<void>
  give(): void
}

/** Makes so many slots. */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  return {
    take: async () => {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
    },
    give: () => {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    },
  }
}

/** How many jobs a worker takes at once. */
export interface Pace {
  /** How many to claim now, when so many are claimed and not settled. 0: none. */
  room(active: number): number
  /** Tells what a claim gave: as many as asked for means that more are due. */
  claimed(claim: { readonly limit: number; readonly count: number }): void
  /** Tells how long a job took. */
  ended(ms: number): void
}

/** Jobs that take longer on average are not taken before their turn: another process may be idle. */
const QUICK_MS = 50
/** How much the last job weighs in the average. */
const SHARE = 0.2

/**
 * Takes as many as may run. Where more are due and all end quickly, takes ahead, up to twice as many again, so that
 * nothing stands still while the next are claimed, and one claim serves many.
 */
export function createPace(concurrency: number): Pace {
  let averageMs: number | null = null
  let hasMore = false
  return {
    room: (active) => {
      const isAhead = hasMore && averageMs !== null && averageMs < QUICK_MS
      const room = concurrency * (isAhead ? 3 : 1) - active
      return isAhead && room < concurrency ? 0 : Math.max(0, room)
    },
    claimed: ({ limit, count }) => {
      hasMore = count === limit
    },
    ended: (ms) => {
      averageMs = averageMs === null ? ms : averageMs * (1 - SHARE) + ms * SHARE
    },
  }
}
