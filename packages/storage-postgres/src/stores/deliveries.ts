import type { Delivery, DeliveryState, DeliveryStore } from '@lastro/core/storage'
import { toDate, toDateOrNull } from '../codecs.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface DeliveryRow {
  readonly id: string
  readonly provider: string
  readonly delivery_id: string
  readonly topic: string
  readonly verdict: Delivery['verdict']
  readonly state: DeliveryState
  readonly body: Uint8Array
  readonly attempts: number
  readonly error: string | null
  readonly received_at: Date | string
  readonly applied_at: Date | string | null
}

type Listed = Omit<Delivery, 'body'>

const LISTED = 'id, provider, delivery_id, topic, verdict, state, attempts, error, received_at, applied_at'

/** The statements of the inbox. */
export const DELIVERY_SQL = {
  insert: `
  insert into lastro.delivery
    (id, provider, delivery_id, topic, verdict, state, body, attempts, error, received_at, applied_at)
  values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::bytea, $8::int, $9::text,
    $10::text::timestamptz, $11::text::timestamptz)
  on conflict (provider, delivery_id) do nothing
  returning id`,

  get: `select ${LISTED}, body from lastro.delivery where id = $1::text`,

  lock: `select ${LISTED}, body from lastro.delivery where id = $1::text for update`,

  settle: `
  update lastro.delivery
  set state = $2::text, error = $3::text, attempts = attempts + 1,
    applied_at = case when $2::text = 'applied' then $4::text::timestamptz end
  where id = $1::text`,

  list: `
  select ${LISTED} from lastro.delivery
  where ($1::text is null or provider = $1::text)
    and ($2::text is null or state = $2::text)
    and ($3::text is null or topic = $3::text)
    and ($4::text is null or (received_at, id) < ($4::text::timestamptz, $5::text))
  order by received_at desc, id desc
  limit $6::int`,
} as const

/** The inbox of webhooks. */
export function deliveryStore(sql: Sql): DeliveryStore {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<DeliveryRow>(text, [id])
    return row === undefined ? null : { ...toListed(row), body: new Uint8Array(row.body) }
  }
  return {
    insert: async (delivery) => {
      const { id, provider, deliveryId, topic, verdict, state, body, attempts, error } = delivery
      const facts = [id, provider, deliveryId, topic, verdict, state, body, attempts, error]
      const times = [delivery.receivedAt.toISOString(), delivery.appliedAt?.toISOString() ?? null]
      const stored = await sql.query(DELIVERY_SQL.insert, [...facts, ...times])
      return stored.length > 0
    },
    get: (id) => one(DELIVERY_SQL.get, id),
    lock: (id) => one(DELIVERY_SQL.lock, id),
    settle: async ({ id, state, error, at }) => {
      await sql.query(DELIVERY_SQL.settle, [id, state, error, at.toISOString()])
    },
    list: async (query = {}) => {
      const { limit, after } = pageRequest(query)
      const [receivedAt = null, id = null] = decodeCursor(after, 2)
      const filters = [query.provider ?? null, query.state ?? null, query.topic ?? null]
      const rows = await sql.query<DeliveryRow>(DELIVERY_SQL.list, [...filters, receivedAt, id, limit + 1])
      const keyOf = (item: Listed) => encodeCursor(item.receivedAt.toISOString(), item.id)
      return pageOf(rows.map(toListed), { limit, keyOf })
    },
  }
}

function toListed(row: Omit<DeliveryRow, 'body'>): Listed {
  const { id, provider, topic, verdict, state, attempts, error } = row
  const times = { receivedAt: toDate(row.received_at), appliedAt: toDateOrNull(row.applied_at) }
  return { id, provider, deliveryId: row.delivery_id, topic, verdict, state, attempts, error, ...times }
}
