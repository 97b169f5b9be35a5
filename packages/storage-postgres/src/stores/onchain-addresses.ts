import type { AddressStore, OnchainAddress } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface Row {
  provider: string
  network: string
  address: string
  key_index: number
  purpose: OnchainAddress['purpose']
  state: OnchainAddress['state']
  owner: string | null
  watched_from: string | null
  created_at: Date | string
  assigned_at: Date | string | null
}

const COLUMNS = `provider, network, address, key_index, purpose, state, owner, watched_from::text as watched_from,
  created_at, assigned_at`

/** The statements of addresses. */
export const ADDRESS_SQL = {
  nextIndex: `select coalesce(max(key_index) + 1, 0)::int as next from lastro.onchain_address where provider = $1`,
  add: `insert into lastro.onchain_address
    (provider, network, address, key_index, purpose, state, owner, watched_from, created_at, assigned_at)
    values ($1, $2, $3, $4::int, $5, $6, $7, $8::text::bigint, $9::text::timestamptz, $10::text::timestamptz)
    on conflict do nothing returning key_index`,
  countFree: `select count(*)::int as free from lastro.onchain_address
    where provider = $1 and state = 'free' and purpose = 'deposit'`,
  take: `update lastro.onchain_address
    set state = 'assigned', owner = $2, assigned_at = $3::text::timestamptz
    where provider = $1 and key_index = (
      select key_index from lastro.onchain_address
      where provider = $1 and state = 'free' and purpose = 'deposit'
      order by key_index limit 1 for update skip locked)
    returning ${COLUMNS}`,
  retire: `update lastro.onchain_address set state = 'assigned', assigned_at = $3::text::timestamptz
    where provider = $1 and address = $2 and state = 'free'`,
  get: `select ${COLUMNS} from lastro.onchain_address where provider = $1 and address = $2`,
  lock: `select ${COLUMNS} from lastro.onchain_address where provider = $1 and address = $2 for update`,
  byIndex: `select ${COLUMNS} from lastro.onchain_address where provider = $1 and key_index = $2::int`,
  from: `select address, key_index from lastro.onchain_address where provider = $1 and key_index >= $2::int
    order by key_index limit $3::int`,
  list: `select ${COLUMNS} from lastro.onchain_address
    where ($1::text is null or provider = $1) and ($2::text is null or owner = $2)
      and ($3::text is null or (provider, -key_index) > ($3::text, -($4::text::int)))
    order by provider, -key_index limit $5::int`,
} as const

/** Addresses in PostgreSQL. */
export function addressStore(sql: Sql): AddressStore {
  const one = async (text: string, parameters: readonly SqlParameter[]) => {
    const [row] = await sql.query<Row>(text, parameters)
    return row === undefined ? null : toAddress(row)
  }
  return {
    async nextIndex(provider) {
      const [row] = await sql.query<{ next: number }>(ADDRESS_SQL.nextIndex, [provider])
      return row?.next ?? 0
    },
    async add(address) {
      const rows = await sql.query(ADDRESS_SQL.add, [
        address.provider,
        address.network,
        address.address,
        address.index,
        address.purpose,
        address.state,
        address.owner,
        address.watchedFrom?.toString() ?? null,
        address.createdAt.toISOString(),
        address.assignedAt?.toISOString() ?? null,
      ])
      return rows.length > 0
    },
    async countFree(provider) {
      const [row] = await sql.query<{ free: number }>(ADDRESS_SQL.countFree, [provider])
      return row?.free ?? 0
    },
    take: ({ provider, owner, at }) => one(ADDRESS_SQL.take, [provider, owner, at.toISOString()]),
    async retire({ provider, address, at }) {
      await sql.query(ADDRESS_SQL.retire, [provider, address, at.toISOString()])
    },
    get: ({ provider, address }) => one(ADDRESS_SQL.get, [provider, address]),
    lock: ({ provider, address }) => one(ADDRESS_SQL.lock, [provider, address]),
    byIndex: ({ provider, index }) => one(ADDRESS_SQL.byIndex, [provider, index]),
    async from({ provider, index, limit }) {
      const rows = await sql.query<Pick<Row, 'address' | 'key_index'>>(ADDRESS_SQL.from, [
        provider,
        index,
        limit,
      ])
      return rows.map((row) => ({ address: row.address, index: row.key_index }))
    },
    async list(query = {}) {
      const { limit, after } = pageRequest(query)
      const [provider = null, index = null] = decodeCursor(after, 2)
      const parameters = [query.provider ?? null, query.owner ?? null, provider, index, limit + 1]
      const rows = await sql.query<Row>(ADDRESS_SQL.list, parameters)
      return pageOf(rows.map(toAddress), {
        limit,
        keyOf: (row) => encodeCursor(row.provider, String(row.index)),
      })
    },
  }
}

function toAddress(row: Row): OnchainAddress {
  return {
    provider: row.provider,
    network: row.network,
    address: row.address,
    index: row.key_index,
    purpose: row.purpose,
    state: row.state,
    owner: row.owner,
    watchedFrom: row.watched_from === null ? null : toBigint(row.watched_from),
    createdAt: toDate(row.created_at),
    assignedAt: toDateOrNull(row.assigned_at),
  }
}
