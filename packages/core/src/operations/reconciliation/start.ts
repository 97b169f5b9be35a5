import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { boundedText, parseInput, refuse } from '../../platform/input.ts'
import { type ReconciliationDeps, type ReconciliationWork, statementsOf } from './context.ts'
import { workReconciliation } from './jobs.ts'
import { termsOf } from './options.ts'
import { NO_PROGRESS, type ReconciliationRun } from './run.ts'

/** What to compare. */
export interface RunReconciliation {
  /** The name the host gave a provider that fills the statements port. */
  readonly provider: string
  /** Inclusive. */
  readonly from: Date
  /** Exclusive, and not in the future. */
  readonly to: Date
}

/** The longest time that one run compares. */
export const MAX_WINDOW_MS = 400 * 86_400_000

const schema = z.strictObject({
  provider: boundedText(64),
  from: z.date({ error: 'must be a Date' }),
  to: z.date({ error: 'must be a Date' }),
})

/** Begins a run inside the caller's transaction: the row, the job and the event. */
export async function startRun<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  input: RunReconciliation,
): Promise<ReconciliationRun> {
  const { provider, from, to } = parseInput(schema, input)
  const found = statementsOf(deps, provider)
  if (found === undefined) throw new LastroError('provider_missing', { provider, port: 'statements' })
  const at = deps.clock.now()
  if (from >= to) refuse('from', 'must be before to')
  if (to > at) refuse('to', 'must not be in the future')
  if (to.getTime() - from.getTime() > MAX_WINDOW_MS) refuse('from', 'must be at most 400 days before to')
  const { listedAfterMs } = found.port
  const { marginMs, toleranceMs } = termsOf(deps.options ?? {}, provider)
  const margin = Math.max(marginMs, listedAfterMs + toleranceMs)
  const id = deps.ids.next('rec')
  const run: ReconciliationRun = {
    id,
    provider,
    state: 'reading',
    phase: 'read',
    place: null,
    from,
    to,
    readFrom: new Date(from.getTime() - margin),
    readTo: new Date(Math.min(to.getTime() + margin, at.getTime())),
    beganAt: at,
    listedAfterMs,
    progress: NO_PROGRESS,
    report: null,
    error: null,
    createdAt: at,
    updatedAt: at,
    completedAt: null,
    version: 1,
  }
  await tx.reconciliation.insertRun(run)
  await tx.jobs.enqueue(workReconciliation, { runId: id, provider })
  const data = { provider, from: from.toISOString(), to: to.toISOString() }
  await tx.events.append({ type: 'reconciliation.started', subject: id, correlation: id, data, at })
  return run
}
