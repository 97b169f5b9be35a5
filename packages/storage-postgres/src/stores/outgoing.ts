import {
  LastroError,
  type OutgoingAttempt,
  type OutgoingDelivery,
  type OutgoingDeliveryStore,
  type OutgoingMessage,
} from '@lastro/core/storage'
import { toDate, toDateOrNull } from '../codecs.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface MessageRow {
  readonly id: OutgoingMessage['id']
  readonly type: string
  readonly customer: string | null
  readonly body: string
  readonly event_position: string | null
  readonly created_at: Date | string
}

interface DeliveryRow {
  readonly id: OutgoingDelivery['id']
  readonly message_id: OutgoingDelivery['messageId']
  readonly endpoint_id: OutgoingDelivery['endpointId']
  readonly type: string
  readonly state: OutgoingDelivery['state']
  readonly attempts: number
  readonly tries: number
  readonly due_at: Date | string
  readonly sent_at: Date | string | null
  readonly lease_until: Date | string | null
  readonly last_status: number | null
  readonly last_error: OutgoingDelivery['lastError']
  readonly created_at: Date | string
  readonly updated_at: Date | string
  readonly version: number
}

interface AttemptRow {
  readonly delivery_id: OutgoingDelivery['id']
  readonly number: number
  readonly at: Date | string
  readonly duration_ms: number | null
  readonly status: number | null
  readonly error: OutgoingAttempt['error']
  readonly answer: string | null
}

const COLUMNS = `id, message_id, endpoint_id, type, state, attempts, tries, due_at, sent_at, lease_until, last_status,
  last_error, created_at, updated_at, version`

/** The statements of outgoing webhooks. */
export const OUTGOING_SQL = {
  insertMessage: `insert into lastro.outgoing_message (id, type, customer, body, event_position, created_at)
    values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text::timestamptz)
    on conflict (event_position) where event_position is not null do nothing returning id`,
  getMessage: `select id, type, customer, body, event_position, created_at from lastro.outgoing_message
    where id = $1::text`,
  insert: `insert into lastro.outgoing_delivery (${COLUMNS})
    values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::int, $7::int, $8::text::timestamptz,
     $9::text::timestamptz, $10::text::timestamptz, $11::int, $12::text, $13::text::timestamptz,
     $14::text::timestamptz, $15::int)`,
  get: `select ${COLUMNS} from lastro.outgoing_delivery where id = $1::text`,
  lock: `select ${COLUMNS} from lastro.outgoing_delivery where id = $1::text for update`,
  update: `update lastro.outgoing_delivery set state = $2::text, attempts = $3::int, tries = $4::int,
    due_at = $5::text::timestamptz, sent_at = $6::text::timestamptz, lease_until = $7::text::timestamptz,
    last_status = $8::int, last_error = $9::text, updated_at = $10::text::timestamptz, version = $11::int
    where id = $1::text and version = $11::int - 1 returning id`,
  list: `select ${COLUMNS} from lastro.outgoing_delivery
    where ($1::text is null or endpoint_id = $1::text) and ($2::text is null or message_id = $2::text)
      and ($3::text is null or state = $3::text) and ($4::text is null or type = $4::text)
      and ($5::text is null or id < $5::text)
    order by id desc limit $6::int`,
  insertAttempt: `insert into lastro.outgoing_attempt (delivery_id, number, at, duration_ms, status, error, answer)
    values ($1::text, $2::int, $3::text::timestamptz, $4::int, $5::int, $6::text, $7::text)`,
  attempts: `select delivery_id, number, at, duration_ms, status, error, answer
    from (select * from lastro.outgoing_attempt where delivery_id = $1::text order by number desc limit 200) as latest
    order by number`,
  lockFailed: `select ${COLUMNS} from lastro.outgoing_delivery
    where endpoint_id = $1::text and state in ('exhausted', 'endpoint_disabled')
      and created_at >= $2::text::timestamptz and created_at < $3::text::timestamptz
    order by created_at, id limit $4::int for update`,
  stuck: `select id, endpoint_id from lastro.outgoing_delivery
    where (state = 'sending' and lease_until < $1::text::timestamptz)
      or (state = 'pending' and due_at < $2::text::timestamptz)
    order by due_at limit $3::int`,
  prune: `with old as (
      select message.id from lastro.outgoing_message message
      where message.created_at < $1::text::timestamptz and not exists (
        select 1 from lastro.outgoing_delivery open
        where open.message_id = message.id and open.state in ('pending', 'sending'))
      order by message.created_at, message.id limit $2::int
      for update skip locked
    )
    delete from lastro.outgoing_message where id in (select id from old) returning id`,
} as const

/** Messages, their deliveries and attempts. */
export function outgoingStore(sql: Sql): OutgoingDeliveryStore {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<DeliveryRow>(text, [id])
    return row === undefined ? null : toDelivery(row)
  }
  return {
    ...messageStore(sql),
    ...deliveryWrites(sql),
    get: (id) => one(OUTGOING_SQL.get, id),
    lock: (id) => one(OUTGOING_SQL.lock, id),
    async list(query) {
      const { limit, after } = pageRequest(query)
      const { endpointId = null, messageId = null, state = null, type = null } = query
      const filters = [endpointId, messageId, state, type, after]
      const rows = await sql.query<DeliveryRow>(OUTGOING_SQL.list, [...filters, limit + 1])
      return pageOf(rows.map(toDelivery), { limit, keyOf: ({ id }) => id })
    },
    async attempts(id) {
      const rows = await sql.query<AttemptRow>(OUTGOING_SQL.attempts, [id])
      return rows.map(toAttempt)
    },
    async lockFailed({ endpointId, since, until, limit }) {
      const range = [endpointId, since.toISOString(), until.toISOString(), limit]
      const rows = await sql.query<DeliveryRow>(OUTGOING_SQL.lockFailed, range)
      return rows.map(toDelivery)
    },
    async stuck({ leaseBefore, dueBefore, limit }) {
      const times = [leaseBefore.toISOString(), dueBefore.toISOString()]
      const rows = await sql.query<DeliveryRow>(OUTGOING_SQL.stuck, [...times, limit])
      return rows.map((row) => ({ id: row.id, endpointId: row.endpoint_id }))
    },
    async prune({ before, limit }) {
      return (await sql.query(OUTGOING_SQL.prune, [before.toISOString(), limit])).length
    },
  }
}

function messageStore(sql: Sql): Pick<OutgoingDeliveryStore, 'insertMessage' | 'getMessage'> {
  return {
    async insertMessage({ id, type, customer, body, eventPosition, createdAt }) {
      const facts = [id, type, customer, body, eventPosition, createdAt.toISOString()]
      return (await sql.query(OUTGOING_SQL.insertMessage, facts)).length > 0
    },
    async getMessage(id) {
      const [row] = await sql.query<MessageRow>(OUTGOING_SQL.getMessage, [id])
      if (row === undefined) return null
      const { type, customer, body } = row
      return {
        id,
        type,
        customer,
        body,
        eventPosition: row.event_position,
        createdAt: toDate(row.created_at),
      }
    },
  }
}

function deliveryWrites(sql: Sql): Pick<OutgoingDeliveryStore, 'insert' | 'update' | 'insertAttempt'> {
  const leaseOf = ({ dueAt, sentAt, leaseUntil }: OutgoingDelivery) => [
    dueAt.toISOString(),
    sentAt?.toISOString() ?? null,
    leaseUntil?.toISOString() ?? null,
  ]
  return {
    async insert(delivery) {
      const { id, messageId, endpointId, type, state, attempts, tries, lastStatus, lastError } = delivery
      await sql.query(OUTGOING_SQL.insert, [
        ...[id, messageId, endpointId, type, state, attempts, tries],
        ...leaseOf(delivery),
        ...[lastStatus, lastError, delivery.createdAt.toISOString()],
        ...[delivery.updatedAt.toISOString(), delivery.version],
      ])
    },
    async update(delivery) {
      const { id, state, attempts, tries, lastStatus, lastError, updatedAt, version } = delivery
      const rows = await sql.query(OUTGOING_SQL.update, [
        ...[id, state, attempts, tries],
        ...leaseOf(delivery),
        ...[lastStatus, lastError, updatedAt.toISOString(), version],
      ])
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'outgoing delivery', id })
    },
    async insertAttempt({ deliveryId, number, at, durationMs, status, error, answer }) {
      const facts = [deliveryId, number, at.toISOString(), durationMs, status, error, answer]
      await sql.query(OUTGOING_SQL.insertAttempt, facts)
    },
  }
}

function toDelivery(row: DeliveryRow): OutgoingDelivery {
  return {
    id: row.id,
    messageId: row.message_id,
    endpointId: row.endpoint_id,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    tries: row.tries,
    dueAt: toDate(row.due_at),
    sentAt: toDateOrNull(row.sent_at),
    leaseUntil: toDateOrNull(row.lease_until),
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    version: row.version,
  }
}

function toAttempt(row: AttemptRow): OutgoingAttempt {
  const { number, status, error, answer } = row
  return {
    deliveryId: row.delivery_id,
    number,
    at: toDate(row.at),
    durationMs: row.duration_ms,
    status,
    error,
    answer,
  }
}
