import { pack } from '../../platform/codec.ts'
import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { move } from '../../platform/machine/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import { type ContractEventPage, isProviderError } from '../../spec/index.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import { ensureStream } from './ensure-stream.ts'
import { readStreamJob } from './jobs.ts'
import { keepPage } from './keep-page.ts'
import type { ResolvedStream } from './options.ts'
import { type RelayerGap, type StreamRow, streamMachine } from './stream.ts'
import { tellGapSeen, tellHalted } from './tell.ts'

/** First wait after a look that failed, and the longest. */
const WAIT = { baseMs: 5_000, maxMs: 300_000 }

type PageOf<K> = Extract<ContractEventPage, { kind: K }>

/** One look at a stream: pages are read outside of any transaction, and each is kept in one. */
export function readStream<T extends RelayerWork>(context: RelayerContext<T>): JobHandler {
  return handle(readStreamJob, async ({ stream: name }, { signal }) => {
    const stream = context.options.streams.get(name)
    if (stream === undefined) return
    try {
      if (!(await follow(context, stream, signal))) return
    } catch (error) {
      if (!isProviderError(error)) throw error
      return noteFailure(context, { name, error: describeError(error) })
    }
    await context.storage.transaction((tx) =>
      tx.jobs.enqueue(readStreamJob, { stream: name }, { dedupeKey: name }),
    )
  })
}

/** True when there is more than one run reads. */
async function follow<T extends RelayerWork>(
  context: RelayerContext<T>,
  stream: ResolvedStream,
  signal: AbortSignal,
): Promise<boolean> {
  const { port, rail } = sourceOf(context, stream.provider)
  for (let left = context.options.pagesPerRun; left > 0 && !signal.aborted; left -= 1) {
    const row = await ensureStream(context, stream, signal)
    if (row.state === 'halted' || isWaiting(row, context.clock.now())) return false
    const { filter, after } = row
    const limit = context.options.pageLimit
    const page = await rail.read('contractEvents.read', () => port.read({ filter, after, limit, signal }))
    if (!(await context.storage.transaction((tx) => keepLook(context, tx, { row, page })))) return false
  }
  return !signal.aborted
}

const isWaiting = ({ retryAt }: StreamRow, now: Date) => retryAt !== null && retryAt > now

/** What was read is kept when the stream is still where the reading began. True when there may be more. */
async function keepLook<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { row, page }: { readonly row: StreamRow; readonly page: ContractEventPage },
): Promise<boolean> {
  const now = await tx.relayer.lockStream(row.name)
  const isThere = now !== null && pack([now.after, now.filter]) === pack([row.after, row.filter])
  if (!isThere || now.state === 'halted') return false
  const at = context.clock.now()
  const { oldest, latest } = page.range
  const answered = {
    ...now,
    oldest,
    latest,
    readAt: at,
    failures: 0,
    error: null,
    retryAt: null,
    updatedAt: at,
  }
  if (page.kind === 'page') return keepEvents(context, tx, { row: answered, page })
  if (page.kind === 'gap') return keepGap(context, tx, { row: answered, page })
  return keepLag(context, tx, answered)
}

const moved = (row: StreamRow, event: 'more' | 'tip' | 'lag' | 'reset' | 'resume') =>
  move(streamMachine, { id: row.name, state: row.state }, event)

async function keepEvents<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { row, page }: { readonly row: StreamRow; readonly page: PageOf<'page'> },
): Promise<boolean> {
  const { provider } = row
  const { events, cursor, scannedTo, isAtTip } = page
  const { relayed, duplicates } = await keepPage(context, tx, { provider, events, isReread: false })
  await tx.relayer.saveStream({
    ...row,
    state: moved(row, isAtTip ? 'tip' : 'more'),
    after: { cursor },
    scannedTo,
    relayed: row.relayed + BigInt(relayed),
    duplicates: row.duplicates + BigInt(duplicates),
  })
  return !isAtTip
}

/** The stream goes on behind the gap, which is a row of its own. */
async function keepGap<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { row, page }: { readonly row: StreamRow; readonly page: PageOf<'gap'> },
): Promise<boolean> {
  const { name: stream, provider, filter, after } = row
  const { from, to } = page
  const at = context.clock.now()
  // The node forgot on while it was asked for what comes behind the last gap: it is one gap, which has grown.
  const grown = 'ledger' in after ? await tx.relayer.openGapEndingAt({ stream, to: from - 1n }) : null
  const gap: RelayerGap = grown ?? {
    id: context.ids.next('gap'),
    ...{ stream, provider, filter, from, to, reason: 'forgotten', state: 'open' },
    ...{ source: null, next: from, fills: 0, relayed: 0, seenAt: at, filledAt: null, updatedAt: at },
  }
  if (grown === null) await tx.relayer.addGap(gap)
  else await tx.relayer.saveGap({ ...grown, to, updatedAt: at })
  await tellGapSeen(context, tx, { ...gap, to })
  await tx.relayer.saveStream({
    ...row,
    state: moved(row, 'more'),
    after: { ledger: to + 1n },
    scannedTo: to,
  })
  return true
}

/** A node that lags is waited for. A network that began anew is not: a person decides. */
async function keepLag<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  row: StreamRow,
): Promise<boolean> {
  const ours = row.scannedTo ?? ('ledger' in row.after ? row.after.ledger : 0n)
  const isReset = ours - (row.latest ?? ours) > BigInt(context.options.resetAfterLedgers)
  const saved: StreamRow = { ...row, state: moved(row, isReset ? 'reset' : 'lag') }
  await tx.relayer.saveStream(saved)
  if (isReset) await tellHalted(context, tx, saved)
  return false
}

/** The place stays; the next look waits longer each time. */
async function noteFailure<T extends RelayerWork>(
  context: RelayerContext<T>,
  { name, error }: { readonly name: string; readonly error: string },
): Promise<void> {
  const at = context.clock.now()
  const failures = await context.storage.transaction(async (tx) => {
    const row = await tx.relayer.lockStream(name)
    if (row === null) return 1
    const waitMs = Math.min(WAIT.maxMs, WAIT.baseMs * 2 ** Math.min(row.failures, 16))
    const retryAt = new Date(at.getTime() + waitMs)
    await tx.relayer.saveStream({ ...row, failures: row.failures + 1, error, retryAt, updatedAt: at })
    return row.failures + 1
  })
  context.logger.warn({ stream: name, error, failures }, 'contract events could not be read, will look again')
}
