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
  resolve(result: R): void
  reject(error: unknown): void
}

/**
 * Puts calls made at the same time into one piece of work. What arrives while a batch is under way becomes the next one.
 * There is no timer, so a lone call goes out at once.
 *
 * One loop sends the batches. It starts with the batcher and not with a call, so it never runs inside a caller's
 * transaction.
 */
export function createBatcher<I, R>({ send, limits, weigh }: BatcherParts<I, R>): Batcher<I, R> {
  let queue: Waiting<I, R>[] = []
  let items = 0
  let weight = 0
  const arrival = createSignal()
  const idle = createSignal()

  const run = async (): Promise<never> => {
    for (;;) {
      if (queue.length === 0) await arrival.wait()
      const { taken, rest } = take(queue, limits)
      queue = rest
      await sendAndAnswer(send, taken)
      items -= taken.length
      for (const each of taken) weight -= each.weight
      if (items === 0) idle.fire()
    }
  }
  void run()

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        const waiting = { item, weight: weigh(item), resolve, reject }
        items += 1
        weight += waiting.weight
        queue.push(waiting)
        arrival.fire()
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

/** What stands at the head of the queue and fits one batch: at least one, however heavy. */
function take<I, R>(queue: Waiting<I, R>[], limits: BatchLimits) {
  let weight = 0
  const end = queue.findIndex((waiting, place) => {
    weight += waiting.weight
    return place > 0 && (place >= limits.items || weight > limits.weight)
  })
  return end === -1 ? { taken: queue, rest: [] } : { taken: queue.slice(0, end), rest: queue.slice(end) }
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
