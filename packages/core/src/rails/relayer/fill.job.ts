import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { move } from '../../platform/machine/index.ts'
import type { ContractEventPage } from '../../spec/index.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import { fillGapJob } from './jobs.ts'
import { keepPage } from './keep-page.ts'
import { gapMachine, type RelayerGap } from './stream.ts'
import { tellFillRefused, tellGapFilled } from './tell.ts'

type PageOf<K> = Extract<ContractEventPage, { kind: K }>

/** Reads the ledgers of a gap. A provider's trouble fails the attempt; the gap remembers how far it came. */
export function fillGap<T extends RelayerWork>(context: RelayerContext<T>): JobHandler {
  return handle(fillGapJob, async ({ gap: id, stream }, { signal }) => {
    for (let left = context.options.pagesPerRun; left > 0 && !signal.aborted; left -= 1) {
      const gap = await context.storage.read((tx) => tx.relayer.gap(id))
      if (gap === null || gap.state !== 'filling' || gap.source === null) return
      const { port, rail } = sourceOf(context, gap.source)
      const after = gap.cursor === null ? { ledger: gap.from } : { cursor: gap.cursor }
      const { filter } = gap
      const limit = context.options.pageLimit
      const page = await rail.read('contractEvents.read', () => port.read({ filter, after, limit, signal }))
      const isMore = await context.storage.transaction((tx) => keepFill(context, tx, { gap, page }))
      if (!isMore) return
    }
    await context.storage.transaction((tx) => tx.jobs.enqueue(fillGapJob, { gap: id, stream }))
  })
}

async function keepFill<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, page }: { readonly gap: RelayerGap; readonly page: ContractEventPage },
): Promise<boolean> {
  // The stream's row stands for all that is relayed of it: one writer at a time.
  await tx.relayer.lockStream(gap.stream)
  const now = await tx.relayer.lockGap(gap.id)
  const isThere = now?.state === 'filling' && now.fills === gap.fills && now.cursor === gap.cursor
  if (now === null || !isThere) return false
  if (page.kind === 'page') return keepEvents(context, tx, { gap: now, page })
  if (page.kind === 'gap') return keepRefusal(context, tx, { gap: now, page })
  throw new Error(`provider ${askedOf(now)} has not reached ledger ${now.from} yet`)
}

const askedOf = ({ source, provider }: RelayerGap) => source ?? provider
const moved = (gap: RelayerGap, event: 'fill' | 'end' | 'refuse') => move(gapMachine, gap, event)

async function keepEvents<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, page }: { readonly gap: RelayerGap; readonly page: PageOf<'page'> },
): Promise<boolean> {
  const { provider, from, to } = gap
  const events = page.events.filter(({ ledger }) => ledger >= from && ledger <= to)
  const kept = await keepPage(context, tx, { provider, events, run: `${gap.id}:${gap.fills}` })
  const at = context.clock.now()
  const next = { ...gap, cursor: page.cursor, relayed: gap.relayed + kept.relayed, updatedAt: at }
  if (page.scannedTo < to) {
    await tx.relayer.saveGap(next)
    if (page.isAtTip) throw new Error(`provider ${askedOf(gap)} has not reached ledger ${to} yet`)
    return true
  }
  const filled: RelayerGap = { ...next, state: moved(gap, 'end'), filledAt: at }
  await tx.relayer.saveGap(filled)
  await tellGapFilled(context, tx, filled)
  return false
}

/** Who was asked has lost it too. What it still has of it becomes a gap of its own, which it fills. */
async function keepRefusal<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, page }: { readonly gap: RelayerGap; readonly page: PageOf<'gap'> },
): Promise<boolean> {
  const at = context.clock.now()
  const open = { ...gap, state: moved(gap, 'refuse'), cursor: null, updatedAt: at }
  if (page.to >= gap.to) {
    await tx.relayer.saveGap(open)
    await tellFillRefused(context, tx, open)
    return false
  }
  const rest: RelayerGap = { ...gap, id: context.ids.next('gap'), from: page.to + 1n, cursor: null, updatedAt: at }
  await tx.relayer.saveGap({ ...open, to: page.to })
  await tx.relayer.addGap(rest)
  await tellFillRefused(context, tx, { ...open, to: page.to })
  await tx.jobs.enqueue(fillGapJob, { gap: rest.id, stream: rest.stream })
  return false
}
