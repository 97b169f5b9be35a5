import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { AssetId, Id, MoneyJson } from '../../spec/index.ts'
import type { DriftClass } from './drift.ts'

/** The life of a run: the statement is read, then compared. */
export const runMachine = defineMachine({
  name: 'reconciliation_run',
  initial: 'reading',
  states: {
    reading: { match: 'matching', fail: 'failed' },
    matching: { complete: 'completed', fail: 'failed' },
    completed: {},
    failed: {},
  },
})

/** Where a run stands. */
export type RunState = StateOf<typeof runMachine>

/** `rec_01j9…` */
export type RunId = Id<'rec'>

/** What a run does, one after another. Each is done in batches, and each batch commits with the place where it ended. */
export const PHASES = ['read', 'lines', 'waiting', 'ledger', 'open', 'finish'] as const

/** What a run is doing. */
export type Phase = (typeof PHASES)[number]

/**
 * Why the ledger moved otherwise than the statement tells, beside drifts. `in_flight`: not told or not settled yet.
 * `other_window`: both have it, on different sides of an end of the window. `fees_untold`: one side tells no fee.
 * `other_lines`: fees and other movements that no intent of ours is behind. `other_postings`: settlements, and whatever
 * the host books itself.
 */
export type Bucket =
  | DriftClass
  | 'in_flight'
  | 'other_window'
  | 'fees_untold'
  | 'other_lines'
  | 'other_postings'

/** One account of the ledger where a provider's money stands, with its version at the ends of what is compared. */
export interface AccountSpan {
  readonly account: string
  readonly asset: AssetId
  readonly opening: bigint
  readonly closing: bigint
  /** After the last transfer before the time that was read, before the window, in it, and in the time that was read. */
  readonly versions: {
    readonly readFrom: bigint
    readonly from: bigint
    readonly to: bigint
    readonly readTo: bigint
  }
}

/** Sums of one asset, while a run is under way. */
export interface AssetSums {
  /** Lines of the window that are settled, less their fees. */
  readonly told: bigint
  readonly by: Readonly<Partial<Record<Bucket, bigint>>>
}

/** What a run has counted so far: commits with each batch, so that a batch counts once. */
export interface Progress {
  readonly pages: number
  readonly lines: { readonly settled: number; readonly pending: number; readonly failed: number }
  readonly agreed: number
  readonly inFlight: number
  readonly found: Readonly<Partial<Record<DriftClass, number>>>
  readonly closed: number
  readonly accounts: readonly AccountSpan[] | null
  readonly sums: Readonly<Record<AssetId, AssetSums>>
}

/** Nothing was counted yet. */
export const NO_PROGRESS: Progress = {
  pages: 0,
  lines: { settled: 0, pending: 0, failed: 0 },
  agreed: 0,
  inFlight: 0,
  found: {},
  closed: 0,
  accounts: null,
  sums: {},
}

/** The third way: what the ledger says that the provider owes, and what its statement comes to. JSON-safe. */
export interface BalanceReport {
  readonly asset: AssetId
  readonly accounts: readonly string[]
  /** What the provider owed at the beginning of the window, by the ledger. */
  readonly opening: MoneyJson
  /** What the statement tells of the window, less fees. */
  readonly movements: MoneyJson
  /** `opening` and `movements`. */
  readonly expected: MoneyJson
  /** What the provider owed at the end of the window, by the ledger. */
  readonly closing: MoneyJson
  /** `closing` less `expected`. */
  readonly difference: MoneyJson
  readonly explained: Readonly<Partial<Record<Bucket, MoneyJson>>>
  /** Zero, or a person must look. */
  readonly unexplained: MoneyJson
}

/** What a run found. JSON-safe: amounts are texts, times ISO 8601. */
export interface ReconciliationReport {
  readonly run: RunId
  readonly provider: string
  readonly from: string
  readonly to: string
  readonly lines: { readonly settled: number; readonly pending: number; readonly failed: number }
  /** Things that all three sides agree on, and things that it is too early to judge. */
  readonly agreed: number
  readonly inFlight: number
  readonly drifts: {
    readonly [K in DriftClass]: {
      /** New in this run. */
      readonly found: number
      /** There now, of all runs, those dismissed left out. */
      readonly open: number
      /** What our side is above the provider's by those that are there now, by asset. */
      readonly sums: readonly MoneyJson[]
    }
  }
  /** Differences that are gone: mended, or told late. */
  readonly closed: number
  readonly balances: readonly BalanceReport[]
  /** True when there is no difference that nobody dismissed, and nothing unexplained. */
  readonly isClean: boolean
}

/** One comparison of a provider's statement with our books. */
export interface ReconciliationRun {
  readonly id: RunId
  readonly provider: string
  readonly state: RunState
  readonly phase: Phase
  /** Where the phase continues. */
  readonly place: string | null
  readonly from: Date
  readonly to: Date
  /** The statement is read a little wider than the window: clocks and days differ. */
  readonly readFrom: Date
  readonly readTo: Date
  readonly beganAt: Date
  readonly listedAfterMs: number
  readonly progress: Progress
  readonly report: ReconciliationReport | null
  readonly error: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly completedAt: Date | null
  readonly version: number
}
