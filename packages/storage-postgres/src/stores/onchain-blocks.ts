import type { BlockStore, ChainCursor, StoredBlock } from '@lastro/core/storage'
import { toArray, toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'

interface CursorRow {
  provider: string
  network: string
  start_height: string
  tip_height: string | null
  tip_hash: string | null
  diverged_at: Date | string | null
  updated_at: Date | string
}

interface BlockRow {
  provider: string
  height: string
  hash: string
  parent_hash: string
  time: Date | string
}

const CURSOR = `provider, network, start_height::text as start_height, tip_height::text as tip_height, tip_hash,
  diverged_at, updated_at`

const BLOCK = 'provider, height::text as height, hash, parent_hash, time'

/** The statements of cursors and blocks. */
export const BLOCK_SQL = {
  cursor: `select ${CURSOR} from lastro.onchain_cursor where provider = $1`,
  lockCursor: `select ${CURSOR} from lastro.onchain_cursor where provider = $1 for update`,
  addCursor: `insert into lastro.onchain_cursor
    (provider, network, start_height, tip_height, tip_hash, diverged_at, updated_at)
    values ($1, $2, $3::text::bigint, $4::text::bigint, $5, $6::text::timestamptz, $7::text::timestamptz)
    on conflict do nothing returning provider`,
  saveCursor: `update lastro.onchain_cursor
    set tip_height = $2::text::bigint, tip_hash = $3, diverged_at = $4::text::timestamptz,
      updated_at = $5::text::timestamptz
    where provider = $1`,
  add: `insert into lastro.onchain_block (provider, height, hash, parent_hash, time)
    select * from unnest($1::text::text[], $2::text::bigint[], $3::text::text[], $4::text::text[],
      $5::text::timestamptz[])`,
  at: `select ${BLOCK} from lastro.onchain_block where provider = $1 and height = $2::text::bigint`,
  oldest: `select ${BLOCK} from lastro.onchain_block b where provider = $1 order by b.height limit 1`,
  remove: `delete from lastro.onchain_block where provider = $1 and height = $2::text::bigint`,
  prune: `delete from lastro.onchain_block where provider = $1 and height in (
    select b.height from lastro.onchain_block b where b.provider = $1 and b.height < $2::text::bigint
    order by b.height limit $3::int)`,
} as const

/** Cursors and blocks in PostgreSQL. */
export function blockStore(sql: Sql): BlockStore {
  const cursor = async (text: string, provider: string) => {
    const [row] = await sql.query<CursorRow>(text, [provider])
    return row === undefined ? null : toCursor(row)
  }
  const block = async (text: string, parameters: readonly SqlParameter[]) => {
    const [row] = await sql.query<BlockRow>(text, parameters)
    return row === undefined ? null : toBlock(row)
  }
  return {
    cursor: (provider) => cursor(BLOCK_SQL.cursor, provider),
    lockCursor: (provider) => cursor(BLOCK_SQL.lockCursor, provider),
    async addCursor({ provider, network, startHeight, tip, divergedAt, updatedAt }) {
      const rows = await sql.query(BLOCK_SQL.addCursor, [
        provider,
        network,
        startHeight.toString(),
        tip?.height.toString() ?? null,
        tip?.hash ?? null,
        divergedAt?.toISOString() ?? null,
        updatedAt.toISOString(),
      ])
      return rows.length > 0
    },
    async saveCursor({ provider, tip, divergedAt, updatedAt }) {
      await sql.query(BLOCK_SQL.saveCursor, [
        provider,
        tip?.height.toString() ?? null,
        tip?.hash ?? null,
        divergedAt?.toISOString() ?? null,
        updatedAt.toISOString(),
      ])
    },
    async add(blocks) {
      await sql.query(BLOCK_SQL.add, [
        toArray(blocks.map((row) => row.provider)),
        toArray(blocks.map((row) => row.height)),
        toArray(blocks.map((row) => row.hash)),
        toArray(blocks.map((row) => row.parentHash)),
        toArray(blocks.map((row) => row.time.toISOString())),
      ])
    },
    at: ({ provider, height }) => block(BLOCK_SQL.at, [provider, height.toString()]),
    oldest: (provider) => block(BLOCK_SQL.oldest, [provider]),
    async remove({ provider, height }) {
      await sql.query(BLOCK_SQL.remove, [provider, height.toString()])
    },
    async prune({ provider, below, limit }) {
      await sql.query(BLOCK_SQL.prune, [provider, below.toString(), limit])
    },
  }
}

function toCursor(row: CursorRow): ChainCursor {
  const { tip_height: height, tip_hash: hash } = row
  return {
    provider: row.provider,
    network: row.network,
    startHeight: toBigint(row.start_height),
    tip: height === null || hash === null ? null : { height: toBigint(height), hash },
    divergedAt: toDateOrNull(row.diverged_at),
    updatedAt: toDate(row.updated_at),
  }
}

function toBlock(row: BlockRow): StoredBlock {
  return {
    provider: row.provider,
    height: toBigint(row.height),
    hash: row.hash,
    parentHash: row.parent_hash,
    time: toDate(row.time),
  }
}
