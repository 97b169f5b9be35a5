import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { move } from '../../platform/machine/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import { workReconciliation } from './jobs.ts'
import { BATCHES, type Step } from './phases.ts'
import { readPage } from './read-page.ts'
import { PHASES, type ReconciliationRun, type RunId, runMachine } from './run.ts'

/**
 * Steps of one job, and how long it begins new ones. A long run goes on in another job, so that its deadline and its
 * attempts are about a step and not about the run.
 */
const STEPS = 20
const STEPS_MS = 60_000

/** Works on a run: a page or a batch at a time, each with one commit that remembers where to go on. */
export function workJob<T extends ReconciliationWork>(deps: ReconciliationDeps<T>): JobHandler {
  return handle(workReconciliation, async ({ runId, provider }, { signal, isLastAttempt }) => {
    const until = deps.clock.now().getTime() + STEPS_MS
    try {
      for (let step = 0; step < STEPS && deps.clock.now().getTime() < until; step += 1)
        if (await work(deps, runId, signal)) return
    } catch (error) {
      if (isLastAttempt) await fail(deps, runId, error)
      throw error
    }
    await deps.storage.transaction((tx) => tx.jobs.enqueue(workReconciliation, { runId, provider }))
  })
}

/** One step. True when there is nothing more to do. */
async function work<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  id: RunId,
  signal: AbortSignal,
): Promise<boolean> {
  const run = await deps.storage.read((tx) => tx.reconciliation.getRun(id))
  if (run === null || run.state === 'completed' || run.state === 'failed') return true
  const write = run.phase === 'read' ? await readPage(deps, run, signal) : null
  const after = await deps.storage.transaction(async (tx) => {
    const locked = await tx.reconciliation.lockRun(id)
    // Another process has done this step meanwhile: what was read here is read again from where it ended.
    if (locked === null || locked.version !== run.version) return locked
    const { phase } = locked
    const step = phase === 'read' ? await write?.(tx, locked) : await BATCHES[phase](deps, tx, locked)
    if (step === undefined) return locked
    const saved = advance(locked, step, deps.clock.now())
    await tx.reconciliation.updateRun(saved)
    return saved
  })
  return after === null || after.state === 'completed' || after.state === 'failed'
}

/** The run after a step: at its next place, or in its next phase. */
function advance(run: ReconciliationRun, step: Step, at: Date): ReconciliationRun {
  const moved = { ...run, ...step, updatedAt: at, version: run.version + 1 }
  if (step.place !== null) return moved
  if (run.phase === 'finish') return { ...moved, state: move(runMachine, run, 'complete') }
  const phase = PHASES[PHASES.indexOf(run.phase) + 1] ?? 'finish'
  return run.phase === 'read'
    ? { ...moved, phase, state: move(runMachine, run, 'match') }
    : { ...moved, phase }
}

async function fail<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  id: RunId,
  cause: unknown,
): Promise<void> {
  const at = deps.clock.now()
  const error = describeError(cause)
  await deps.storage.transaction(async (tx) => {
    const run = await tx.reconciliation.lockRun(id)
    if (run === null || run.state === 'completed' || run.state === 'failed') return
    const state = move(runMachine, run, 'fail')
    await tx.reconciliation.updateRun({ ...run, state, error, updatedAt: at, version: run.version + 1 })
    await tx.events.append({
      type: 'reconciliation.failed',
      subject: id,
      correlation: id,
      data: { provider: run.provider, phase: run.phase, error },
      at,
    })
  })
}
