import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { AssetId, StatementEntry } from '../../spec/index.ts'
import type { Drift, DriftClass, DriftFacts, DriftId, DriftState, Repair } from './drift.ts'
import type { ReconciliationRun, RunId } from './run.ts'

/** A line of a statement, with what of ours it is. */
export interface ToldLine {
  readonly ref: string
  readonly kind: StatementEntry['kind']
  readonly asset: AssetId
  readonly amount: bigint
  readonly fee: bigint | null
  readonly state: StatementEntry['state']
  readonly occurredAt: Date
  /** `receipt:<ref>`, `refund:<operation or ref>`, `dispute:<payment>`, `payout:<id>`, `returned:<payout>`. */
  readonly item: string | null
  /** Another thing of ours that it names as well. */
  readonly otherItem: string | null
  readonly paymentId: string | null
  readonly isGone: boolean
}

/** Where we hold a thing to be. `void`: it ended, and no money has moved by it. */
export type Standing = 'settled' | 'open' | 'void'

/** One thing of ours with what its lines and its postings come to. Amounts are above zero in our favour. */
export interface ItemFacts {
  readonly item: string
  readonly ref: string | null
  readonly paymentId: string | null
  readonly payoutId: string | null
  readonly asset: AssetId
  readonly net: bigint
  readonly fee: bigint | null
  readonly standing: Standing
  /** In the rail's own words. */
  readonly state: string
  /** Between these times it happened, as far as we know. */
  readonly since: Date
  readonly until: Date
  /** What the ledger should have on the provider's account, and what it has. */
  readonly expected: bigint
  readonly booked: bigint
  /** Lines by state. */
  readonly settled: number
  readonly pending: number
  readonly failed: number
  /** Settled lines in the direction of ours. */
  readonly copies: number
  readonly toldNet: bigint | null
  readonly toldFee: bigint | null
  readonly firstAt: Date | null
  readonly lastSettledAt: Date | null
  /** Of all its lines, whatever their state. */
  readonly lastAt: Date | null
  readonly otherItem: string | null
  /** True where a line that is another thing's names this one as well. */
  readonly isNamed: boolean
  readonly isOtherAsset: boolean
  readonly refs: readonly string[]
  /** True when statements that were read must have listed it. */
  readonly isCovered: boolean
}

/** A transfer on a provider's account, with what of ours it is. */
export interface AccountMove {
  readonly transfer: string
  readonly version: bigint
  /** On the account's debit side. */
  readonly amount: bigint
  readonly bookedAt: Date
  readonly cause: string
  /** Null: nothing that our rails book. */
  readonly item: string | null
}

/** Which differences. Several conditions must all hold. */
export interface DriftQuery extends PageRequest {
  readonly provider?: string
  readonly state?: DriftState
  readonly class?: DriftClass
  readonly paymentId?: string
  readonly payoutId?: string
}

/** What a batch writes of differences that it saw. */
export interface SeenDrifts {
  readonly provider: string
  readonly run: RunId
  readonly at: Date
  readonly drifts: readonly (DriftFacts & {
    /** Used where it is a new one. */
    readonly id: DriftId
    readonly repair: Repair
    readonly state: DriftState
  })[]
}

/** What is there of one class and asset. */
export interface DriftSum {
  readonly class: DriftClass
  readonly asset: AssetId
  readonly count: number
  readonly sum: bigint
}

/** The reads and writes reconciliation needs, and no others. Batches hold at most 1,000 keys. */
export interface ReconciliationStore {
  insertRun(run: ReconciliationRun): Promise<void>
  getRun(id: RunId): Promise<ReconciliationRun | null>
  lockRun(id: RunId): Promise<ReconciliationRun | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `run.version - 1`. */
  updateRun(run: ReconciliationRun): Promise<void>
  listRuns(query: PageRequest & { readonly provider?: string }): Promise<Page<ReconciliationRun>>
  /** The latest step of a provider's runs that are under way, or null where none is. */
  underWaySince(provider: string): Promise<Date | null>
  /** To where the last completed run of at least this span compared. */
  comparedTo(query: { readonly provider: string; readonly spanMs: number }): Promise<Date | null>
  /** Writes what was told: new lines, and changes of lines that are known. */
  saveLines(told: {
    readonly provider: string
    readonly run: RunId
    readonly entries: readonly StatementEntry[]
    readonly at: Date
  }): Promise<void>
  /** Marks lines of the time that was read which were not told again, and has them looked at once more. */
  markGone(read: {
    readonly provider: string
    readonly run: RunId
    readonly from: Date
    readonly to: Date
    readonly before: Date
    readonly at: Date
  }): Promise<void>
  /** Refs of lines, a batch at a time. Older ones: those that wait outside the time that was read. */
  lineRefs(query: {
    readonly provider: string
    readonly from: Date
    readonly to: Date
    readonly after: string | null
    readonly limit: number
    readonly which: 'read' | 'waiting'
  }): Promise<{ readonly refs: readonly string[]; readonly next: string | null }>
  /** Matches lines with ours: by our key, then by the provider's refs. */
  matchLines(lines: { readonly provider: string; readonly refs: readonly string[] }): Promise<void>
  lines(query: { readonly provider: string; readonly refs: readonly string[] }): Promise<readonly ToldLine[]>
  /** Sets which of these lines the next runs must look at again. */
  markOpen(lines: {
    readonly provider: string
    readonly refs: readonly string[]
    readonly open: readonly string[]
  }): Promise<void>
  /** The times of which every movement must have been listed, in the database's own words. */
  coverage(provider: string): Promise<string>
  facts(query: {
    readonly provider: string
    readonly items: readonly string[]
    readonly coverage: string
    /** How far the provider's times may be from ours. */
    readonly toleranceMs: number
  }): Promise<readonly ItemFacts[]>
  /** Accounts of the ledger where a provider's money stands. */
  accounts(provider: string): Promise<readonly { readonly account: string; readonly asset: AssetId }[]>
  /** Transfers of an account in the order of booking, those that move nothing left out. */
  moves(query: {
    readonly account: string
    readonly after: bigint
    readonly to: bigint
    readonly limit: number
  }): Promise<{ readonly moves: readonly AccountMove[]; readonly next: bigint | null }>
  /** What of ours these transfers are, as `moves` tells it. */
  itemsOf(transfers: readonly string[]): Promise<readonly Pick<AccountMove, 'transfer' | 'item'>[]>
  /** Answers those that are new, or were dismissed and have changed. */
  seeDrifts(seen: SeenDrifts): Promise<readonly Drift[]>
  /** Live ones that a run has not seen, a batch at a time. */
  unseenDrifts(query: {
    readonly provider: string
    readonly run: RunId
    readonly after: string | null
    readonly limit: number
  }): Promise<readonly Drift[]>
  /** Ends those that are gone. Answers them as they are then. */
  endDrifts(ended: { readonly ids: readonly DriftId[]; readonly at: Date }): Promise<readonly Drift[]>
  getDrift(id: DriftId): Promise<Drift | null>
  lockDrift(id: DriftId): Promise<Drift | null>
  /** State, reason, attempts and trouble. @throws LastroError `version_conflict`. */
  updateDrift(drift: Drift): Promise<void>
  listDrifts(query: DriftQuery): Promise<Page<Drift>>
  driftSums(provider: string): Promise<readonly DriftSum[]>
  /** Gives lines without a match what has the same amount and about the same time, as hints. */
  suggest(query: { readonly provider: string; readonly run: RunId; readonly withinMs: number }): Promise<void>
}

/** What a transaction offers to reconciliation. */
export interface ReconciliationTx {
  readonly reconciliation: ReconciliationStore
}
