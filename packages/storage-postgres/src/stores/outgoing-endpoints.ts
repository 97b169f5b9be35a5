import {
  LastroError,
  type OutgoingEndpoint,
  type OutgoingEndpointStore,
  type SealedSecret,
} from '@lastro/core/storage'
import { toDate, toDateOrNull } from '../codecs.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface Row {
  readonly id: OutgoingEndpoint['id']
  readonly url: string
  readonly description: string | null
  readonly customer: string | null
  readonly event_types: string
  readonly state: OutgoingEndpoint['state']
  readonly disabled_reason: OutgoingEndpoint['disabledReason']
  readonly failures: number
  readonly failing_since: Date | string | null
  readonly resting_until: Date | string | null
  readonly last_success_at: Date | string | null
  readonly created_at: Date | string
  readonly updated_at: Date | string
  readonly version: number
}

interface SecretRow {
  readonly id: string
  readonly endpoint_id: OutgoingEndpoint['id']
  readonly key_id: string
  readonly sealed: Uint8Array
  readonly created_at: Date | string
  readonly not_after: Date | string | null
}

const COLUMNS = `id, url, description, customer, event_types::text as event_types, state, disabled_reason, failures,
  failing_since, resting_until, last_success_at, created_at, updated_at, version`
const SECRET_COLUMNS = 'id, endpoint_id, key_id, sealed, created_at, not_after'

/** The statements of endpoints of outgoing webhooks. */
export const OUTGOING_ENDPOINT_SQL = {
  insert: `insert into lastro.outgoing_endpoint
    (id, url, description, customer, event_types, state, disabled_reason, failures, failing_since, resting_until,
     last_success_at, created_at, updated_at, version)
    values ($1::text, $2::text, $3::text, $4::text, $5::text::jsonb, $6::text, $7::text, $8::int,
     $9::text::timestamptz, $10::text::timestamptz, $11::text::timestamptz, $12::text::timestamptz,
     $13::text::timestamptz, $14::int)`,
  get: `select ${COLUMNS} from lastro.outgoing_endpoint where id = $1::text`,
  // Not 'for update': that would make everybody wait who writes a delivery to the endpoint.
  lock: `select ${COLUMNS} from lastro.outgoing_endpoint where id = $1::text for no key update`,
  update: `update lastro.outgoing_endpoint set url = $2::text, description = $3::text, event_types = $4::text::jsonb,
    state = $5::text, disabled_reason = $6::text, failures = $7::int, failing_since = $8::text::timestamptz,
    resting_until = $9::text::timestamptz, last_success_at = $10::text::timestamptz,
    updated_at = $11::text::timestamptz, version = $12::int
    where id = $1::text and version = $12::int - 1 returning id`,
  list: `select ${COLUMNS} from lastro.outgoing_endpoint
    where ($1::text is null or customer = $1::text)
      and (case when $2::text is null then state <> 'removed' else state = $2::text end)
      and ($3::text is null or id < $3::text)
    order by id desc limit $4::int`,
  ofCustomer: `select ${COLUMNS} from lastro.outgoing_endpoint
    where customer is not distinct from $1::text and state <> 'removed' order by id limit $2::int`,
  insertSecret: `insert into lastro.outgoing_secret (id, endpoint_id, key_id, sealed, created_at, not_after)
    values ($1::text, $2::text, $3::text, $4::bytea, $5::text::timestamptz, $6::text::timestamptz)`,
  secrets: `select ${SECRET_COLUMNS} from lastro.outgoing_secret where endpoint_id = $1::text
    order by created_at desc, id desc limit 50`,
  endSecrets: `update lastro.outgoing_secret set not_after = least(coalesce(not_after, 'infinity'), $2::text::timestamptz)
    where endpoint_id = $1::text`,
  deleteSecrets: `delete from lastro.outgoing_secret
    where endpoint_id = $1::text and ($2::text is null or not_after <= $2::text::timestamptz)`,
  secretsNotSealedWith: `select ${SECRET_COLUMNS} from lastro.outgoing_secret where key_id <> $1::text
    order by id limit $2::int for update`,
  reseal: `update lastro.outgoing_secret set key_id = $2::text, sealed = $3::bytea where id = $1::text`,
} as const

/** Endpoints of outgoing webhooks, and their sealed secrets. */
export function outgoingEndpointStore(sql: Sql): OutgoingEndpointStore {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<Row>(text, [id])
    return row === undefined ? null : toEndpoint(row)
  }
  return {
    get: (id) => one(OUTGOING_ENDPOINT_SQL.get, id),
    lock: (id) => one(OUTGOING_ENDPOINT_SQL.lock, id),
    ...endpointWrites(sql),
    ...secretStore(sql),
    async list(query) {
      const { limit, after } = pageRequest(query)
      const filters = [query.customer ?? null, query.state ?? null, after]
      const rows = await sql.query<Row>(OUTGOING_ENDPOINT_SQL.list, [...filters, limit + 1])
      return pageOf(rows.map(toEndpoint), { limit, keyOf: ({ id }) => id })
    },
    async ofCustomer({ customer, limit }) {
      const rows = await sql.query<Row>(OUTGOING_ENDPOINT_SQL.ofCustomer, [customer, limit])
      return rows.map(toEndpoint)
    },
  }
}

function endpointWrites(sql: Sql): Pick<OutgoingEndpointStore, 'insert' | 'update'> {
  const healthOf = ({ failures, failingSince, restingUntil, lastSuccessAt }: OutgoingEndpoint) => [
    failures,
    failingSince?.toISOString() ?? null,
    restingUntil?.toISOString() ?? null,
    lastSuccessAt?.toISOString() ?? null,
  ]
  return {
    async insert(endpoint) {
      const { id, url, description, customer, eventTypes, state, disabledReason } = endpoint
      await sql.query(OUTGOING_ENDPOINT_SQL.insert, [
        ...[id, url, description, customer, JSON.stringify(eventTypes), state, disabledReason],
        ...healthOf(endpoint),
        ...[endpoint.createdAt.toISOString(), endpoint.updatedAt.toISOString(), endpoint.version],
      ])
    },
    async update(endpoint) {
      const { id, url, description, eventTypes, state, disabledReason } = endpoint
      const rows = await sql.query(OUTGOING_ENDPOINT_SQL.update, [
        ...[id, url, description, JSON.stringify(eventTypes), state, disabledReason],
        ...healthOf(endpoint),
        ...[endpoint.updatedAt.toISOString(), endpoint.version],
      ])
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'outgoing endpoint', id })
    },
  }
}

type SecretStore = Pick<
  OutgoingEndpointStore,
  'insertSecret' | 'secrets' | 'endSecrets' | 'deleteSecrets' | 'secretsNotSealedWith' | 'reseal'
>

function secretStore(sql: Sql): SecretStore {
  return {
    async insertSecret({ id, endpointId, keyId, sealed, createdAt, notAfter }) {
      const times = [createdAt.toISOString(), notAfter?.toISOString() ?? null]
      await sql.query(OUTGOING_ENDPOINT_SQL.insertSecret, [id, endpointId, keyId, sealed, ...times])
    },
    async secrets(endpointId) {
      const rows = await sql.query<SecretRow>(OUTGOING_ENDPOINT_SQL.secrets, [endpointId])
      return rows.map(toSecret)
    },
    async endSecrets({ endpointId, notAfter }) {
      await sql.query(OUTGOING_ENDPOINT_SQL.endSecrets, [endpointId, notAfter.toISOString()])
    },
    async deleteSecrets({ endpointId, endedBefore }) {
      await sql.query(OUTGOING_ENDPOINT_SQL.deleteSecrets, [endpointId, endedBefore?.toISOString() ?? null])
    },
    async secretsNotSealedWith({ keyId, limit }) {
      const rows = await sql.query<SecretRow>(OUTGOING_ENDPOINT_SQL.secretsNotSealedWith, [keyId, limit])
      return rows.map(toSecret)
    },
    async reseal({ id, keyId, sealed }) {
      await sql.query(OUTGOING_ENDPOINT_SQL.reseal, [id, keyId, sealed])
    },
  }
}

function toEndpoint(row: Row): OutgoingEndpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    customer: row.customer,
    eventTypes: JSON.parse(row.event_types),
    state: row.state,
    disabledReason: row.disabled_reason,
    failures: row.failures,
    failingSince: toDateOrNull(row.failing_since),
    restingUntil: toDateOrNull(row.resting_until),
    lastSuccessAt: toDateOrNull(row.last_success_at),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    version: row.version,
  }
}

function toSecret(row: SecretRow): SealedSecret {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    keyId: row.key_id,
    sealed: new Uint8Array(row.sealed),
    createdAt: toDate(row.created_at),
    notAfter: toDateOrNull(row.not_after),
  }
}
