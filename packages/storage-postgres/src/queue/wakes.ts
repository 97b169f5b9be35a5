/** Hears that a job may be due. Answers what ends the hearing. */
export type Listen = (wake: () => void) => () => void

/** Who wants to be woken, and the one subscription to the database behind all of them. */
export interface Wakes {
  readonly onWake: (wake: () => void) => () => void
  readonly wake: () => void
  readonly close: () => void
}

/** Wakes in this process and, through `listen`, from others. Subscribed only while somebody wants to hear. */
export function createWakes(listen: Listen | null): Wakes {
  const listeners = new Set<() => void>()
  let stop: (() => void) | null = null
  const wake = () => {
    for (const listener of listeners) listener()
  }
  const close = () => {
    stop?.()
    stop = null
  }
  const onWake = (listener: () => void) => {
    // A function of its own, so that one listener given twice is two.
    const mine = () => listener()
    listeners.add(mine)
    stop ??= listen?.(wake) ?? null
    return () => {
      listeners.delete(mine)
      if (listeners.size === 0) close()
    }
  }
  return { onWake, wake, close }
}
