import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { type ReconciliationDeps, type ReconciliationWork, statementsOf } from './context.ts'
import { startReconciliation } from './jobs.ts'
import { termsOf } from './options.ts'
import { MAX_WINDOW_MS, startRun } from './start.ts'

/** After so long without a step, a run's job is taken for lost: its twelve attempts end well before. */
const LOST_AFTER_MS = 3_600_000

/**
 * Begins a scheduled run: of the last `windowMs`, and back to where the last one ended, so that no time is left out while
 * nobody worked. Where a run of the provider is under way, the next slot begins one.
 */
export function startJob<T extends ReconciliationWork>(deps: ReconciliationDeps<T>): JobHandler {
  return handle(startReconciliation, async ({ provider }) => {
    if (statementsOf(deps, provider) === undefined) return
    const { windowMs } = termsOf(deps.options ?? {}, provider)
    const to = deps.clock.now()
    await deps.storage.transaction(async (tx) => {
      const lastStep = await tx.reconciliation.underWaySince(provider)
      if (lastStep !== null && to.getTime() - lastStep.getTime() < LOST_AFTER_MS) {
        deps.logger.warn({ provider }, 'a reconciliation run is under way: the next slot begins one')
        return
      }
      const comparedTo = await tx.reconciliation.comparedTo({ provider, spanMs: windowMs })
      const window = to.getTime() - windowMs
      const back = Math.min(window, comparedTo?.getTime() ?? window)
      const from = new Date(Math.max(back, to.getTime() - MAX_WINDOW_MS))
      await startRun(deps, tx, { provider, from, to })
    })
  })
}
