import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { move } from '../../platform/machine/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { PaymentId } from '../../rails/payments/index.ts'
import type { PayoutId } from '../../rails/payouts/index.ts'
import { type ReconciliationDeps, type ReconciliationWork, statementsOf } from './context.ts'
import { isLive } from './dismiss.ts'
import { type Drift, type DriftId, driftMachine } from './drift.ts'
import { repairDrift } from './jobs.ts'
import { recheck } from './recheck.ts'
import { endDrifts } from './see.ts'

/** Mends a difference by asking the provider. What it does not confirm is not booked. */
export function repairJob<T extends ReconciliationWork>(deps: ReconciliationDeps<T>): JobHandler {
  return handle(repairDrift, async ({ driftId }, { isLastAttempt }) => {
    const drift = await deps.storage.read((tx) => tx.reconciliation.getDrift(driftId))
    if (drift === null || !isLive(drift)) return
    let news: News<T>
    try {
      news = await ask(deps, drift)
    } catch (error) {
      // Whoever looks at the difference reads there why nobody answered.
      const lost = { write: null, trouble: `the provider could not be asked: ${describeError(error)}` }
      if (isLastAttempt) await deps.storage.transaction((tx) => learn(deps, tx, { driftId, news: lost }))
      throw error
    }
    await deps.storage.transaction((tx) => learn(deps, tx, { driftId, news }))
  })
}

/** What asking came to: the write that follows, where the rail has not made it already, and why nothing may follow. */
interface News<T> {
  readonly write: ((tx: T) => Promise<unknown>) | null
  readonly trouble: string
}

const ASKED = 'the provider was asked, and the difference is still there'

/** Asks outside any transaction. */
async function ask<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  drift: Drift,
): Promise<News<T>> {
  const { id, provider, repair, paymentId, payoutId } = drift
  const nothing = (trouble: string) => ({ write: null, trouble })
  if (repair === 'verify' && paymentId !== null) {
    await deps.payments.verify(paymentId as PaymentId)
    return nothing(ASKED)
  }
  if (repair !== 'ask' || payoutId === null) return nothing('there is nothing to ask the provider about')
  const payout = await deps.storage.read((tx) => tx.payouts.get(payoutId as PayoutId))
  const ref = payout?.providerRef ?? payout?.endToEndId ?? null
  if (ref === null) return nothing('the provider was not asked: none of its refs of the payout is known yet')
  const told = await deps.payouts.ask({ provider, ref })
  if (told === null) return nothing('the provider was asked, and does not know the payout')
  const event = { kind: 'payout', ...told } as const
  return { write: (tx) => deps.payouts.applyEvent(tx, { provider, event, delivery: id }), trouble: ASKED }
}

/** Compares again: gone is mended. */
async function learn<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  { driftId, news }: { readonly driftId: DriftId; readonly news: News<T> },
): Promise<void> {
  const drift = await tx.reconciliation.lockDrift(driftId)
  if (drift === null || !isLive(drift)) return
  await news.write?.(tx)
  const { provider } = drift
  const tried = { ...drift, attempts: drift.attempts + 1, version: drift.version + 1 }
  const listedAfterMs = statementsOf(deps, provider)?.port.listedAfterMs ?? 0
  const readAt = deps.clock.now()
  const { gone } = await recheck(deps, tx, { provider, listedAfterMs, readAt, drifts: [drift] })
  const isGone = gone.length > 0
  const now = isGone
    ? { state: tried.state, trouble: null }
    : { state: move(driftMachine, drift, 'remain'), trouble: news.trouble }
  await tx.reconciliation.updateDrift({ ...tried, ...now })
  if (isGone) await endDrifts(deps, tx, [tried])
}
