import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { pageSchema, parseInput } from '../../platform/input.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import type { Page, PageRequest, WriteOptions } from '../../platform/storage/index.ts'
import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import { askForRepair, type DismissDrift, dismissDrift, type RepairDrift } from './dismiss.ts'
import { CLASS_NAMES, type Drift, type DriftId, driftMachine } from './drift.ts'
import { startReconciliation } from './jobs.ts'
import { checkOptions, termsOf } from './options.ts'
import { repairJob } from './repair.job.ts'
import type { ReconciliationRun, RunId } from './run.ts'
import { startJob } from './start.job.ts'
import { type RunReconciliation, startRun } from './start.ts'
import type { DriftQuery } from './store.ts'
import { workJob } from './work.job.ts'

export type { ReconciliationDeps, ReconciliationWork, StatementRail } from './context.ts'
export type { DismissDrift, RepairDrift } from './dismiss.ts'
export {
  DRIFT_CLASSES,
  type Drift,
  type DriftClass,
  type DriftId,
  type DriftKind,
  type DriftState,
  driftMachine,
  REPAIRS,
  type Repair,
} from './drift.ts'
export type { ReconcileProvider, ReconciliationOptions, RepairPolicy } from './options.ts'
export {
  type BalanceReport,
  type Bucket,
  type ReconciliationReport,
  type ReconciliationRun,
  type RunId,
  type RunState,
  runMachine,
} from './run.ts'
export type { RunReconciliation } from './start.ts'
export type { DriftQuery, ReconciliationTx } from './store.ts'

/** Compares a provider's statement with our payments and payouts, and with the ledger. */
export interface Reconciliation {
  /**
   * Begins to compare a window. The answer is the wish: jobs read and compare, and `report` says what was found.
   * @throws LastroError `invalid_input`, `provider_missing`.
   */
  run(input: RunReconciliation, options?: WriteOptions): Promise<ReconciliationRun>
  /** A run; its `report` is there once it is completed. @throws LastroError `not_found`. */
  getRun(id: RunId, options?: WriteOptions): Promise<ReconciliationRun>
  /** Runs, newest first. @throws LastroError `invalid_input`. */
  runs(query?: PageRequest & { readonly provider?: string }): Promise<Page<ReconciliationRun>>
  /** Differences, newest first. @throws LastroError `invalid_input`. */
  list(query?: DriftQuery, options?: WriteOptions): Promise<Page<Drift>>
  /** @throws LastroError `not_found`. */
  get(id: DriftId, options?: WriteOptions): Promise<Drift>
  /**
   * Says yes to a repair. A job asks the provider and books what it confirms.
   * @throws LastroError `not_found`, `illegal_transition` once it has ended, `invalid_input` where only a person may.
   */
  repair(input: RepairDrift, options?: WriteOptions): Promise<Drift>
  /** Lets a difference be, until its facts change. @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
  dismiss(input: DismissDrift, options?: WriteOptions): Promise<Drift>
}

/** Reconciliation with what runs for it. */
export interface ReconciliationDomain {
  readonly reconciliation: Reconciliation
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

const states = Object.keys(driftMachine.states) as readonly string[]
const runsSchema = pageSchema.extend({ provider: z.string().optional() })
const querySchema = pageSchema.extend({
  provider: z.string().optional(),
  state: z.enum(states, { error: `must be one of ${states.join(', ')}` }).optional(),
  class: z.enum(CLASS_NAMES, { error: `must be one of ${CLASS_NAMES.join(', ')}` }).optional(),
  paymentId: z.string().optional(),
  payoutId: z.string().optional(),
})

/** Makes reconciliation. @throws LastroError `invalid_input` naming the option and the rule. */
export function createReconciliation<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
): ReconciliationDomain {
  const { storage, options = {} } = deps
  checkOptions(options, deps.statements)
  return {
    reconciliation: {
      run: async (input, write) => storage.transaction((tx) => startRun(deps, tx, input), write),
      getRun: async (id, write) => {
        const run = await storage.read((tx) => tx.reconciliation.getRun(id), write)
        if (run === null) throw new LastroError('not_found', { kind: 'reconciliation run', id })
        return run
      },
      runs: async (query = {}) => {
        parseInput(runsSchema, query)
        return storage.read((tx) => tx.reconciliation.listRuns(query))
      },
      list: async (query = {}, write) => {
        parseInput(querySchema, query)
        return storage.read((tx) => tx.reconciliation.listDrifts(query), write)
      },
      get: async (id, write) => {
        const drift = await storage.read((tx) => tx.reconciliation.getDrift(id), write)
        if (drift === null) throw new LastroError('not_found', { kind: 'drift', id })
        return drift
      },
      repair: async (input, write) => storage.transaction((tx) => askForRepair(deps, tx, input), write),
      dismiss: async (input, write) => storage.transaction((tx) => dismissDrift(deps, tx, input), write),
    },
    jobs: [workJob(deps), startJob(deps), repairJob(deps)],
    schedules: schedulesOf(deps),
  }
}

function schedulesOf(deps: Pick<ReconciliationDeps, 'statements' | 'options'>): readonly Schedule[] {
  return Object.keys(deps.statements).flatMap((provider) => {
    const { everyMs } = termsOf(deps.options ?? {}, provider)
    if (everyMs === null) return []
    return [{ name: `reconciliation:${provider}`, everyMs, job: startReconciliation, input: { provider } }]
  })
}
