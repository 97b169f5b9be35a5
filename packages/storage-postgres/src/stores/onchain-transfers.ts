import type { Money } from '@lastro/core/spec'
import { LastroError, type OnchainTransfer, type TransferStore } from '@lastro/core/storage'
import { toArray, toBigint } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import {
  insertParameters,
  TRANSFER_COLUMNS,
  type TransferRow,
  toTransfer,
  toVersion,
  updateParameters,
  VERSION_COLUMNS,
  type VersionRow,
  versionParameters,
} from './onchain-rows.ts'
import { pageOf, pageRequest } from './page.ts'

const COLUMNS = TRANSFER_COLUMNS

/** The statements of transfers and their signed versions. */
export const TRANSFER_SQL = {
  insert: `insert into lastro.onchain_transfer
    (id, provider, network, kind, from_address, from_index, to_address, amount, asset, source_account, correlation,
     created_at, state, sequence, transaction_hash, block_height, block_hash, succeeded, fee_amount, fee_asset,
     failure, detail, displaced_height, displaced_hash, displaced_since, unfunded_since, tries, due_at, updated_at,
     sent_at, settled_at, version)
    values ($1, $2, $3, $4, $5, $6::int, $7, $8::text::numeric, $9, $10, $11, $12::text::timestamptz,
     $13, $14::text::bigint, $15, $16::text::bigint, $17, $18::boolean, $19::text::numeric, $20,
     $21, $22, $23::text::bigint, $24, $25::text::timestamptz, $26::text::timestamptz, $27::int,
     $28::text::timestamptz, $29::text::timestamptz, $30::text::timestamptz, $31::text::timestamptz, $32::int)`,
  get: `select ${COLUMNS} from lastro.onchain_transfer where id = $1`,
  lock: `select ${COLUMNS} from lastro.onchain_transfer where id = $1 for update`,
  update: `update lastro.onchain_transfer
    set state = $2, sequence = $3::text::bigint, transaction_hash = $4, block_height = $5::text::bigint,
      block_hash = $6, succeeded = $7::boolean, fee_amount = $8::text::numeric, fee_asset = $9, failure = $10,
      detail = $11, displaced_height = $12::text::bigint, displaced_hash = $13,
      displaced_since = $14::text::timestamptz, unfunded_since = $15::text::timestamptz, tries = $16::int,
      due_at = $17::text::timestamptz, updated_at = $18::text::timestamptz, sent_at = $19::text::timestamptz,
      settled_at = $20::text::timestamptz, version = $21::int
    where id = $1 and version = $21::int - 1 returning id`,
  postpone: `update lastro.onchain_transfer set due_at = $2::text::timestamptz, tries = $3::int where id = $1`,
  due: `select ${COLUMNS} from lastro.onchain_transfer t
    where provider = $1 and state = any($2::text::text[]) and state in ('created', 'prepared', 'sent', 'mined')
      and t.due_at <= $3::text::timestamptz
    order by t.due_at, t.id limit $4::int`,
  outstanding: `select asset, sum(amount)::text as amount from (
      select t.asset, t.amount from lastro.onchain_transfer t
      where t.provider = $1 and t.from_address = $2 and t.id <> $3
        and (t.state in ('prepared', 'sent') or (t.state = 'created' and t.sequence is not null))
      union all
      select v.fee_asset, max(v.fee_amount)
      from lastro.onchain_version v join lastro.onchain_transfer t on t.id = v.transfer_id
      where t.provider = $1 and t.from_address = $2 and t.id <> $3 and t.state in ('prepared', 'sent')
        and not v.is_dead
      group by v.transfer_id, v.fee_asset) as taken (asset, amount)
    group by asset`,
  list: `select ${COLUMNS} from lastro.onchain_transfer
    where ($1::text is null or provider = $1) and ($2::text is null or state = $2)
      and ($3::text is null or correlation = $3) and ($4::text is null or id < $4)
    order by id desc limit $5::int`,
  addVersion: `insert into lastro.onchain_version
    (transfer_id, number, sequence, raw, hash, fee_amount, fee_asset, fee_parameters, calls, refusals, is_dead,
     created_at)
    values ($1, $2::int, $3::text::bigint, $4, $5, $6::text::numeric, $7, $8::text::jsonb, $9::int, $10::int,
     $11::boolean, $12::text::timestamptz)`,
  versions: `select ${VERSION_COLUMNS} from lastro.onchain_version where transfer_id = $1 order by number`,
  countCall: `update lastro.onchain_version
    set calls = calls + $3::int, refusals = refusals + $4::int where transfer_id = $1 and number = $2::int`,
  killVersions: `update lastro.onchain_version set is_dead = true
    where transfer_id = $1 and sequence = $2::text::bigint`,
} as const

/** Transfers and their signed versions in PostgreSQL. */
export function transferStore(sql: Sql): TransferStore {
  const many = async (text: string, parameters: readonly SqlParameter[]) => {
    const rows = await sql.query<TransferRow>(text, parameters)
    return rows.map(toTransfer)
  }
  const one = async (text: string, id: string): Promise<OnchainTransfer | null> =>
    (await many(text, [id]))[0] ?? null
  return {
    async insert(transfer) {
      await sql.query(TRANSFER_SQL.insert, insertParameters(transfer))
    },
    get: (id) => one(TRANSFER_SQL.get, id),
    lock: (id) => one(TRANSFER_SQL.lock, id),
    async update(transfer) {
      const rows = await sql.query(TRANSFER_SQL.update, updateParameters(transfer))
      if (rows.length === 0)
        throw new LastroError('version_conflict', { kind: 'onchain transfer', id: transfer.id })
    },
    async postpone({ id, dueAt, tries }) {
      await sql.query(TRANSFER_SQL.postpone, [id, dueAt.toISOString(), tries])
    },
    due: ({ provider, states, at, limit }) =>
      many(TRANSFER_SQL.due, [provider, toArray(states), at.toISOString(), limit]),
    async outstanding({ provider, address, except }) {
      const rows = await sql.query<{ asset: Money['asset']; amount: string }>(TRANSFER_SQL.outstanding, [
        provider,
        address,
        except,
      ])
      return rows.map(({ asset, amount }) => ({ asset, amount: toBigint(amount) }))
    },
    async list(query = {}) {
      const { limit, after } = pageRequest(query)
      const { provider = null, state = null, correlation = null } = query
      const transfers = await many(TRANSFER_SQL.list, [provider, state, correlation, after, limit + 1])
      return pageOf(transfers, { limit, keyOf: (transfer) => transfer.id })
    },
    async addVersion(version) {
      await sql.query(TRANSFER_SQL.addVersion, versionParameters(version))
    },
    async versions(id) {
      const rows = await sql.query<VersionRow>(TRANSFER_SQL.versions, [id])
      return rows.map(toVersion)
    },
    async countCall({ transferId, number, as }) {
      const [calls, refusals] = as === 'calls' ? [1, 0] : [0, 1]
      await sql.query(TRANSFER_SQL.countCall, [transferId, number, calls, refusals])
    },
    async killVersions({ transferId, sequence }) {
      await sql.query(TRANSFER_SQL.killVersions, [transferId, sequence.toString()])
    },
  }
}
