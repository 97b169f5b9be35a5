import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { move } from '../../platform/machine/index.ts'
import type { ContractEvent, ContractEventPage } from '../../spec/index.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import { fillGapJob } from './jobs.ts'
import { keepPage } from './keep-page.ts'
import { gapMachine, type RelayerGap } from './stream.ts'
import { tellFillRefused, tellGapFilled } from './tell.ts'

/** Whole ledgers: every event of the gap up to and including one. */
interface WholeLedgers {
  readonly kind: 'whole'
  readonly events: readonly ContractEvent[]
  readonly scannedTo: bigint
  readonly isAtTip: boolean
}

type PageOf<K> = Extract<ContractEventPage, { kind: K }>
type Read = WholeLedgers | PageOf<'gap'> | PageOf<'behind'>

/** Pages that one ledger may fill. */
const MAX_PAGES = 200

/** Reads the ledgers of a gap. A provider's trouble fails the attempt; the gap remembers how far it came. */
export function fillGap<T extends RelayerWork>(context: RelayerContext<T>): JobHandler {
  return handle(fillGapJob, async ({ gap: id, stream }, { signal }) => {
    for (let left = context.options.pagesPerRun; left > 0 && !signal.aborted; left -= 1) {
      const gap = await context.storage.read((tx) => tx.relayer.gap(id))
      if (gap === null || gap.state !== 'filling') return
      const read = await readWhole(context, gap, signal)
      if (!(await context.storage.transaction((tx) => keepFill(context, tx, { gap, read })))) return
    }
    await context.storage.transaction((tx) => tx.jobs.enqueue(fillGapJob, { gap: id, stream }))
  })
}

/** Reads on until at least one ledger is whole: only then can events be counted that say the same. */
async function readWhole(
  context: Pick<RelayerContext, 'sources' | 'options'>,
  gap: RelayerGap,
  signal: AbortSignal,
): Promise<Read> {
  const { port, rail } = sourceOf(context, askedOf(gap))
  const { filter, next, to } = gap
  const limit = context.options.pageLimit
  const events: ContractEvent[] = []
  let after: Parameters<typeof port.read>[0]['after'] = { ledger: next }
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const request: Parameters<typeof port.read>[0] = { filter, after, limit, signal }
    const page: ContractEventPage = await rail.read('contractEvents.read', () => port.read(request))
    if (page.kind !== 'page') return page
    events.push(...page.events)
    const { scannedTo, isAtTip } = page
    const isWhole = ({ ledger }: ContractEvent) => ledger <= scannedTo && ledger <= to
    if (scannedTo >= next || isAtTip)
      return { kind: 'whole', events: events.filter(isWhole), scannedTo, isAtTip }
    after = { cursor: page.cursor }
  }
  throw new Error(`ledger ${next} has more events than are read at once: raise relayer.pageLimit`)
}

async function keepFill<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, read }: { readonly gap: RelayerGap; readonly read: Read },
): Promise<boolean> {
  // The stream's row stands for all that is relayed of it: one writer at a time.
  await tx.relayer.lockStream(gap.stream)
  const now = await tx.relayer.lockGap(gap.id)
  const isThere = now?.state === 'filling' && now.fills === gap.fills && now.next === gap.next
  if (now === null || !isThere) return false
  if (read.kind === 'whole') return keepLedgers(context, tx, { gap: now, read })
  if (read.kind === 'gap') return keepRefusal(context, tx, { gap: now, lostTo: read.to })
  throw new Error(`provider ${askedOf(now)} has not reached ledger ${now.next} yet`)
}

const askedOf = ({ source, provider }: RelayerGap) => source ?? provider
const moved = (gap: RelayerGap, event: 'end' | 'refuse') => move(gapMachine, gap, event)

async function keepLedgers<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, read }: { readonly gap: RelayerGap; readonly read: WholeLedgers },
): Promise<boolean> {
  const { provider, to } = gap
  const { events, scannedTo, isAtTip } = read
  // Nothing is kept of this attempt: the same ledgers are asked for again.
  if (isAtTip && scannedTo < to) throw new Error(`provider ${askedOf(gap)} has not reached ledger ${to} yet`)
  const kept = await keepPage(context, tx, { provider, events, isReread: true })
  const at = context.clock.now()
  const next = { ...gap, next: scannedTo + 1n, relayed: gap.relayed + kept.relayed, updatedAt: at }
  if (scannedTo < to) {
    await tx.relayer.saveGap(next)
    return true
  }
  const filled: RelayerGap = { ...next, next: to + 1n, state: moved(gap, 'end'), filledAt: at }
  await tx.relayer.saveGap(filled)
  await tellGapFilled(context, tx, filled)
  return false
}

/** Who was asked has lost it too. What it still has of it becomes a gap of its own, which it fills. */
async function keepRefusal<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, lostTo }: { readonly gap: RelayerGap; readonly lostTo: bigint },
): Promise<boolean> {
  const at = context.clock.now()
  const isPart = lostTo < gap.to
  const open: RelayerGap = {
    ...gap,
    from: gap.next,
    to: isPart ? lostTo : gap.to,
    state: moved(gap, 'refuse'),
    updatedAt: at,
  }
  await tx.relayer.saveGap(open)
  await tellFillRefused(context, tx, open)
  if (!isPart) return false
  const from = lostTo + 1n
  const rest: RelayerGap = {
    ...gap,
    id: context.ids.next('gap'),
    from,
    next: from,
    relayed: 0,
    updatedAt: at,
  }
  await tx.relayer.addGap(rest)
  await tx.jobs.enqueue(fillGapJob, { gap: rest.id, stream: rest.stream })
  return false
}
