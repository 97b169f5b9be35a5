import type { Json } from '../../platform/events/index.ts'
import { type AssetId, Money } from '../../spec/index.ts'
import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import type { DriftClass } from './drift.ts'
import { termsOf } from './options.ts'
import type { BalanceReport, Bucket, Progress, ReconciliationReport, ReconciliationRun } from './run.ts'
import type { DriftSum } from './store.ts'

/** Ends a run: hints, the report, and the event. */
export async function finishRun<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  run: ReconciliationRun,
): Promise<Pick<ReconciliationRun, 'place' | 'progress' | 'report' | 'completedAt'>> {
  const { id, provider } = run
  const at = deps.clock.now()
  const withinMs = Math.max(termsOf(deps.options ?? {}, provider).toleranceMs, HINT_MS)
  await tx.reconciliation.suggest({ provider, run: id, withinMs })
  const report = reportOf(run, await tx.reconciliation.driftSums(provider))
  await tx.events.append({
    type: 'reconciliation.completed',
    subject: id,
    correlation: id,
    data: report as unknown as { readonly [key: string]: Json },
    at,
  })
  return { place: null, progress: run.progress, report, completedAt: at }
}

/** How far apart a line and something of ours may be to be hinted at. */
const HINT_MS = 86_400_000

function reportOf(run: ReconciliationRun, sums: readonly DriftSum[]): ReconciliationReport {
  const { lines, agreed, inFlight, closed } = run.progress
  const balances = balancesOf(run.progress)
  const of = (name: DriftClass) => {
    const own = sums.filter((sum) => sum.class === name)
    return {
      found: run.progress.found[name] ?? 0,
      open: own.reduce((count, sum) => count + sum.count, 0),
      sums: own.map(({ sum, asset }) => Money.toJson(Money.of(sum, asset))),
    }
  }
  const drifts = {
    duplicate: of('duplicate'),
    missing_here: of('missing_here'),
    missing_there: of('missing_there'),
    state: of('state'),
    amount: of('amount'),
    timing: of('timing'),
    ledger: of('ledger'),
  }
  return {
    run: run.id,
    provider: run.provider,
    from: run.from.toISOString(),
    to: run.to.toISOString(),
    lines,
    agreed,
    inFlight,
    drifts,
    closed,
    balances,
    isClean: sums.length === 0 && balances.every(({ unexplained }) => unexplained.amount === '0'),
  }
}

/** What the ledger has against what the statement comes to, for each asset that either of them knows. */
function balancesOf({ accounts, sums }: Progress): readonly BalanceReport[] {
  const spans = accounts ?? []
  const assets = [
    ...new Set([...spans.map(({ asset }) => asset), ...(Object.keys(sums) as AssetId[])]),
  ].sort()
  return assets.map((asset) => {
    const own = spans.filter((span) => span.asset === asset)
    const opening = own.reduce((sum, span) => sum + span.opening, 0n)
    const closing = own.reduce((sum, span) => sum + span.closing, 0n)
    const { told = 0n, by = {} } = sums[asset] ?? {}
    const difference = closing - opening - told
    const parts = Object.entries(by) as [Bucket, bigint][]
    const unexplained = parts.reduce((left, [, amount]) => left - amount, difference)
    const json = (amount: bigint) => Money.toJson(Money.of(amount, asset))
    const named = parts
      .filter(([, amount]) => amount !== 0n)
      .map(([bucket, amount]) => [bucket, json(amount)])
    return {
      asset,
      accounts: own.map(({ account }) => account),
      opening: json(opening),
      movements: json(told),
      expected: json(opening + told),
      closing: json(closing),
      difference: json(difference),
      explained: Object.fromEntries(named),
      unexplained: json(unexplained),
    }
  })
}
