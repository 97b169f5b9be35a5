import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { PaymentId } from '../../rails/payments/index.ts'
import type { PayoutId } from '../../rails/payouts/index.ts'
import { type ReconciliationDeps, type ReconciliationWork, statementsOf } from './context.ts'
import { isLive } from './dismiss.ts'
import type { Drift, DriftId } from './drift.ts'
import { repairDrift } from './jobs.ts'
import { recheck } from './recheck.ts'
import { endDrifts } from './see.ts'

/** Mends a difference by asking the provider. What it does not confirm is not booked. */
export function repairJob<T extends ReconciliationWork>(deps: ReconciliationDeps<T>): JobHandler {
  return handle(repairDrift, async ({ driftId }) => {
    const drift = await deps.storage.read((tx) => tx.reconciliation.getDrift(driftId))
    if (drift === null || !isLive(drift)) return
    const news = await ask(deps, drift)
    await deps.storage.transaction((tx) => learn(deps, tx, { driftId, news }))
  })
}

type News<T> = ((tx: T) => Promise<unknown>) | null

/** Asks outside any transaction. Answers the write that follows, where the rail has not made it already. */
async function ask<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  drift: Drift,
): Promise<News<T>> {
  const { id, provider, repair, paymentId, payoutId } = drift
  if (repair === 'verify' && paymentId !== null) await deps.payments.verify(paymentId as PaymentId)
  if (repair !== 'ask' || payoutId === null) return null
  const payout = await deps.storage.read((tx) => tx.payouts.get(payoutId as PayoutId))
  const ref = payout?.providerRef ?? payout?.endToEndId ?? null
  const told = ref === null ? null : await deps.payouts.ask({ provider, ref })
  if (told === null) return null
  return (tx) => deps.payouts.applyEvent(tx, { provider, event: { kind: 'payout', ...told }, delivery: id })
}

/** Compares again: gone is mended. */
async function learn<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  { driftId, news }: { readonly driftId: DriftId; readonly news: News<T> },
): Promise<void> {
  const drift = await tx.reconciliation.lockDrift(driftId)
  if (drift === null || !isLive(drift)) return
  await news?.(tx)
  const { provider } = drift
  const tried = { ...drift, attempts: drift.attempts + 1, version: drift.version + 1 }
  const listedAfterMs = statementsOf(deps, provider)?.port.listedAfterMs ?? 0
  const { gone } = await recheck(deps, tx, { provider, listedAfterMs, drifts: [drift] })
  const isGone = gone.length > 0
  const trouble = isGone ? null : 'the provider was asked, and the difference is still there'
  await tx.reconciliation.updateDrift({ ...tried, state: isGone ? tried.state : 'open', trouble })
  if (isGone) await endDrifts(deps, tx, [tried])
}
