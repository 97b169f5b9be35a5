import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import { type Drift, type DriftFacts, type DriftState, type Repair, repairOf } from './drift.ts'
import { repairDrift } from './jobs.ts'
import { type RepairPolicy, termsOf } from './options.ts'
import type { RunId } from './run.ts'

/** Where a difference begins: what only a person may mend is not proposed. */
function stateFor(repair: Repair, policy: RepairPolicy): DriftState {
  return repair !== 'person' && policy === 'propose' ? 'proposed' : 'open'
}

/** Writes what a batch found; tells what is new, and begins the repairs that need nobody's yes. */
export async function seeDrifts<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  seen: { readonly provider: string; readonly run: RunId; readonly drifts: readonly DriftFacts[] },
): Promise<readonly Drift[]> {
  const { provider, run } = seen
  const at = deps.clock.now()
  const { policyOf } = termsOf(deps.options ?? {}, provider)
  // One row for each, however often a batch came upon it.
  const bySubject = new Map(seen.drifts.map((drift) => [`${drift.class} ${drift.subject}`, drift]))
  const drifts = [...bySubject.values()].map((drift) => {
    const repair = repairOf(drift)
    return { ...drift, id: deps.ids.next('drf'), repair, state: stateFor(repair, policyOf(drift.class)) }
  })
  const fresh = await tx.reconciliation.seeDrifts({ provider, run, at, drifts })
  for (const drift of fresh) {
    const { id, subject, repair, paymentId, payoutId } = drift
    await tx.events.append({
      type: 'reconciliation.drift_found',
      subject: id,
      correlation: paymentId ?? payoutId ?? id,
      data: { provider, class: drift.class, about: subject, repair, run },
      at,
    })
  }
  const automatic = fresh.filter(
    (drift) => drift.repair !== 'person' && policyOf(drift.class) === 'automatic',
  )
  if (automatic.length > 0)
    await tx.jobs.enqueueMany(
      repairDrift,
      automatic.map(({ id }) => ({ driftId: id })),
    )
  return fresh
}

/** Ends differences that are gone: mended where a repair was tried, else by themselves. */
export async function endDrifts<T extends ReconciliationWork>(
  deps: Pick<ReconciliationDeps<T>, 'clock'>,
  tx: T,
  drifts: readonly Drift[],
): Promise<readonly Drift[]> {
  const at = deps.clock.now()
  const ended = await tx.reconciliation.endDrifts({ ids: drifts.map(({ id }) => id), at })
  for (const { id, provider, subject, paymentId, payoutId, state, class: drift } of ended) {
    await tx.events.append({
      type: state === 'repaired' ? 'reconciliation.drift_repaired' : 'reconciliation.drift_closed',
      subject: id,
      correlation: paymentId ?? payoutId ?? id,
      data: { provider, class: drift, about: subject },
      at,
    })
  }
  return ended
}
