import type { Clock } from '@lastro/core/spec'

/** Time that only a test moves. */
export interface ManualClock extends Clock {
  /** Goes to a time. Resolves when everything that follows the clock is there too: a storage's SQL time. */
  set(time: Date | string): Promise<void>
  /** Goes on by so many milliseconds. */
  advance(ms: number): Promise<void>
  /** Calls back now and after every move. A storage follows the clock it is given by itself. */
  follow(listener: (now: Date) => Promise<void>): Promise<() => void>
}

/** A moment like any other: a Monday morning in São Paulo. */
const DEFAULT_START = '2026-03-02T12:00:00.000Z'

/**
 * A clock that stands still until it is moved. Works with or without a storage; give one clock to the storage and to
 * the engine, and what waits in SQL moves with it.
 *
 * @example
 * const clock = manualClock('2026-03-02T12:00:00Z')
 * const storage = pglite(db, { clock })
 * await clock.advance(60_000)
 */
export function manualClock(start: Date | string = DEFAULT_START): ManualClock {
  let time = instant(start)
  const listeners = new Set<(now: Date) => Promise<void>>()
  const now = () => new Date(time)
  const set = async (to: Date | string) => {
    time = instant(to)
    for (const listener of listeners) await listener(now())
  }
  return {
    now,
    set,
    advance: (ms) => set(new Date(time + ms)),
    follow: async (listener) => {
      listeners.add(listener)
      await listener(now())
      return () => listeners.delete(listener)
    },
  }
}

function instant(time: Date | string): number {
  const ms = new Date(time).getTime()
  if (Number.isNaN(ms)) throw new RangeError(`Not a time: ${time}.`)
  return ms
}
