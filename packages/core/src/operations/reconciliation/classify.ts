import type { DriftClass, DriftFacts, DriftKind } from './drift.ts'
import type { Bucket } from './run.ts'
import type { ItemFacts, Standing, ToldLine } from './store.ts'

/** Where the provider's lines of one thing are. `void`: it failed, or its lines come to nothing. */
export type Told = 'none' | 'pending' | 'settled' | 'void'

type Finding = 'agreed' | 'in_flight' | 'compare' | 'late' | 'stale' | 'missing_here' | 'state'

/**
 * What follows where ours stands so and theirs so. `late`: missing there once it must have been listed. `stale`: a
 * difference of state once it has waited for too long. `compare`: amounts and times decide.
 */
export const FINDINGS: Readonly<Record<Standing | 'absent', Readonly<Record<Told, Finding>>>> = {
  settled: { none: 'late', pending: 'in_flight', settled: 'compare', void: 'state' },
  open: { none: 'in_flight', pending: 'in_flight', settled: 'stale', void: 'stale' },
  void: { none: 'agreed', pending: 'in_flight', settled: 'state', void: 'agreed' },
  absent: { none: 'agreed', pending: 'in_flight', settled: 'missing_here', void: 'agreed' },
}

/** What judging needs beside the facts. */
export interface Terms {
  readonly at: Date
  /** When the reading of the statement began: what we learnt shortly before, it may not tell yet. */
  readonly readAt: Date
  readonly listedAfterMs: number
  /** How far a time may be from ours. */
  readonly toleranceMs: number
  /** How long ours may stay open after the provider told its end. */
  readonly staleAfterMs: number
}

/** What was found of one thing. */
export interface Verdict {
  readonly classes: readonly DriftClass[]
  /** Where it stands in the sums of the run. `agreed` and early ones have no class. */
  readonly bucket: Bucket | 'agreed'
}

/** Kinds of which one line is the whole. A dispute and what came back of a payout have as many as they like. */
const IS_SINGLE: Readonly<Record<string, boolean>> = {
  receipt: true,
  refund: true,
  payout: true,
  dispute: false,
  returned: false,
}

/** The kind of a thing, by its name. */
export function kindOf(subject: string): DriftKind {
  return subject.slice(0, subject.indexOf(':')) as DriftKind
}

/** Where the lines of a thing are. */
export function toldOf(facts: Pick<ItemFacts, 'settled' | 'pending' | 'failed' | 'toldNet'>): Told {
  if (facts.settled > 0) return (facts.toldNet ?? 0n) === 0n ? 'void' : 'settled'
  if (facts.pending > 0) return 'pending'
  return facts.failed > 0 ? 'void' : 'none'
}

/** Judges one thing of ours. Pure. */
export function judge(facts: ItemFacts, terms: Terms): Verdict {
  const between = judgeLines(facts, terms)
  const isBookedSo = facts.expected === facts.booked
  const classes: DriftClass[] = isBookedSo ? [...between.classes] : [...between.classes, 'ledger']
  return { classes, bucket: classes[0] ?? between.bucket }
}

function judgeLines(facts: ItemFacts, terms: Terms): Verdict {
  if (isDouble(facts)) return only('duplicate')
  const finding = FINDINGS[facts.standing][toldOf(facts)]
  // The other one that a line names tells of it already.
  if (finding === 'late' && facts.isNamed) return { classes: [], bucket: 'duplicate' }
  if (finding === 'late') return facts.isCovered ? only('missing_there') : IN_FLIGHT
  if (finding === 'stale') {
    const toldAt = facts.lastAt ?? terms.at
    return toldAt.getTime() + terms.staleAfterMs <= terms.at.getTime() ? only('state') : IN_FLIGHT
  }
  if (finding === 'compare') return compare(facts, terms)
  if (finding === 'agreed') return AGREED
  if (finding === 'in_flight' || (finding === 'state' && isYoung(facts, terms))) return IN_FLIGHT
  return only(finding)
}

/** True while one side may not have heard of the other's last movement: neither is wrong yet. */
function isYoung({ since, until, lastAt }: ItemFacts, terms: Terms): boolean {
  const { at, readAt, listedAfterMs, toleranceMs } = terms
  const isTheirs = lastAt !== null && lastAt.getTime() + listedAfterMs > at.getTime()
  const last = Math.max(since.getTime(), until.getTime())
  return isTheirs || last + toleranceMs + listedAfterMs > readAt.getTime()
}

function isDouble(facts: ItemFacts): boolean {
  if (facts.otherItem !== null) return true
  return IS_SINGLE[kindOf(facts.item)] === true && facts.copies > 1 && facts.toldNet !== facts.net
}

function compare(facts: ItemFacts, terms: Terms): Verdict {
  const { fee, toldFee, since, until, firstAt, lastSettledAt } = facts
  const isFeeKnown = fee !== null && toldFee !== null
  const differs = facts.toldNet !== facts.net || facts.isOtherAsset || (isFeeKnown && fee !== toldFee)
  // Of several parts, the last may be known to one side only.
  if (differs && IS_SINGLE[kindOf(facts.item)] === false && isYoung(facts, terms)) return IN_FLIGHT
  const isEarly = firstAt !== null && firstAt.getTime() < since.getTime() - terms.toleranceMs
  const isLate = lastSettledAt !== null && lastSettledAt.getTime() > until.getTime() + terms.toleranceMs
  const classes: DriftClass[] = []
  if (differs) classes.push('amount')
  if (isEarly || isLate) classes.push('timing')
  const isFeeUntold = !isFeeKnown && (fee ?? 0n) !== (toldFee ?? 0n)
  return { classes, bucket: classes[0] ?? (isFeeUntold ? 'fees_untold' : 'agreed') }
}

const IN_FLIGHT: Verdict = { classes: [], bucket: 'in_flight' }
const AGREED: Verdict = { classes: [], bucket: 'agreed' }
const only = (drift: DriftClass): Verdict => ({ classes: [drift], bucket: drift })

/** Judges a line of which we have nothing. Pure. */
export function judgeLine(line: ToldLine, terms: Terms): Verdict {
  if (line.isGone) return AGREED
  if (line.kind === 'fee' || line.kind === 'other') return { classes: [], bucket: 'other_lines' }
  const told = line.state === 'failed' || line.amount === 0n ? 'void' : line.state
  const finding = FINDINGS.absent[told]
  if (finding !== 'missing_here') return finding === 'in_flight' ? IN_FLIGHT : AGREED
  const isYoung = line.occurredAt.getTime() + terms.listedAfterMs > terms.at.getTime()
  return isYoung ? IN_FLIGHT : only('missing_here')
}

const KIND_OF_LINE = {
  receipt: 'receipt',
  refund: 'refund',
  dispute: 'dispute',
  payout: 'payout',
  payout_returned: 'returned',
  fee: 'posting',
  other: 'posting',
} as const satisfies Record<ToldLine['kind'], DriftKind>

/** The drift of a line of which we have nothing. */
export function lineDrift(line: ToldLine): DriftFacts {
  const kind = KIND_OF_LINE[line.kind]
  const owner = line.item?.startsWith(`${kind}:`) === true ? line.item.slice(kind.length + 1) : null
  return {
    class: 'missing_here',
    subject: `line:${line.ref}`,
    kind,
    paymentId: line.paymentId,
    payoutId: kind === 'payout' || kind === 'returned' ? owner : null,
    refs: [line.ref],
    asset: line.asset,
    ours: null,
    theirs: line.amount,
    ledger: null,
    detail: `${line.kind} ${line.state} there at ${line.occurredAt.toISOString()}, not here`,
    occurredAt: line.occurredAt,
  }
}

/** The drift of a thing of ours. */
export function itemDrift(facts: ItemFacts, drift: DriftClass): DriftFacts {
  const told = toldOf(facts)
  const isLedger = drift === 'ledger'
  return {
    class: drift,
    subject: facts.item,
    kind: kindOf(facts.item),
    paymentId: facts.paymentId,
    payoutId: facts.payoutId,
    refs: facts.refs,
    asset: facts.asset,
    ours: isLedger ? facts.expected : facts.net,
    theirs: told === 'none' || told === 'pending' ? null : (facts.toldNet ?? 0n),
    ledger: facts.booked,
    detail: detailOf(facts, told),
    occurredAt: facts.firstAt ?? facts.until,
  }
}

function detailOf(facts: ItemFacts, told: Told): string {
  const parts = [
    `${facts.state} here between ${facts.since.toISOString()} and ${facts.until.toISOString()}`,
    `${told === 'none' ? 'not listed' : told} there${facts.firstAt === null ? '' : ` at ${facts.firstAt.toISOString()}`}`,
  ]
  if (facts.settled > 1) parts.push(`${facts.settled} lines`)
  if (facts.otherItem !== null) parts.push(`a line names ${facts.otherItem} as well`)
  if (facts.fee !== null || facts.toldFee !== null)
    parts.push(`fee ${facts.fee ?? 'not told'} here, ${facts.toldFee ?? 'not told'} there`)
  return parts.join('; ')
}
