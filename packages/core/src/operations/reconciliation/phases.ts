import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import type { DriftFacts } from './drift.ts'
import { finishRun } from './finish.ts'
import { judgeBatch } from './judge-batch.ts'
import { recheck } from './recheck.ts'
import type { AccountSpan, Phase, Progress, ReconciliationRun } from './run.ts'
import { endDrifts, seeDrifts } from './see.ts'
import { accountsOf } from './spans.ts'
import type { AccountMove } from './store.ts'
import { countFound, explain } from './sums.ts'

/** How a batch ended: what changes of the run. A null place: the phase is over. */
export type Step = Pick<ReconciliationRun, 'place' | 'progress'> & Partial<ReconciliationRun>

type Batch = <T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  run: ReconciliationRun,
) => Promise<Step>

const BATCH = 1_000

const compareLines =
  (which: 'read' | 'waiting'): Batch =>
  async (deps, tx, run: ReconciliationRun) => {
    const { provider, listedAfterMs, place, readFrom, readTo } = run
    const page = { provider, from: readFrom, to: readTo, after: place, limit: BATCH, which }
    const { refs, next } = await tx.reconciliation.lineRefs(page)
    const judged = await judgeBatch(deps, tx, { provider, listedAfterMs, readAt: run.beganAt, refs })
    const open = judged.lines.filter(({ verdict }) => verdict.bucket === 'in_flight').map(({ ref }) => ref)
    await tx.reconciliation.markOpen({ provider, refs, open })
    const fresh = await seeDrifts(deps, tx, { provider, run: run.id, drifts: judged.drifts })
    let progress = countFound(run.progress, fresh)
    for (const { occurredAt, state, asset, amount, fee, isGone, verdict } of judged.lines) {
      if (which === 'waiting' || isGone || occurredAt < run.from || occurredAt >= run.to) continue
      const { bucket } = verdict
      progress = {
        ...progress,
        lines: { ...progress.lines, [state]: progress.lines[state] + 1 },
        agreed: progress.agreed + (bucket === 'agreed' || bucket === 'fees_untold' ? 1 : 0),
        inFlight: progress.inFlight + (bucket === 'in_flight' ? 1 : 0),
      }
      if (state === 'settled')
        progress = explain(progress, { asset, bucket, amount: 0n, told: amount - (fee ?? 0n) })
    }
    return { place: next, progress }
  }

/** `<index of the account>:<version of its last transfer that was compared>`. */
function readPlace(place: string | null, spans: readonly AccountSpan[]) {
  const [index = '0', version] = (place ?? '0').split(':')
  const at = Number.parseInt(index, 10)
  const span = spans[at]
  return { at, span, after: version === undefined ? span?.versions.readFrom : BigInt(version) }
}

const compareLedger: Batch = async (deps, tx, run: ReconciliationRun) => {
  const { provider, listedAfterMs } = run
  const accounts = run.progress.accounts ?? (await accountsOf(tx, run))
  const start: Progress = { ...run.progress, accounts }
  const { at, span, after } = readPlace(run.place, accounts)
  if (span === undefined || after === undefined) return { place: null, progress: start }
  const { account, asset, versions } = span
  const { moves, next } = await tx.reconciliation.moves({ account, after, to: versions.readTo, limit: BATCH })
  const items = [...new Set(moves.flatMap(({ item }) => (item === null ? [] : [item])))]
  const judged = await judgeBatch(deps, tx, { provider, listedAfterMs, readAt: run.beganAt, items })
  const orphans = moves.filter(({ item }) => item !== null && !judged.items.has(item))
  const drifts = [...judged.drifts, ...orphans.map((move) => orphanDrift(move, asset))]
  const fresh = await seeDrifts(deps, tx, { provider, run: run.id, drifts })
  let progress = countFound(start, fresh)
  const untold = new Set<string>()
  for (const { version, item, amount } of moves) {
    if (version <= versions.from || version > versions.to) continue
    const verdict = item === null ? undefined : judged.items.get(item)
    const bucket = item === null ? 'other_postings' : (verdict?.bucket ?? 'ledger')
    if (item !== null && bucket === 'in_flight' && verdict?.isTold === false) untold.add(item)
    progress = explain(progress, { asset, bucket, amount, told: 0n })
  }
  progress = { ...progress, inFlight: progress.inFlight + untold.size }
  if (next !== null) return { place: `${at}:${next}`, progress }
  return { place: at + 1 < accounts.length ? `${at + 1}` : null, progress }
}

/** A posting of a rail that no row of ours explains. */
function orphanDrift(move: AccountMove, asset: AccountSpan['asset']): DriftFacts {
  const { transfer, cause, amount, bookedAt } = move
  return {
    class: 'ledger',
    subject: `posting:${transfer}`,
    kind: 'posting',
    paymentId: cause.startsWith('pay_') ? cause : null,
    payoutId: cause.startsWith('pout_') ? cause : null,
    refs: [],
    asset,
    ours: null,
    theirs: null,
    ledger: amount,
    detail: `${transfer} was booked at ${bookedAt.toISOString()}, and no row of ours explains it`,
    occurredAt: bookedAt,
  }
}

/** Differences that this run has not come upon: of other times, or gone. */
const compareOpen: Batch = async (deps, tx, run: ReconciliationRun) => {
  const { provider, listedAfterMs, id, place, beganAt: readAt } = run
  const drifts = await tx.reconciliation.unseenDrifts({ provider, run: id, after: place, limit: BATCH })
  const { there, gone } = await recheck(deps, tx, { provider, listedAfterMs, readAt, drifts })
  const fresh = await seeDrifts(deps, tx, { provider, run: id, drifts: there })
  const ended = await endDrifts(deps, tx, gone)
  const progress = countFound(run.progress, fresh)
  const next = drifts.length < BATCH ? null : (drifts.at(-1)?.id ?? null)
  return { place: next, progress: { ...progress, closed: progress.closed + ended.length } }
}

/** What each phase does with one batch, inside a transaction. */
export const BATCHES: Readonly<Record<Exclude<Phase, 'read'>, Batch>> = {
  lines: compareLines('read'),
  waiting: compareLines('waiting'),
  ledger: compareLedger,
  open: compareOpen,
  finish: finishRun,
}
