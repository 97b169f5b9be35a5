import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import type { Drift, DriftFacts } from './drift.ts'
import { judgeBatch } from './judge-batch.ts'

const LINE = 'line:'

/** Which of these differences are still there, as they are now, and which are gone. */
export async function recheck<T extends ReconciliationWork>(
  deps: Pick<ReconciliationDeps<T>, 'clock' | 'options'>,
  tx: T,
  known: { readonly provider: string; readonly listedAfterMs: number; readonly drifts: readonly Drift[] },
): Promise<{ readonly there: readonly DriftFacts[]; readonly gone: readonly Drift[] }> {
  const { provider, listedAfterMs, drifts } = known
  const subjects = drifts.map(({ subject }) => subject)
  const refs = [
    ...subjects.filter((subject) => subject.startsWith(LINE)).map((subject) => subject.slice(LINE.length)),
    ...drifts.flatMap((drift) => drift.refs),
  ]
  const items = subjects.filter((subject) => !subject.startsWith(LINE) && !subject.startsWith('posting:'))
  const judged = await judgeBatch(deps, tx, { provider, listedAfterMs, refs: [...new Set(refs)], items })
  const there = new Map(judged.drifts.map((drift) => [`${drift.class} ${drift.subject}`, drift]))
  // A posting without a row stays: only a row of ours would explain it, and the run that reads its account looks again.
  const isThere = (drift: Drift) =>
    drift.kind === 'posting' ? true : there.has(`${drift.class} ${drift.subject}`)
  return {
    there: drifts.flatMap((drift) => there.get(`${drift.class} ${drift.subject}`) ?? []),
    gone: drifts.filter((drift) => !isThere(drift)),
  }
}
