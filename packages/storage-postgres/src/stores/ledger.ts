import type { LedgerAccount, LedgerStore, LedgerTransfer, NewAccount } from '@lastro/core/storage'
import { toArray } from '../codecs.ts'
import type { Sql } from '../sql.ts'
import { type Batch, type EncodedTransfers, POST, type PostRow, postParameters } from './ledger-batch.ts'
import { encodeTransfers } from './ledger-plain.ts'
import { existingIds, toResults } from './ledger-results.ts'
import {
  ACCOUNT_COLUMNS,
  type AccountRow,
  TRANSFER_COLUMNS,
  TRANSFER_DETAILS,
  TRANSFER_SOURCE,
  type TransferRow,
  type TrialRow,
  toAccount,
  toTransfer,
  toTrialRow,
} from './ledger-rows.ts'
import { pageOf } from './page.ts'

const EXPIRE_PREFIX = 'expire:'

/** The statements of the ledger. */
export const LEDGER_SQL = {
  post: POST,
  // Only those that are missing are inserted, so that opening again takes no number and no lock.
  open: `insert into lastro.ledger_account
      (id, asset, normal_side, no_overdraft, minimum, maximum, metadata, opened_at)
    select id, asset, normal_side, no_overdraft, minimum, maximum, metadata::jsonb, $1::text::timestamptz
    from unnest($2::text::text[], $3::text::text[], $4::text::text[], $5::text::boolean[], $6::text::numeric[],
        $7::text::numeric[], $8::text::text[])
      opened (id, asset, normal_side, no_overdraft, minimum, maximum, metadata)
    where not exists (select from lastro.ledger_account account where account.id = opened.id)
    order by id
    on conflict (id) do nothing`,
  accountsByIds: `select ${ACCOUNT_COLUMNS} from lastro.ledger_account where id = any ($1::text::text[])`,
  accounts: `select ${ACCOUNT_COLUMNS} from lastro.ledger_account
    where ($1::text is null or id > $1) and ($2::text is null or asset = $2)
      and ($3::text is null or (id >= $3 and id < $3 || chr(127)))
    order by id limit $4::int`,
  setState: `select lastro.ledger_set_account_state($1::text, $2::text) as kind`,
  due: `select booked.id, booked.cause
    from lastro.ledger_hold hold join lastro.ledger_transfer booked on booked.number = hold.number
    where hold.state = 'open' and hold.expires_at <= $1::text::timestamptz
    order by hold.expires_at, hold.number limit $2::int`,
  transfersByIds: `select ${TRANSFER_COLUMNS} from ${TRANSFER_SOURCE} where booked.id = any ($1::text::text[])`,
  transfers: `select ${TRANSFER_COLUMNS} from ${TRANSFER_SOURCE}
    where booked.number > $1::text::bigint order by booked.number limit $2::int`,
  transfersOfCause: `select ${TRANSFER_COLUMNS} from ${TRANSFER_SOURCE}
    where booked.cause = $3::text and booked.number > $1::text::bigint order by booked.number limit $2::int`,
  // The first versions of both sides, from their indexes alone where no cause is asked for; then only those rows.
  transfersOfAccount: `with account as materialized (select number from lastro.ledger_account where id = $3::text),
    side as (
      (select debit_version as version, true as is_debit from lastro.ledger_transfer
        where debit_account = (select number from account)
          and debit_version > $1::text::bigint and ($4::text is null or cause = $4)
        order by debit_version limit $2::int)
      union all
      (select credit_version, false from lastro.ledger_transfer
        where credit_account = (select number from account)
          and credit_version > $1::text::bigint and ($4::text is null or cause = $4)
        order by credit_version limit $2::int)
      order by version limit $2::int
    )
    select ${TRANSFER_COLUMNS}, side.version::text as version
    from side cross join lateral (
      select * from lastro.ledger_transfer
      where side.is_debit and debit_account = (select number from account) and debit_version = side.version
      union all
      select * from lastro.ledger_transfer
      where not side.is_debit and credit_account = (select number from account) and credit_version = side.version
    ) booked ${TRANSFER_DETAILS}
    order by side.version`,
  trialBalance: `select asset, count(*)::int as accounts, sum(debits_posted)::text as debits_posted,
      sum(credits_posted)::text as credits_posted, sum(debits_pending)::text as debits_pending,
      sum(credits_pending)::text as credits_pending
    from lastro.ledger_account group by asset order by asset`,
  verify: `select rule, subject, detail from lastro.ledger_verify($1::int)`,
} as const

/** The ledger in PostgreSQL. */
export function ledgerStore(sql: Sql): LedgerStore {
  const send = async (encoded: EncodedTransfers, when: Omit<Batch, 'transfers'>) => {
    const [row] = await sql.query<PostRow>(POST, postParameters(encoded, when))
    if (row === undefined) throw new Error('The database gave no answer to a batch.')
    const ids = existingIds(encoded.transfers, row)
    const stored = ids.length === 0 ? new Map() : await transfersByIds(sql, ids)
    return () => toResults(encoded, { at: when.at, row, stored })
  }
  const post = async ({ transfers, ...when }: Batch) =>
    transfers.length === 0 ? [] : (await send(encodeTransfers(transfers), when))()
  const getAccount = async (id: string) => (await accountsByIds(sql, [id])).get(id) ?? null
  return {
    openAccounts: async ({ accounts, at }) => {
      await sql.query(LEDGER_SQL.open, [at.toISOString(), ...definitions(accounts)])
      const found = await accountsByIds(
        sql,
        accounts.map(({ id }) => id),
      )
      return accounts.flatMap(({ id }) => found.get(id) ?? [])
    },
    getAccount,
    async listAccounts({ limit, after, asset, prefix }) {
      const rows = await sql.query<AccountRow>(LEDGER_SQL.accounts, [after, asset, prefix, limit + 1])
      return pageOf(rows.map(toAccount), { limit, keyOf: ({ id }) => id })
    },
    async setAccountState({ id, state }) {
      const [row] = await sql.query<{ kind: 'changed' | 'unchanged' | 'not_empty' | 'closed' | 'unknown' }>(
        LEDGER_SQL.setState,
        [id, state],
      )
      const account = await getAccount(id)
      const kind = row?.kind ?? 'unknown'
      return kind === 'unknown' || account === null ? { kind: 'unknown' } : { kind, account }
    },
    post,
    prepare: encodeTransfers,
    send: ({ prepared, ...when }) => send(prepared as EncodedTransfers, when),
    async expireHolds({ at, limit }) {
      const due = await sql.query<{ id: string; cause: string }>(LEDGER_SQL.due, [at.toISOString(), limit])
      const transfers = due.map(
        ({ id, cause }) => ({ kind: 'expire', id: `${EXPIRE_PREFIX}${id}`, hold: id, cause }) as const,
      )
      await post({ transfers, at })
      return due.length
    },
    getTransfer: async (id) => (await transfersByIds(sql, [id])).get(id) ?? null,
    listTransfers: (query) => listTransfers(sql, query),
    trialBalance: async () => (await sql.query<TrialRow>(LEDGER_SQL.trialBalance)).map(toTrialRow),
    verify: ({ limit }) => sql.query(LEDGER_SQL.verify, [limit]),
  }
}

async function listTransfers(
  sql: Sql,
  { limit, after, account, cause }: Parameters<LedgerStore['listTransfers']>[0],
): ReturnType<LedgerStore['listTransfers']> {
  const parameters = [after.toString(), limit + 1]
  const find = async <R extends TransferRow>(
    text: string,
    more: readonly (string | null)[],
    keyOf: (row: R) => string,
  ) => {
    const { items, nextCursor } = pageOf(await sql.query<R>(text, [...parameters, ...more]), { limit, keyOf })
    return { items: items.map(toTransfer), nextCursor }
  }
  if (account !== null) {
    const keyOf = ({ version }: TransferRow & { version: string }) => version
    return find(LEDGER_SQL.transfersOfAccount, [account, cause], keyOf)
  }
  const keyOf = ({ number }: TransferRow) => number
  if (cause !== null) return find(LEDGER_SQL.transfersOfCause, [cause], keyOf)
  return find(LEDGER_SQL.transfers, [], keyOf)
}

async function accountsByIds(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, LedgerAccount>> {
  const rows = await sql.query<AccountRow>(LEDGER_SQL.accountsByIds, [toArray(ids)])
  return new Map(rows.map((row) => [row.id, toAccount(row)]))
}

async function transfersByIds(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LedgerTransfer>> {
  const rows = await sql.query<TransferRow>(LEDGER_SQL.transfersByIds, [toArray(ids)])
  return new Map(rows.map((row) => [row.id, toTransfer(row)]))
}

function definitions(accounts: readonly NewAccount[]): readonly string[] {
  return [
    toArray(accounts.map(({ id }) => id)),
    toArray(accounts.map(({ asset }) => asset)),
    toArray(accounts.map(({ normalSide }) => normalSide)),
    `{${accounts.map(({ constraint }) => constraint === 'no_overdraft').join(',')}}`,
    toArray(accounts.map(({ minimum }) => minimum?.amount ?? null)),
    toArray(accounts.map(({ maximum }) => maximum?.amount ?? null)),
    toArray(accounts.map(({ metadata }) => JSON.stringify(metadata ?? {}))),
  ]
}
