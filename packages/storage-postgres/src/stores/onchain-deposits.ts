import { type Deposit, type DepositStore, LastroError } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface Row {
  id: Deposit['id']
  provider: string
  network: string
  address: string
  owner: string | null
  transaction_hash: string
  position: string
  from_address: string
  amount: string
  asset: Deposit['amount']['asset']
  state: Deposit['state']
  block_height: string
  block_hash: string
  block_time: Date | string
  first_seen_at: Date | string
  confirmed_at: Date | string | null
  updated_at: Date | string
  version: number
}

const COLUMNS = `id, provider, network, address, owner, transaction_hash, position, from_address,
  amount::text as amount, asset, state, block_height::text as block_height, block_hash, block_time, first_seen_at,
  confirmed_at, updated_at, version`

/** The statements of deposits. */
export const DEPOSIT_SQL = {
  insert: `insert into lastro.onchain_deposit
    (id, provider, network, address, owner, transaction_hash, position, from_address, amount, asset, state,
     block_height, block_hash, block_time, first_seen_at, confirmed_at, updated_at, version)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::numeric, $10, $11, $12::text::bigint, $13,
     $14::text::timestamptz, $15::text::timestamptz, $16::text::timestamptz, $17::text::timestamptz, $18::int)`,
  get: `select ${COLUMNS} from lastro.onchain_deposit where id = $1`,
  lock: `select ${COLUMNS} from lastro.onchain_deposit where id = $1 for update`,
  lockByKey: `select ${COLUMNS} from lastro.onchain_deposit
    where provider = $1 and transaction_hash = $2 and position = $3 for update`,
  lockInBlock: `select ${COLUMNS} from lastro.onchain_deposit
    where provider = $1 and block_height = $2::text::bigint and state in ('seen', 'confirmed')
    order by id for update`,
  update: `update lastro.onchain_deposit
    set address = $2, owner = $3, from_address = $4, amount = $5::text::numeric, asset = $6, state = $7,
      block_height = $8::text::bigint, block_hash = $9, block_time = $10::text::timestamptz,
      confirmed_at = $11::text::timestamptz, updated_at = $12::text::timestamptz, version = $13::int
    where id = $1 and version = $13::int - 1 returning id`,
  seenUpTo: `select id from lastro.onchain_deposit
    where provider = $1 and state = 'seen' and block_height <= $2::text::bigint and ($3::text is null or id > $3)
    order by id limit $4::int`,
  list: `select ${COLUMNS} from lastro.onchain_deposit
    where ($1::text is null or provider = $1) and ($2::text is null or owner = $2)
      and ($3::text is null or state = $3) and ($4::text is null or id < $4)
    order by id desc limit $5::int`,
} as const

/** Deposits in PostgreSQL. */
export function depositStore(sql: Sql): DepositStore {
  const one = async (text: string, parameters: readonly SqlParameter[]) => {
    const [row] = await sql.query<Row>(text, parameters)
    return row === undefined ? null : toDeposit(row)
  }
  return {
    async insert(deposit) {
      await sql.query(DEPOSIT_SQL.insert, insertParameters(deposit))
    },
    get: (id) => one(DEPOSIT_SQL.get, [id]),
    lock: (id) => one(DEPOSIT_SQL.lock, [id]),
    lockByKey: ({ provider, transactionHash, position }) =>
      one(DEPOSIT_SQL.lockByKey, [provider, transactionHash, position]),
    async lockInBlock({ provider, height }) {
      const rows = await sql.query<Row>(DEPOSIT_SQL.lockInBlock, [provider, height.toString()])
      return rows.map(toDeposit)
    },
    async update(deposit) {
      const rows = await sql.query(DEPOSIT_SQL.update, updateParameters(deposit))
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'deposit', id: deposit.id })
    },
    async seenUpTo({ provider, height, after, limit }) {
      const parameters = [provider, height.toString(), after, limit]
      const rows = await sql.query<Pick<Row, 'id'>>(DEPOSIT_SQL.seenUpTo, parameters)
      return rows.map((row) => row.id)
    },
    async list(query = {}) {
      const { limit, after } = pageRequest(query)
      const { provider = null, owner = null, state = null } = query
      const rows = await sql.query<Row>(DEPOSIT_SQL.list, [provider, owner, state, after, limit + 1])
      return pageOf(rows.map(toDeposit), { limit, keyOf: (deposit) => deposit.id })
    },
  }
}

function insertParameters(deposit: Deposit): readonly SqlParameter[] {
  return [
    deposit.id,
    deposit.provider,
    deposit.network,
    deposit.address,
    deposit.owner,
    deposit.transactionHash,
    deposit.position,
    deposit.from,
    deposit.amount.amount.toString(),
    deposit.amount.asset,
    deposit.state,
    deposit.block.height.toString(),
    deposit.block.hash,
    deposit.block.time.toISOString(),
    deposit.firstSeenAt.toISOString(),
    deposit.confirmedAt?.toISOString() ?? null,
    deposit.updatedAt.toISOString(),
    deposit.version,
  ]
}

function updateParameters(deposit: Deposit): readonly SqlParameter[] {
  return [
    deposit.id,
    deposit.address,
    deposit.owner,
    deposit.from,
    deposit.amount.amount.toString(),
    deposit.amount.asset,
    deposit.state,
    deposit.block.height.toString(),
    deposit.block.hash,
    deposit.block.time.toISOString(),
    deposit.confirmedAt?.toISOString() ?? null,
    deposit.updatedAt.toISOString(),
    deposit.version,
  ]
}

function toDeposit(row: Row): Deposit {
  return {
    id: row.id,
    provider: row.provider,
    network: row.network,
    address: row.address,
    owner: row.owner,
    transactionHash: row.transaction_hash,
    position: row.position,
    from: row.from_address,
    amount: { amount: toBigint(row.amount), asset: row.asset },
    state: row.state,
    block: { height: toBigint(row.block_height), hash: row.block_hash, time: toDate(row.block_time) },
    firstSeenAt: toDate(row.first_seen_at),
    confirmedAt: toDateOrNull(row.confirmed_at),
    updatedAt: toDate(row.updated_at),
    version: row.version,
  }
}
