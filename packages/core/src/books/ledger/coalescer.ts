import { LastroError } from '../../platform/errors/index.ts'
import { nextTurn } from '../../platform/node.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import {
  type CallOutcome,
  type PreparedBatch,
  postBatch,
  postParked,
  prepareCalls,
  type WaitingCall,
} from './post-batch.ts'
import type { LedgerTx } from './store.ts'
import type { NewTransfer, TransferResult } from './transfer.ts'

/** How much is put together, and how much may wait, counted in transfers. */
export interface CoalescerLimits {
  /** One batch, which is one statement and one commit. */
  readonly batch: number
  /** Waiting and under way. Beyond it a call is refused at once. */
  readonly waiting: number
}

/**
 * What arrives while a batch is under way becomes the next one, up to this. Larger batches are hardly cheaper for each
 * transfer, and many callers in two halves keep the database and this process at work at the same time.
 */
export const COALESCER_LIMITS: CoalescerLimits = { batch: 512, waiting: 65_536 }

/** What the coalescer needs. */
export interface CoalescerDeps {
  readonly storage: UnitOfWork<LedgerTx>
  readonly clock: Clock
  readonly limits?: CoalescerLimits
}

/** Many calls, one commit. */
export interface Coalescer {
  /** @throws LastroError `ledger_busy` where too much is waiting. */
  post(transfers: readonly NewTransfer[]): Promise<readonly TransferResult[]>
  /** Waits until every call made so far was answered. */
  drain(): Promise<void>
}

/**
 * Puts calls made at the same time into one statement and one commit, over one connection: the flush to disk and the
 * row of a busy account are then paid once a batch and not once a transfer. There is no timer, so a lone call goes out
 * at once.
 *
 * One loop sends the batches. It was started with the ledger and not by a call, so it never runs inside a caller's
 * transaction. A call holds its place: what is posted first is decided first, within this process.
 */
export function createCoalescer({ storage, clock, limits = COALESCER_LIMITS }: CoalescerDeps): Coalescer {
  const line = createLine(limits.batch)
  let waiting = 0
  const arrival = createSignal()
  const idle = createSignal()
  let answer = nothingToSay
  const tellIdle = () => {
    if (waiting === 0) idle.fire()
  }
  const park = createParkedLine({
    post: (calls) => postParked({ storage, clock }, calls),
    limits,
    onEmpty: tellIdle,
  })

  const run = async (): Promise<never> => {
    let next: PreparedBatch | null = null
    for (;;) {
      if (next === null && line.isEmpty()) {
        answer()
        answer = nothingToSay
        tellIdle()
        await arrival.wait()
      }
      const sent = postBatch({ storage, clock, park }, next ?? { calls: line.take(), prepared: null })
      next = null
      if (answer !== nothingToSay) {
        // The next batch leaves first: answering the last one, and all that callers then do, happens meanwhile.
        await nextTurn()
        answer()
        // What callers sent at once makes the batch after it. One that is full is made ready now.
        await nextTurn()
        if (line.isFull()) next = prepareCalls({ storage, clock }, line.take())
      }
      answer = await sent
    }
  }
  void run()

  return {
    post: async (transfers) => {
      if (waiting + transfers.length > limits.waiting)
        throw new LastroError('ledger_busy', { waiting, limit: limits.waiting })
      waiting += transfers.length
      try {
        // Reads nothing, and is refused where a transaction is open in this call: it may hold what the batch waits for.
        await storage.read(nothing)
      } catch (error) {
        waiting -= transfers.length
        tellIdle()
        throw error
      }
      return new Promise((resolve, reject) => {
        const answerCall = (outcome: CallOutcome) => {
          waiting -= transfers.length
          if (outcome.ok) resolve(outcome.results)
          else reject(outcome.error)
        }
        line.push({ transfers, answer: answerCall })
        arrival.fire()
      })
    },
    drain: async () => {
      if (waiting === 0) return
      await idle.wait()
      // Those who were answered last go first.
      await nextTurn()
    },
  }
}

/** Calls in the order in which they came, and the batches made of them. */
function createLine(limit: number): {
  push(call: WaitingCall): void
  isEmpty(): boolean
  /** Whether the next batch cannot grow any more. */
  isFull(): boolean
  take(): readonly WaitingCall[]
} {
  let queue: WaitingCall[] = []
  return {
    push: (call) => {
      queue.push(call)
    },
    isEmpty: () => queue.length === 0,
    isFull: () =>
      queue.length >= limit || queue.reduce((sum, { transfers }) => sum + transfers.length, 0) >= limit,
    take: () => {
      const { taken, rest } = takeBatch(queue, limit)
      queue = rest
      return taken
    },
  }
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

/** A line of their own for calls that wait for somebody else's transaction. */
function createParkedLine({
  post,
  limits,
  onEmpty,
}: {
  readonly post: (calls: readonly WaitingCall[]) => Promise<void>
  readonly limits: CoalescerLimits
  readonly onEmpty: () => void
}): (calls: readonly WaitingCall[]) => void {
  let parked: WaitingCall[] = []
  let isRunning = false
  const run = async (): Promise<void> => {
    isRunning = true
    while (parked.length > 0) {
      const { taken, rest } = takeBatch(parked, limits.batch)
      parked = rest
      await post(taken)
    }
    isRunning = false
    onEmpty()
  }
  return (calls) => {
    parked = [...parked, ...calls]
    if (!isRunning) void run()
  }
}

function nothingToSay(): void {}

async function nothing(): Promise<void> {}

/** The calls from the head of the queue that fit one batch: at least one, however large. */
function takeBatch(
  queue: readonly WaitingCall[],
  limit: number,
): { readonly taken: readonly WaitingCall[]; readonly rest: WaitingCall[] } {
  let count = 0
  const end = queue.findIndex(({ transfers }, index) => {
    count += transfers.length
    return index > 0 && count > limit
  })
  return end === -1 ? { taken: queue, rest: [] } : { taken: queue.slice(0, end), rest: queue.slice(end) }
}
