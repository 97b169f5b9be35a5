import type { RelayedEvent, RelayerGap, StreamRow } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'

/** A stream as its table gives it. */
export interface StreamRecord {
  readonly name: string
  readonly provider: string
  readonly network: string
  readonly filter: string
  readonly state: StreamRow['state']
  readonly after_cursor: string | null
  readonly after_ledger: string | null
  readonly scanned_to: string | null
  readonly oldest: string | null
  readonly latest: string | null
  readonly relayed: string
  readonly duplicates: string
  readonly read_at: Date | string | null
  readonly failures: number
  readonly error: string | null
  readonly retry_at: Date | string | null
  readonly created_at: Date | string
  readonly updated_at: Date | string
}

/** A gap as its table gives it. */
export interface GapRecord {
  readonly id: RelayerGap['id']
  readonly stream: string
  readonly provider: string
  readonly filter: string
  readonly from_ledger: string
  readonly to_ledger: string
  readonly reason: RelayerGap['reason']
  readonly state: RelayerGap['state']
  readonly source: string | null
  readonly next_ledger: string
  readonly fills: number
  readonly relayed: number
  readonly seen_at: Date | string
  readonly filled_at: Date | string | null
  readonly updated_at: Date | string
}

/** A relayed event as its table gives it. */
export interface EventRecord {
  readonly id: string
  readonly fingerprint: string
  readonly ledger: string
}

const bigintOrNull = (text: string | null) => (text === null ? null : toBigint(text))
const textOrNull = (value: bigint | null) => value?.toString() ?? null

/** From a row. */
export function toStream(row: StreamRecord): StreamRow {
  const { after_cursor: cursor, after_ledger: ledger } = row
  return {
    name: row.name,
    provider: row.provider,
    network: row.network,
    filter: JSON.parse(row.filter) as StreamRow['filter'],
    state: row.state,
    after: cursor === null ? { ledger: toBigint(ledger ?? '0') } : { cursor },
    scannedTo: bigintOrNull(row.scanned_to),
    oldest: bigintOrNull(row.oldest),
    latest: bigintOrNull(row.latest),
    relayed: toBigint(row.relayed),
    duplicates: toBigint(row.duplicates),
    readAt: toDateOrNull(row.read_at),
    failures: row.failures,
    error: row.error,
    retryAt: toDateOrNull(row.retry_at),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  }
}

/** To a row: the order of the columns in the statements. */
export function fromStream(stream: StreamRow): readonly SqlParameter[] {
  const { after } = stream
  return [
    stream.name,
    stream.provider,
    stream.network,
    JSON.stringify(stream.filter),
    stream.state,
    'cursor' in after ? after.cursor : null,
    'ledger' in after ? after.ledger.toString() : null,
    textOrNull(stream.scannedTo),
    textOrNull(stream.oldest),
    textOrNull(stream.latest),
    stream.relayed.toString(),
    stream.duplicates.toString(),
    stream.readAt?.toISOString() ?? null,
    stream.failures,
    stream.error,
    stream.retryAt?.toISOString() ?? null,
    stream.createdAt.toISOString(),
    stream.updatedAt.toISOString(),
  ]
}

/** From a row. */
export function toGap(row: GapRecord): RelayerGap {
  return {
    id: row.id,
    stream: row.stream,
    provider: row.provider,
    filter: JSON.parse(row.filter) as RelayerGap['filter'],
    from: toBigint(row.from_ledger),
    to: toBigint(row.to_ledger),
    reason: row.reason,
    state: row.state,
    source: row.source,
    next: toBigint(row.next_ledger),
    fills: row.fills,
    relayed: row.relayed,
    seenAt: toDate(row.seen_at),
    filledAt: toDateOrNull(row.filled_at),
    updatedAt: toDate(row.updated_at),
  }
}

/** To a row: the order of the columns in the statements. */
export function fromGap(gap: RelayerGap): readonly SqlParameter[] {
  return [
    gap.id,
    gap.stream,
    gap.provider,
    JSON.stringify(gap.filter),
    gap.from.toString(),
    gap.to.toString(),
    gap.reason,
    gap.state,
    gap.source,
    gap.next.toString(),
    gap.fills,
    gap.relayed,
    gap.seenAt.toISOString(),
    gap.filledAt?.toISOString() ?? null,
    gap.updatedAt.toISOString(),
  ]
}

/** From a row. */
export function toRelayed(row: EventRecord): RelayedEvent {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    ledger: toBigint(row.ledger),
  }
}
