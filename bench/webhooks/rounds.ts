/** Rates of small pieces of work, taken in turns: whatever slows the machine slows all of them. */

/** One piece of work; it is called with 0, 1, 2 and so on. */
export type Work = (number: number) => unknown

/** What one piece came to. */
export interface Rate {
  readonly name: string
  /** Of the median round. */
  readonly perSecond: number
  /** Of the best round. */
  readonly bestPerSecond: number
}

/** How long to measure. */
export interface RoundsOptions {
  readonly rounds: number
  /** For one piece in one round. */
  readonly ms: number
}

/** Calls until the time is over; checked now and then, so that looking at the clock costs nothing. */
async function rateOf(work: Work, ms: number): Promise<number> {
  const started = performance.now()
  let count = 0
  let now = started
  while (now < started + ms) {
    for (let index = 0; index < 64; index += 1) {
      const result = work(count)
      // Whoever answers by a promise is waited for, as its callers do.
      if (result instanceof Promise) await result
      count += 1
    }
    now = performance.now()
  }
  return (count / (now - started)) * 1_000
}

/** Measures all in every round, from the first to the last and then from the last to the first. */
export async function measureRounds(
  works: Readonly<Record<string, Work>>,
  { rounds, ms }: RoundsOptions,
): Promise<ReadonlyMap<string, Rate>> {
  const found = new Map<string, number[]>(Object.keys(works).map((name) => [name, []]))
  for (const work of Object.values(works)) await rateOf(work, ms / 2)
  for (let round = 0; round < rounds; round += 1) {
    const order = Object.entries(works)
    if (round % 2 === 1) order.reverse()
    for (const [name, work] of order) found.get(name)?.push(await rateOf(work, ms))
  }
  return new Map(
    [...found].map(([name, rates]) => {
      const sorted = rates.sort((left, right) => left - right)
      const rate = {
        name,
        perSecond: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
        bestPerSecond: sorted.at(-1) ?? Number.NaN,
      }
      return [name, rate]
    }),
  )
}
