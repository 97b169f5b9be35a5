import { itemDrift, judge, judgeLine, lineDrift, type Terms, type Verdict } from './classify.ts'
import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import type { DriftFacts } from './drift.ts'
import { termsOf } from './options.ts'
import type { ItemFacts, ToldLine } from './store.ts'

/** What a batch found: verdicts by the name of each thing, by the ref of each line without one, and the drifts. */
export interface Judged {
  readonly items: ReadonlyMap<string, Verdict & { readonly isTold: boolean }>
  readonly lines: readonly (ToldLine & { readonly verdict: Verdict })[]
  readonly drifts: readonly DriftFacts[]
}

/** Judges lines with what of ours they are, and things of ours with their lines. */
export async function judgeBatch<T extends ReconciliationWork>(
  deps: Pick<ReconciliationDeps<T>, 'clock' | 'options'>,
  tx: T,
  batch: {
    readonly provider: string
    readonly listedAfterMs: number
    /** When the reading of the statement began. */
    readonly readAt: Date
    readonly refs?: readonly string[]
    readonly items?: readonly string[]
  },
): Promise<Judged> {
  const { provider, listedAfterMs, readAt, refs = [], items = [] } = batch
  const store = tx.reconciliation
  const { toleranceMs, staleAfterMs } = termsOf(deps.options ?? {}, provider)
  const terms: Terms = { at: deps.clock.now(), readAt, listedAfterMs, toleranceMs, staleAfterMs }
  await store.matchLines({ provider, refs })
  const lines = await store.lines({ provider, refs })
  const named = lines.flatMap(({ item }) => (item === null ? [] : [item]))
  const coverage = await store.coverage(provider)
  const wanted = [...new Set([...items, ...named])]
  const facts = await factsOf(tx, { provider, coverage, toleranceMs, items: wanted })
  const verdicts = new Map(
    facts.map((fact) => [fact.item, { ...judge(fact, terms), isTold: fact.refs.length > 0 }]),
  )
  const judgedLines = lines.map((line) => {
    const verdict = (line.item === null ? undefined : verdicts.get(line.item)) ?? judgeLine(line, terms)
    return { ...line, verdict }
  })
  const missing = judgedLines.filter(
    ({ item, verdict }) => verdict.bucket === 'missing_here' && (item === null || !verdicts.has(item)),
  )
  return {
    items: verdicts,
    lines: judgedLines,
    drifts: [
      ...facts.flatMap((fact) =>
        (verdicts.get(fact.item)?.classes ?? []).map((drift) => itemDrift(fact, drift)),
      ),
      ...missing.map(lineDrift),
    ],
  }
}

/**
 * Facts of things. A line that was stored before we knew of its thing is matched first: nothing is missing there because
 * of the order in which two sides learnt of it.
 */
async function factsOf(
  tx: ReconciliationWork,
  query: Parameters<ReconciliationWork['reconciliation']['facts']>[0],
): Promise<readonly ItemFacts[]> {
  const { provider } = query
  const facts = await tx.reconciliation.facts(query)
  const isUntold = ({ standing, refs, ref }: ItemFacts) =>
    standing === 'settled' && refs.length === 0 && ref !== null
  const untold = facts.filter(isUntold).flatMap(({ ref }) => (ref === null ? [] : [ref]))
  if (untold.length === 0) return facts
  const known = await tx.reconciliation.lines({ provider, refs: untold })
  if (known.length === 0) return facts
  await tx.reconciliation.matchLines({ provider, refs: known.map(({ ref }) => ref) })
  return tx.reconciliation.facts(query)
}
