import type { AssetId, Money } from '@lastro/core/spec'
import {
  type AccountMove,
  type Drift,
  type ItemFacts,
  type ReconciliationRun,
  type ToldLine,
  unpack,
} from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'

type Time = Date | string

/** A row of `reconciliation_run`. */
export interface RunRow {
  id: ReconciliationRun['id']
  provider: string
  state: ReconciliationRun['state']
  phase: ReconciliationRun['phase']
  place: string | null
  from_at: Time
  to_at: Time
  read_from: Time
  read_to: Time
  began_at: Time
  listed_after_ms: number
  progress: string
  report: string | null
  error: string | null
  created_at: Time
  updated_at: Time
  completed_at: Time | null
  version: number
}

/** A run of a row. */
export function toRun(row: RunRow): ReconciliationRun {
  const { id, provider, state, phase, place, error, version } = row
  return {
    ...{ id, provider, state, phase, place, error, version },
    from: toDate(row.from_at),
    to: toDate(row.to_at),
    readFrom: toDate(row.read_from),
    readTo: toDate(row.read_to),
    beganAt: toDate(row.began_at),
    listedAfterMs: row.listed_after_ms,
    progress: unpack(row.progress),
    report: row.report === null ? null : unpack(row.report),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    completedAt: toDateOrNull(row.completed_at),
  }
}

/** A row of `reconciliation_line`. */
export interface LineRow {
  ref: string
  kind: ToldLine['kind']
  asset: AssetId
  amount: string
  fee: string | null
  state: ToldLine['state']
  occurred_at: Time
  item: string | null
  other_item: string | null
  payment_id: string | null
  is_gone: boolean
}

const bigintOrNull = (value: string | null) => (value === null ? null : toBigint(value))

/** A line of a row. */
export function toLine(row: LineRow): ToldLine {
  const { ref, kind, asset, state, item } = row
  return {
    ...{ ref, kind, asset, state, item },
    amount: toBigint(row.amount),
    fee: bigintOrNull(row.fee),
    occurredAt: toDate(row.occurred_at),
    otherItem: row.other_item,
    paymentId: row.payment_id,
    isGone: row.is_gone,
  }
}

/** A row of the statements of facts. */
export interface FactsRow {
  item: string
  ref: string | null
  payment_id: string | null
  payout_id: string | null
  asset: AssetId
  net: string
  fee: string | null
  standing: ItemFacts['standing']
  state: string
  since: Time
  until: Time
  expected: string
  booked: string
  settled: number
  pending: number
  failed: number
  copies: number
  told_net: string | null
  told_fee: string | null
  first_at: Time | null
  last_settled_at: Time | null
  last_at: Time | null
  other_item: string | null
  is_other_asset: boolean
  is_named: boolean
  refs: string
  is_covered: boolean
}

/** Facts of a row. */
export function toFacts(row: FactsRow): ItemFacts {
  const { item, ref, asset, standing, state, settled, pending, failed, copies } = row
  return {
    ...{ item, ref, asset, standing, state, settled, pending, failed, copies },
    paymentId: row.payment_id,
    payoutId: row.payout_id,
    net: toBigint(row.net),
    fee: bigintOrNull(row.fee),
    since: toDate(row.since),
    until: toDate(row.until),
    expected: toBigint(row.expected),
    booked: toBigint(row.booked),
    toldNet: bigintOrNull(row.told_net),
    toldFee: bigintOrNull(row.told_fee),
    firstAt: toDateOrNull(row.first_at),
    lastSettledAt: toDateOrNull(row.last_settled_at),
    lastAt: toDateOrNull(row.last_at),
    otherItem: row.other_item,
    isOtherAsset: row.is_other_asset,
    isNamed: row.is_named,
    refs: JSON.parse(row.refs),
    isCovered: row.is_covered,
  }
}

/** A row of the transfers of an account. */
export interface MoveRow {
  version: string
  transfer: string
  cause: string
  booked_at: Time
  amount: string
  item: string | null
}

/** A transfer of a row. */
export function toMove(row: MoveRow): AccountMove {
  const { transfer, cause, item } = row
  const version = toBigint(row.version)
  return { transfer, cause, item, version, amount: toBigint(row.amount), bookedAt: toDate(row.booked_at) }
}

/** A row of `reconciliation_drift`. */
export interface DriftRow {
  id: Drift['id']
  provider: string
  class: Drift['class']
  subject: string
  kind: Drift['kind']
  payment_id: string | null
  payout_id: string | null
  refs: string
  asset: AssetId
  ours: string | null
  theirs: string | null
  ledger: string | null
  detail: string
  repair: Drift['repair']
  suggestions: string
  state: Drift['state']
  reason: string | null
  attempts: number
  trouble: string | null
  occurred_at: Time
  first_seen_at: Time
  last_seen_at: Time
  first_run: string
  last_run: string
  version: number
}

/** A drift of a row. */
export function toDrift(row: DriftRow): Drift {
  const { id, provider, subject, kind, asset, detail, repair, state, reason, attempts, trouble, version } =
    row
  const money = (amount: string | null): Money | null =>
    amount === null ? null : { amount: toBigint(amount), asset }
  return {
    ...{ id, provider, subject, kind, asset, detail, repair, state, reason, attempts, trouble, version },
    class: row.class,
    paymentId: row.payment_id,
    payoutId: row.payout_id,
    refs: JSON.parse(row.refs),
    ours: money(row.ours),
    theirs: money(row.theirs),
    ledger: money(row.ledger),
    suggestions: JSON.parse(row.suggestions),
    occurredAt: toDate(row.occurred_at),
    firstSeenAt: toDate(row.first_seen_at),
    lastSeenAt: toDate(row.last_seen_at),
    firstRun: row.first_run,
    lastRun: row.last_run,
  }
}

/** The parameters of `updateDrift`. */
export function driftUpdate({ id, state, reason, attempts, trouble, version }: Drift): SqlParameter[] {
  return [id, state, reason, attempts, trouble, version]
}
