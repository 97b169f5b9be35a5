import type { Wallet, WalletSequence, WalletStore } from '@lastro/core/storage'
import { toBigint } from '../codecs.ts'
import type { Sql } from '../sql.ts'

interface WalletRow {
  provider: string
  address: string
  next_sequence: string
}

interface SequenceRow {
  provider: string
  address: string
  sequence: string
  state: WalletSequence['state']
  transfer_id: WalletSequence['transferId']
}

/** The statements of wallets and their sequences. */
export const WALLET_SQL = {
  meet: `insert into lastro.onchain_wallet (provider, address, next_sequence)
    values ($1, $2, $3::text::bigint) on conflict do nothing`,
  lock: `select provider, address, next_sequence::text as next_sequence from lastro.onchain_wallet
    where provider = $1 and address = $2 for update`,
  save: `update lastro.onchain_wallet set next_sequence = $3::text::bigint where provider = $1 and address = $2`,
  sequence: `select provider, address, sequence::text as sequence, state, transfer_id from lastro.onchain_sequence
    where provider = $1 and address = $2 and sequence = $3::text::bigint`,
  put: `insert into lastro.onchain_sequence (provider, address, sequence, state, transfer_id)
    values ($1, $2, $3::text::bigint, $4, $5)
    on conflict (provider, address, sequence) do update set state = excluded.state, transfer_id = excluded.transfer_id`,
  putForeign: `insert into lastro.onchain_sequence (provider, address, sequence, state, transfer_id)
    select $1::text, $2::text, n, 'foreign', null from generate_series($3::text::bigint, $4::text::bigint - 1) as n
    on conflict do nothing`,
  lowestReleased: `select sequence::text as sequence from lastro.onchain_sequence s
    where provider = $1 and address = $2 and state = 'released' and s.sequence >= $3::text::bigint
    order by s.sequence limit 1`,
  isAwaited: `select exists (
    select 1 from lastro.onchain_transfer
    where provider = $1 and from_address = $2 and sequence > $3::text::bigint
      and state in ('created', 'prepared', 'sent')) as found`,
  hasOpenFill: `select exists (
    select 1 from lastro.onchain_transfer
    where provider = $1 and from_address = $2 and state = 'created' and kind = 'fill') as found`,
} as const

/** Wallets and their sequences in PostgreSQL. */
export function walletStore(sql: Sql): WalletStore {
  const exists = async (text: string, parameters: readonly string[]) => {
    const [row] = await sql.query<{ found: boolean }>(text, parameters)
    return row?.found === true
  }
  return {
    async lock({ provider, address, nextSequence }) {
      await sql.query(WALLET_SQL.meet, [provider, address, nextSequence.toString()])
      const [row] = await sql.query<WalletRow>(WALLET_SQL.lock, [provider, address])
      if (row === undefined) throw new Error(`The wallet ${address} of ${provider} was not kept.`)
      return toWallet(row)
    },
    async save({ provider, address, nextSequence }) {
      await sql.query(WALLET_SQL.save, [provider, address, nextSequence.toString()])
    },
    async sequence({ provider, address, sequence }) {
      const [row] = await sql.query<SequenceRow>(WALLET_SQL.sequence, [
        provider,
        address,
        sequence.toString(),
      ])
      return row === undefined ? null : toSequence(row)
    },
    async put({ provider, address, sequence, state, transferId }) {
      await sql.query(WALLET_SQL.put, [provider, address, sequence.toString(), state, transferId])
    },
    async putForeign({ provider, address, start, end }) {
      await sql.query(WALLET_SQL.putForeign, [provider, address, start.toString(), end.toString()])
    },
    async lowestReleased({ provider, address, atLeast }) {
      const parameters = [provider, address, atLeast.toString()]
      const [row] = await sql.query<{ sequence: string }>(WALLET_SQL.lowestReleased, parameters)
      return row === undefined ? null : toBigint(row.sequence)
    },
    isAwaited: ({ provider, address, sequence }) =>
      exists(WALLET_SQL.isAwaited, [provider, address, sequence.toString()]),
    hasOpenFill: ({ provider, address }) => exists(WALLET_SQL.hasOpenFill, [provider, address]),
  }
}

function toWallet(row: WalletRow): Wallet {
  return { provider: row.provider, address: row.address, nextSequence: toBigint(row.next_sequence) }
}

function toSequence(row: SequenceRow): WalletSequence {
  return {
    provider: row.provider,
    address: row.address,
    sequence: toBigint(row.sequence),
    state: row.state,
    transferId: row.transfer_id,
  }
}
