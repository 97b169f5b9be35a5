import { nextTurn } from '../node.ts'

/** How much is put together, and how much may wait. Weights are in the caller's own unit, such as bytes. */
export interface BatchLimits {
  readonly items: number
  readonly weight: number
  /** Waiting and under way. Beyond either of them `isFull` is true. */
  readonly waitingItems: number
  readonly waitingWeight: number
}

/** What a batcher is made of. */
export interface BatcherParts<I, R> {
  /** Does the whole batch: as many results as items, in their order. When it throws, every item of it fails so. */
  readonly send: (items: readonly I[]) => Promise<readonly R[]>
  readonly limits: BatchLimits
  readonly weigh: (item: I) => number
  /** How many batches may be under way at once. Default 1. */
  readonly flights?: number
  /** Items of one lane are never in two batches under way, so they are done in their order. Null: of no lane. */
  readonly laneOf?: (item: I) => string | null
}

/** Many calls, one piece of work. */
export interface Batcher<I, R> {
  /** The result of this item, once its batch is done. @throws whatever the batch failed with. */
  add(item: I): Promise<R>
  /** True where too much waits: do not add now. */
  isFull(): boolean
  /** Waits until every item added so far was answered. */
  drain(): Promise<void>
}

interface Waiting<I, R> {
  readonly item: I
  readonly weight: number
  readonly lane: string | null
  resolve(result: R): void
  reject(error: unknown): void
}

/**
 * Puts calls made at the same time into one piece of work. What arrives while batches are under way becomes the next
 * one. There is no timer, so a lone call goes out at once.
 *
 * Loops send the batches. They start with the batcher and not with a call, so they never run inside a caller's
 * transaction.
 */
export function createBatcher<I, R>(parts: BatcherParts<I, R>): Batcher<I, R> {
  const { send, limits, weigh, flights = 1, laneOf = noLane } = parts
  let queue: Waiting<I, R>[] = []
  let items = 0
  let weight = 0
  const busy = new Set<string>()
  const change = createSignal()
  const idle = createSignal()

  const run = async (): Promise<never> => {
    for (;;) {
      const most = Math.min(limits.items, Math.max(SMALL, Math.ceil(items / flights)))
      const { taken, rest } = take(queue, {
        items: flights > 1 ? most : limits.items,
        weight: limits.weight,
        busy,
      })
      if (taken.length === 0) {
        await change.wait()
        continue
      }
      queue = rest
      for (const { lane } of taken) if (lane !== null) busy.add(lane)
      await sendAndAnswer(send, taken)
      items -= taken.length
      for (const each of taken) {
        weight -= each.weight
        if (each.lane !== null) busy.delete(each.lane)
      }
      if (items === 0) idle.fire()
      // What waited for one of these lanes may go now.
      else if (flights > 1) change.fire()
    }
  }
  for (let flight = 0; flight < flights; flight += 1) void run()

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        const waiting = { item, weight: weigh(item), lane: laneOf(item), resolve, reject }
        items += 1
        weight += waiting.weight
        queue.push(waiting)
        change.fire()
      }),
    isFull: () => items >= limits.waitingItems || weight >= limits.waitingWeight,
    drain: async () => {
      if (items === 0) return
      await idle.wait()
      // Those who were answered last go first.
      await nextTurn()
    },
  }
}

async function sendAndAnswer<I, R>(
  send: BatcherParts<I, R>['send'],
  taken: readonly Waiting<I, R>[],
): Promise<void> {
  try {
    const results = await send(taken.map(({ item }) => item))
    if (results.length !== taken.length)
      throw new Error(`A batch of ${taken.length} gave ${results.length} results.`)
    for (const [place, waiting] of taken.entries()) waiting.resolve(results[place] as R)
  } catch (error) {
    for (const waiting of taken) waiting.reject(error)
  }
}

const noLane = () => null
/** To cut so few in two costs more than it saves. */
const SMALL = 32

/** What fits one batch, from the head of the queue, of lanes that are not busy: at least one, however heavy. */
function take<I, R>(
  queue: Waiting<I, R>[],
  limits: { readonly items: number; readonly weight: number; readonly busy: ReadonlySet<string> },
) {
  const taken: Waiting<I, R>[] = []
  const held: Waiting<I, R>[] = []
  let weight = 0
  let end = 0
  for (const waiting of queue) {
    if (waiting.lane !== null && limits.busy.has(waiting.lane)) held.push(waiting)
    else {
      weight += waiting.weight
      if (taken.length > 0 && (taken.length >= limits.items || weight > limits.weight)) break
      taken.push(waiting)
    }
    end += 1
  }
  const rest = end === queue.length ? held : [...held, ...queue.slice(end)]
  return { taken, rest }
}

/** Something that several may wait for. */
function createSignal(): { wait(): Promise<void>; fire(): void } {
  let resolvers: (() => void)[] = []
  const wait = () =>
    new Promise<void>((resolve) => {
      resolvers.push(resolve)
    })
  const fire = () => {
    const woken = resolvers
    resolvers = []
    for (const resolve of woken) resolve()
  }
  return { wait, fire }
}
