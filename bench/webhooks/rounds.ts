/** Rates of small pieces of work, taken in turns: whatever slows the machine slows all of them. */

/** A piece of work, done for each number from the first up to the second. A loop of its own adds no call and no wait. */
export type Work = (from: number, to: number) => Promise<void> | void

/** Work that answers at once. */
export function each(work: (number: number) => unknown): Work {
  return (from, to) => {
    for (let number = from; number < to; number += 1) work(number)
  }
}

const AT_ONCE = 64

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

/** Works until the time is over; the clock is looked at now and then, so that it costs nothing. */
async function rateOf(work: Work, ms: number): Promise<number> {
  const started = performance.now()
  let count = 0
  let now = started
  while (now < started + ms) {
    const result = work(count, count + AT_ONCE)
    if (result !== undefined) await result
    count += AT_ONCE
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
