import type {
  Delivery,
  DeliveryCounts,
  DeliveryFilter,
  DeliveryStore,
  DeliverySummary,
  NewDelivery,
  QueuedDelivery,
  TopicCounts,
} from '@lastro/core/storage'
import { toArray, toDate, toDateOrNull } from '../codecs.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { DELIVERY_SQL } from './deliveries-sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface ListedRow {
  readonly id: string
  readonly provider: string
  readonly delivery_id: string
  readonly topic: string
  readonly subject: string | null
  readonly sequence: string | null
  readonly verdict: Delivery['verdict']
  readonly is_known_type: boolean
  readonly state: Delivery['state']
  readonly note: Delivery['note']
  readonly body_bytes: number
  readonly attempts: number
  readonly error: string | null
  readonly adapter_version: string | null
  readonly received_at: Date | string
  readonly applied_at: Date | string | null
  readonly emptied_at: Date | string | null
  readonly held_at: Date | string | null
}

type LockedRow = Omit<DeliveryRow, 'body'>

interface DeliveryRow extends ListedRow {
  readonly body: Uint8Array | null
  readonly applied: string
}

interface QueuedRow {
  readonly id: string
  readonly provider: string
  readonly subject: string | null
  readonly received_at: Date | string
}

/** The inbox of webhooks. */
export function deliveryStore(sql: Sql): DeliveryStore {
  const count = async (text: string, facts: readonly (string | number)[]) =>
    (await sql.query(text, facts)).length
  return {
    insert: (deliveries) => insert(sql, deliveries),
    get: async (id) => {
      const [row] = await sql.query<DeliveryRow>(DELIVERY_SQL.get, [id])
      return row === undefined ? null : toDelivery(row)
    },
    ...applying(sql),
    history: async (id) => {
      const rows = await sql.query<{
        number: number
        at: Date | string
        error: string
        adapter_version: string | null
      }>(DELIVERY_SQL.history, [id])
      return rows.map(({ number, at, error, adapter_version: adapterVersion }) => ({
        number,
        at: toDate(at),
        error,
        adapterVersion,
      }))
    },
    list: async (query = {}) => {
      const { limit, after } = pageRequest(query)
      const place = decodeCursor(after, 2)
      const rows = await sql.query<ListedRow>(DELIVERY_SQL.list, [...matching(query), ...place, limit + 1])
      const keyOf = (item: DeliverySummary) => encodeCursor(item.receivedAt.toISOString(), item.id)
      return pageOf(rows.map(toSummary), { limit, keyOf })
    },
    requeue: async (which) => {
      const { limit, at } = which
      const end = [limit, at.toISOString()]
      const rows =
        'ids' in which
          ? await sql.query<QueuedRow>(DELIVERY_SQL.requeueSome, [toArray(which.ids), ...end])
          : await sql.query<QueuedRow>(DELIVERY_SQL.requeueMatching, [...matching(which), ...end])
      return inOrder(rows)
    },
    takeStranded: async ({ before, at, limit }) =>
      inOrder(
        await sql.query<QueuedRow>(DELIVERY_SQL.takeStranded, [
          before.toISOString(),
          at.toISOString(),
          limit,
        ]),
      ),
    empty: ({ before, at, limit }) =>
      count(DELIVERY_SQL.empty, [before.toISOString(), at.toISOString(), limit]),
    remove: ({ before, limit }) => count(DELIVERY_SQL.remove, [before.toISOString(), limit]),
    forget: async ({ places, refusals, limit }) => {
      const gone = places === null ? 0 : await count(DELIVERY_SQL.forgetPlaces, [places.toISOString(), limit])
      return Math.max(gone, await count(DELIVERY_SQL.forgetRefusals, [refusals.toISOString(), limit]))
    },
    countRefusals: async (counts) => {
      await sql.query(DELIVERY_SQL.countRefusals, [JSON.stringify(counts)])
    },
    counts: (query) => counts(sql, query),
  }
}

type Applying = 'open' | 'lock' | 'hasEarlier' | 'hold' | 'settle' | 'nextHeld' | 'advance'

/** What applying a delivery needs. */
function applying(sql: Sql): Pick<DeliveryStore, Applying> {
  const count = async (text: string, facts: readonly string[]) => (await sql.query(text, facts)).length
  return {
    open: async (ids) => {
      const rows = await sql.query<DeliveryRow & { is_late: boolean }>(DELIVERY_SQL.open, [toArray(ids)])
      return rows.map((row) => ({ ...toDelivery(row), isLate: row.is_late }))
    },
    lock: async (id) => {
      const [row] = await sql.query<LockedRow>(DELIVERY_SQL.lock, [id])
      if (row === undefined) return null
      const { id: name, provider, subject, sequence, verdict, state } = row
      const [emptiedAt, heldAt] = [toDateOrNull(row.emptied_at), toDateOrNull(row.held_at)]
      const facts = { id: name, provider, subject, sequence, verdict, state, emptiedAt, heldAt }
      return { ...facts, applied: digestsOf(row.applied) }
    },
    hasEarlier: async ({ provider, subject, sequence }) =>
      (await count(DELIVERY_SQL.hasEarlier, [provider, subject, sequence])) > 0,
    hold: async ({ id, at }) => {
      const [row] = await sql.query<{ held_at: Date | string }>(DELIVERY_SQL.hold, [id, at.toISOString()])
      return row === undefined ? null : toDate(row.held_at)
    },
    settle: async (settlement) => {
      const { id, adapterVersion } = settlement
      const at = settlement.at.toISOString()
      if (settlement.state === 'applied') {
        const { note, applied } = settlement
        await sql.query(DELIVERY_SQL.settleApplied, [id, note, adapterVersion, toArray(applied), at])
      } else {
        const { state, error } = settlement
        await sql.query(DELIVERY_SQL.settleFailed, [id, state, error, adapterVersion, at])
      }
    },
    nextHeld: async ({ provider, subject }) => {
      const rows = await sql.query<QueuedRow>(DELIVERY_SQL.nextHeld, [provider, subject])
      return inOrder(rows)[0] ?? null
    },
    advance: async ({ provider, subject, sequence, delivery, at }) =>
      (await count(DELIVERY_SQL.advance, [provider, subject, sequence, delivery, at.toISOString()])) > 0,
  }
}

async function insert(sql: Sql, deliveries: readonly NewDelivery[]): Promise<readonly string[]> {
  let start = 1
  const rows = deliveries.map(({ body, ...delivery }) => {
    const row = { ...delivery, start, bytes: body.byteLength }
    start += body.byteLength
    return row
  })
  const bodies = new Uint8Array(start - 1)
  for (const [place, { body }] of deliveries.entries()) bodies.set(body, (rows[place]?.start ?? 1) - 1)
  const stored = await sql.query<{ id: string }>(DELIVERY_SQL.insert, [JSON.stringify(rows), bodies])
  return stored.map(({ id }) => id)
}

function matching({ provider, topic, subject, state, from, to }: DeliveryFilter): readonly (string | null)[] {
  const texts = [provider ?? null, topic ?? null, subject ?? null, state ?? null]
  return [...texts, from?.toISOString() ?? null, to?.toISOString() ?? null]
}

/** Rows that an update answers come in no order: the oldest arrival goes first. */
function inOrder(rows: readonly QueuedRow[]): readonly QueuedDelivery[] {
  const timed = rows.map((row) => ({ row, at: toDate(row.received_at).getTime() }))
  timed.sort((left, right) => left.at - right.at || (left.row.id < right.row.id ? -1 : 1))
  return timed.map(({ row: { id, provider, subject } }) => ({ id, provider, subject }))
}

async function counts(
  sql: Sql,
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<DeliveryCounts> {
  type Arrived = Pick<
    TopicCounts,
    'provider' | 'topic' | 'received' | 'applied' | 'superseded' | 'unrecognised'
  >
  type Standing = Pick<TopicCounts, 'provider' | 'topic' | 'depth' | 'dead'> & {
    readonly oldest_at: Date | string | null
  }
  const from = since.toISOString()
  const arrived = await sql.query<Arrived>(DELIVERY_SQL.arrived, [from, limit])
  const standing = await sql.query<Standing>(DELIVERY_SQL.standing, [limit])
  const refusals = await sql.query<DeliveryCounts['refusals'][number]>(DELIVERY_SQL.refused, [from])
  const topics = new Map<string, TopicCounts>()
  const keyOf = ({ provider, topic }: { provider: string; topic: string }) =>
    JSON.stringify([provider, topic])
  for (const row of arrived) topics.set(keyOf(row), { ...row, depth: 0, dead: 0, oldestAt: null })
  for (const { oldest_at, ...row } of standing) {
    const none = { received: 0, applied: 0, superseded: 0, unrecognised: 0 }
    topics.set(keyOf(row), { ...none, ...topics.get(keyOf(row)), ...row, oldestAt: toDateOrNull(oldest_at) })
  }
  const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
  const isPartial =
    total(arrived.map(({ received }) => received)) >= limit ||
    total(standing.map(({ depth, dead }) => depth + dead)) >= limit
  return { isPartial, topics: [...topics.values()], refusals }
}

function toSummary(row: ListedRow): DeliverySummary {
  const { id, provider, topic, subject, sequence, verdict, state, note, attempts, error } = row
  return {
    id,
    provider,
    deliveryId: row.delivery_id,
    topic,
    subject,
    sequence,
    verdict,
    isKnownType: row.is_known_type,
    state,
    note,
    bodyBytes: row.body_bytes,
    attempts,
    error,
    adapterVersion: row.adapter_version,
    receivedAt: toDate(row.received_at),
    appliedAt: toDateOrNull(row.applied_at),
    emptiedAt: toDateOrNull(row.emptied_at),
    heldAt: toDateOrNull(row.held_at),
  }
}

function toDelivery(row: DeliveryRow): Delivery {
  const { body } = row
  return {
    ...toSummary(row),
    body: body === null ? null : new Uint8Array(body),
    applied: digestsOf(row.applied),
  }
}

/** Digests hold no comma, quote or brace. */
function digestsOf(array: string): readonly string[] {
  return array.slice(1, -1).split(',').filter(Boolean)
}
