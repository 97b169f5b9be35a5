import { sleep } from '../../platform/node.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import type { LedgerTx, PreparedTransfers } from './store.ts'
import type { NewTransfer, TransferResult } from './transfer.ts'

/** One call of `post`, waiting for its results. */
export interface WaitingCall {
  readonly transfers: readonly NewTransfer[]
  /** Called once, with the results or with the error of this call. */
  answer(outcome: CallOutcome): void
}

/** What became of one call. */
export type CallOutcome =
  | { readonly ok: true; readonly results: readonly TransferResult[] }
  | { readonly ok: false; readonly error: unknown }

/** How often one and the same batch is sent. */
const ATTEMPTS = 3
/** Failures in a row, however the batch was cut, after which it is not one call's fault. */
const FAILURES = 14
/** The wait before a batch is sent again, in milliseconds; grows with every time. */
const PAUSE_MS = 20
/** How long a batch waits for an account that somebody else holds, and how long its parts do once it was cut. */
const LOCK_MS = { batch: 1_000, part: 100 } as const

/**
 * What a failure says, by the class of its SQLSTATE. `again`: nothing was wrong with the batch, and it may even be in
 * the books. `held`: an account is held by another transaction. Everything else: something in the batch was wrong.
 */
const CLASSES: Readonly<Record<string, 'again' | 'held'>> = {
  '08': 'again', // connection
  '40': 'again', // lost a race
  '53': 'again', // out of resources
  '55': 'held', // lock timeout
  '57': 'again', // the server stops, or was told to cancel
  '58': 'again', // disk
}

type Fault = 'again' | 'held' | 'wrong'

/** What posting a batch needs. */
export interface PostDeps {
  readonly storage: UnitOfWork<LedgerTx>
  readonly clock: Clock
}

/**
 * Posts calls as one batch. What it answers tells each call its outcome, when it is called; it never fails. Where the
 * batch fails as a whole it is sent again or cut in two, so that only the call that is at fault gets the error. Calls
 * that wait for an account which somebody else holds are given to `park`, so that nobody waits behind them.
 *
 * Sending again is safe whatever became of the first time: ids are booked once, and what a lost connection had
 * committed answers `exists`.
 */
export async function postBatch(
  deps: PostDeps & { readonly park: (calls: readonly WaitingCall[]) => void },
  { calls, prepared }: PreparedBatch,
): Promise<() => void> {
  const run = { failures: 0 }
  const says: (() => void)[] = []
  const send = async (part: readonly WaitingCall[]): Promise<void> => {
    const lockMs = run.failures === 0 ? LOCK_MS.batch : LOCK_MS.part
    const outcome = await attempt(deps, { part, prepared: part === calls ? prepared : null, run, lockMs })
    if ('results' in outcome) {
      says.push(() => answerLater(part, outcome.results))
      return
    }
    const half = part.length >> 1
    const isEnd = half === 0 || outcome.fault === 'again' || run.failures >= FAILURES
    if (isEnd && outcome.fault === 'held') return deps.park(part)
    if (isEnd) {
      says.push(() => failAll(part, outcome.error))
      return
    }
    await send(part.slice(0, half))
    await send(part.slice(half))
  }
  await send(calls)
  return () => {
    for (const say of says) say()
  }
}

/** Calls, and their transfers in the words of the store where there was time for that. */
export interface PreparedBatch {
  readonly calls: readonly WaitingCall[]
  readonly prepared: Promise<PreparedTransfers> | null
}

/** Makes calls ready to be posted as one batch, while another is under way. */
export function prepareCalls({ storage }: PostDeps, calls: readonly WaitingCall[]): PreparedBatch {
  const transfers = transfersOf(calls)
  const prepared = storage.read(async (tx) => tx.ledger.prepare(transfers))
  // It may fail before anybody waits for it: whoever sends it hears of that.
  prepared.catch(() => {})
  return { calls, prepared }
}

/** Posts calls that were parked, as one batch that waits as long as a transaction of the storage does; answers them. */
export async function postParked({ storage, clock }: PostDeps, calls: readonly WaitingCall[]): Promise<void> {
  const transfers = transfersOf(calls)
  try {
    answerAll(calls, await storage.transaction((tx) => tx.ledger.post({ transfers, at: clock.now() })))
  } catch (error) {
    failAll(calls, error)
  }
}

const transfersOf = (calls: readonly WaitingCall[]) => calls.flatMap((call) => call.transfers)

type Attempted =
  | { readonly results: () => readonly TransferResult[] }
  | { readonly error: unknown; readonly fault: Fault }

async function attempt(
  { storage, clock }: PostDeps,
  {
    part,
    prepared,
    run,
    lockMs,
  }: {
    readonly part: readonly WaitingCall[]
    readonly prepared: PreparedBatch['prepared']
    readonly run: { failures: number }
    readonly lockMs: number
  },
): Promise<Attempted> {
  for (let count = 1; ; count += 1) {
    try {
      const ready = prepared === null ? null : await prepared
      const at = clock.now()
      const send = (tx: LedgerTx, wait: { readonly lockMs?: number }) =>
        tx.ledger.send({ prepared: ready ?? tx.ledger.prepare(transfersOf(part)), at, ...wait })
      // The first time as a single statement, which is its own commit; then with the storage's own care for races.
      const results =
        count === 1
          ? await storage.read((tx) => send(tx, { lockMs }))
          : await storage.transaction((tx) => send(tx, {}))
      run.failures = 0
      return { results }
    } catch (error) {
      run.failures += 1
      const fault = faultOf(error)
      if (fault !== 'again' || count >= ATTEMPTS) return { error, fault }
      await sleep(PAUSE_MS * count * count, new AbortController().signal)
    }
  }
}

/** An error without an SQLSTATE never came from the database, such as a lost connection. */
function faultOf(error: unknown): Fault {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return 'again'
  return CLASSES[code.slice(0, 2)] ?? 'wrong'
}

/** The results are made here, when the next batch is under way. */
function answerLater(part: readonly WaitingCall[], results: () => readonly TransferResult[]): void {
  try {
    answerAll(part, results())
  } catch (error) {
    failAll(part, error)
  }
}

function answerAll(part: readonly WaitingCall[], results: readonly TransferResult[]): void {
  let from = 0
  for (const call of part) {
    const to = from + call.transfers.length
    call.answer({ ok: true, results: results.slice(from, to) })
    from = to
  }
}

function failAll(part: readonly WaitingCall[], error: unknown): void {
  for (const call of part) call.answer({ ok: false, error })
}
