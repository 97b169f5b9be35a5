import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import type { Drift, DriftFacts } from './drift.ts'
import { judgeBatch } from './judge-batch.ts'

const LINE = 'line:'
const POSTING = 'posting:'

/** What is there of the things that these differences are about, as it is now, and which of them are gone. */
export async function recheck<T extends ReconciliationWork>(
  deps: Pick<ReconciliationDeps<T>, 'clock' | 'options'>,
  tx: T,
  known: {
    readonly provider: string
    readonly listedAfterMs: number
    readonly readAt: Date
    readonly drifts: readonly Drift[]
  },
): Promise<{ readonly there: readonly DriftFacts[]; readonly gone: readonly Drift[] }> {
  const { provider, listedAfterMs, readAt, drifts } = known
  const subjects = drifts.map(({ subject }) => subject)
  const refs = [
    ...subjects.filter((subject) => subject.startsWith(LINE)).map((subject) => subject.slice(LINE.length)),
    ...drifts.flatMap((drift) => drift.refs),
  ]
  const own = subjects.filter((subject) => !subject.startsWith(LINE) && !subject.startsWith(POSTING))
  const postings = subjects.filter((subject) => subject.startsWith(POSTING))
  const transfers = postings.map((subject) => subject.slice(POSTING.length))
  const itemOf = new Map(
    (await tx.reconciliation.itemsOf(transfers)).map(({ transfer, item }) => [transfer, item]),
  )
  const explained = [...itemOf.values()].flatMap((item) => (item === null ? [] : [item]))
  const items = [...new Set([...own, ...explained])]
  const batch = { provider, listedAfterMs, readAt, refs: [...new Set(refs)], items }
  const judged = await judgeBatch(deps, tx, batch)
  const there = new Map(judged.drifts.map((drift) => [`${drift.class} ${drift.subject}`, drift]))
  const isThere = ({ class: name, subject }: Drift) => {
    if (!subject.startsWith(POSTING)) return there.has(`${name} ${subject}`)
    // A posting without a row is there until a row of ours explains it.
    return !judged.items.has(itemOf.get(subject.slice(POSTING.length)) ?? '')
  }
  return {
    there: judged.drifts,
    gone: drifts.filter((drift) => !isThere(drift)),
  }
}
