import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { AssetId, Id, Money } from '../../spec/index.ts'

/** The ways in which three books may differ, in the order in which one is named where several are true. */
export const DRIFT_CLASSES = {
  duplicate: 'two lines of the statement for one of ours, or one line for two of ours',
  missing_here: 'the statement has it, and we do not',
  missing_there: 'we have it settled, and the statement should list it by now',
  state: 'one side says that the money moved, the other that it did not',
  amount: 'both have it, with another amount, fee or asset',
  timing: 'both have it, and it cannot have happened here when it is told to have happened there',
  ledger: 'what our row says and what the ledger booked differ',
} as const satisfies Readonly<Record<string, string>>

/** How our books differ from the provider's, or from themselves. */
export type DriftClass = keyof typeof DRIFT_CLASSES

/** Their names, in that order. */
export const CLASS_NAMES = Object.keys(DRIFT_CLASSES) as [DriftClass, ...DriftClass[]]

/**
 * What may mend a difference. `verify`: the provider is asked about the payment, and what is missing is booked.
 * `ask`: the same for a payout. `person`: no program may.
 */
export type Repair = 'verify' | 'ask' | 'person'

/** What a line or a thing of ours is. `posting`: a transfer of the ledger that no row of ours explains. */
export type DriftKind = 'receipt' | 'refund' | 'dispute' | 'payout' | 'returned' | 'posting'

const IN = { receipt: 'verify', refund: 'verify', dispute: 'verify' } as const
const OUT = { payout: 'ask', returned: 'ask' } as const
const ASKED = { ...IN, ...OUT, posting: 'person' } as const
const BY_HAND = {
  receipt: 'person',
  refund: 'person',
  dispute: 'person',
  payout: 'person',
  returned: 'person',
  posting: 'person',
} as const

/**
 * The repair of each class and kind. Money is only ever booked by what the provider confirms. A dispute's lines and what
 * came back of a payout come in parts, so an amount may be a part that we have not heard of.
 */
export const REPAIRS: Readonly<Record<DriftClass, Readonly<Record<DriftKind, Repair>>>> = {
  missing_here: ASKED,
  missing_there: ASKED,
  state: ASKED,
  amount: { ...BY_HAND, dispute: 'verify', returned: 'ask' },
  timing: BY_HAND,
  ledger: BY_HAND,
  duplicate: BY_HAND,
}

/** The life of a difference. One that is there again after its end is a new one. */
export const driftMachine = defineMachine({
  name: 'reconciliation_drift',
  initial: 'open',
  states: {
    open: { propose: 'proposed', remain: 'open', mend: 'repaired', dismiss: 'dismissed', vanish: 'closed' },
    proposed: { remain: 'open', mend: 'repaired', dismiss: 'dismissed', vanish: 'closed' },
    dismissed: { change: 'open', vanish: 'closed' },
    repaired: {},
    closed: {},
  },
})

/**
 * `open`: a person must look, or a repair is under way, or did not help. `proposed`: a repair waits for a yes.
 * `closed`: gone by itself.
 * `dismissed` stays until the facts change or the difference is gone.
 */
export type DriftState = StateOf<typeof driftMachine>

/** `drf_01j9…` */
export type DriftId = Id<'drf'>

/** What a run found to differ, before it is a row. */
export interface DriftFacts {
  readonly class: DriftClass
  /** What it is about: `receipt:<ref>`, `payout:<id>`, `line:<ref>`, `posting:<transfer>`. */
  readonly subject: string
  readonly kind: DriftKind
  readonly paymentId: string | null
  readonly payoutId: string | null
  /** The provider's refs of the lines. */
  readonly refs: readonly string[]
  readonly asset: AssetId
  /** In our favour above zero. Null: that side does not have it. */
  readonly ours: bigint | null
  readonly theirs: bigint | null
  /** What the ledger booked on the provider's account. */
  readonly ledger: bigint | null
  /** For people: states, times, counts. No personal data. */
  readonly detail: string
  readonly occurredAt: Date
}

/** A difference, for as long as it is there and after. */
export interface Drift extends Omit<DriftFacts, 'ours' | 'theirs' | 'ledger'> {
  readonly id: DriftId
  readonly provider: string
  readonly ours: Money | null
  readonly theirs: Money | null
  readonly ledger: Money | null
  readonly state: DriftState
  readonly repair: Repair
  /** Ids of ours that have the same amount at about the same time. Never more than a hint for a person. */
  readonly suggestions: readonly string[]
  /** Why it was dismissed. */
  readonly reason: string | null
  /** How many repairs were tried. */
  readonly attempts: number
  /** Why the last repair changed nothing. */
  readonly trouble: string | null
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  readonly firstRun: string
  readonly lastRun: string
  readonly version: number
}

/** The repair of a difference: asking needs something to ask about. */
export function repairOf(facts: Pick<DriftFacts, 'class' | 'kind' | 'paymentId' | 'payoutId'>): Repair {
  const repair = REPAIRS[facts.class][facts.kind]
  if (repair === 'verify' && facts.paymentId === null) return 'person'
  if (repair === 'ask' && facts.payoutId === null) return 'person'
  return repair
}
