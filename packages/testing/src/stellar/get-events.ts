import { closeTime, type FakeLedgers, type HeldEvent } from './chain.ts'
import { endOfLedger, ledgerOf, type Place, placeText, readPlace, withIds } from './ids.ts'
import type { FakeStellarOptions } from './options.ts'

/** A JSON-RPC error. */
export interface RpcFailure {
  readonly code: number
  readonly message: string
}

interface Filter {
  readonly type?: unknown
  readonly contractIds?: readonly unknown[]
  readonly topics?: readonly (readonly unknown[])[]
}

interface Params {
  readonly startLedger?: unknown
  readonly endLedger?: unknown
  readonly filters?: readonly Filter[]
  readonly pagination?: { readonly cursor?: unknown; readonly limit?: unknown }
}

const invalid = (message: string): RpcFailure => ({ code: -32602, message })
const isLedger = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32

/** The rules of stellar-rpc 27.1.1 for a request. */
function fault({ filters = [], startLedger, endLedger, pagination = {} }: Params): RpcFailure | null {
  const { cursor, limit = 100 } = pagination
  if (cursor !== undefined && (startLedger !== undefined || endLedger !== undefined))
    return invalid('ledger ranges and cursor cannot both be set')
  if (cursor === undefined && !isLedger(startLedger)) return invalid('startLedger must be positive')
  if (cursor !== undefined && readPlace(cursor) === null) return invalid('invalid cursor')
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > 10_000)
    return invalid('limit must be from 1 to 10000')
  if (!Array.isArray(filters) || filters.length > 5) return invalid('maximum 5 filters per request')
  return filters.map(filterFault).find((found) => found !== null) ?? null
}

function filterFault({ type, contractIds = [], topics = [] }: Filter): RpcFailure | null {
  if (type !== undefined && type !== 'contract' && type !== 'system') return invalid('filter type invalid')
  if (contractIds.length > 5) return invalid('maximum 5 contract IDs per filter')
  if (!contractIds.every((id) => typeof id === 'string' && /^C[A-Z2-7]{55}$/.test(id)))
    return invalid('contract ID invalid')
  if (topics.length > 5) return invalid('maximum 5 topics per filter')
  for (const row of topics) {
    const segments = row.at(-1) === '**' ? row.slice(0, -1) : row
    if (segments.length < 1 || segments.length > 4) return invalid('topic must have 1 to 4 segments')
    if (segments.some((segment) => typeof segment !== 'string' || segment === '**'))
      return invalid('wildcard ** must be the last segment')
  }
  return null
}

function fits(event: HeldEvent, { type, contractIds = [], topics = [] }: Filter): boolean {
  if (type === 'system') return false
  if (contractIds.length > 0 && !contractIds.includes(event.contract)) return false
  return topics.length === 0 || topics.some((row) => fitsRow(event.topics, row))
}

function fitsRow(topics: readonly string[], row: readonly unknown[]): boolean {
  const isOpen = row.at(-1) === '**'
  const segments = isOpen ? row.slice(0, -1) : row
  if (isOpen ? topics.length < segments.length : topics.length !== segments.length) return false
  return segments.every((segment, index) => segment === '*' || segment === topics[index])
}

function startOf({ startLedger, pagination = {} }: Params): {
  readonly ledger: bigint
  readonly after: string
} {
  const place: Place | null = readPlace(pagination.cursor)
  return place === null
    ? { ledger: BigInt(startLedger as number), after: '' }
    : { ledger: ledgerOf(place), after: placeText(place) }
}

/** One page, by the rules of stellar-rpc 27.1.1. */
export function getEvents(
  ledgers: FakeLedgers,
  { options, params }: { readonly options: FakeStellarOptions; readonly params: Params },
): { readonly result: object } | { readonly error: RpcFailure } {
  const wrong = fault(params)
  if (wrong !== null) return { error: wrong }
  const { filters = [], pagination = {}, endLedger } = params
  const { oldest, latest } = ledgers
  const { ledger: start, after } = startOf(params)
  if (start < oldest || start > latest)
    return {
      error: { code: -32600, message: `startLedger must be within the ledger range: ${oldest} - ${latest}` },
    }
  const ends = [start + (options.scanLimit ?? 10_000n), latest + 1n]
  if (isLedger(endLedger)) ends.push(BigInt(endLedger))
  const end = ends.reduce((least, one) => (one < least ? one : least))
  const limit = (pagination.limit as number | undefined) ?? 100
  const found = withIds(ledgers.events, options.numbering)
    .filter(({ id, ledger }) => id > after && ledger >= start && ledger < end)
    .filter((event) => filters.length === 0 || filters.some((filter) => fits(event, filter)))
    .slice(0, limit)
  const cursor =
    found.length === limit ? (found.at(-1)?.id ?? '') : placeText(endOfLedger(end > start ? end - 1n : start))
  return {
    result: {
      events: found.map(toWire),
      cursor,
      latestLedger: Number(latest),
      oldestLedger: Number(oldest),
      latestLedgerCloseTime: closeTime(ledgers, latest),
      oldestLedgerCloseTime: closeTime(ledgers, oldest),
    },
  }
}

function toWire(event: HeldEvent & { readonly id: string }): object {
  return {
    type: 'contract',
    ledger: Number(event.ledger),
    ledgerClosedAt: event.closedAt,
    contractId: event.contract,
    id: event.id,
    transactionIndex: event.transaction,
    operationIndex: event.operation,
    inSuccessfulContractCall: true,
    topic: event.topics,
    value: event.value,
    txHash: event.transactionHash,
  }
}
