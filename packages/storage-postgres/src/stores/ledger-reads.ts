import type {
  BalanceAt,
  LedgerReadStore,
  NormalSide,
  StatementLine,
  StatementPage,
  StatementPeriod,
} from '@lastro/core/storage'
import { toBigint } from '../codecs.ts'
import { badCursor, decodeCursor, encodeCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { LEDGER_READ_SQL } from './ledger-read-sql.ts'
import { type TransferRow, toTransfer } from './ledger-rows.ts'
import { pageOf } from './page.ts'

type AssetId = BalanceAt['posted']['asset']

interface BalanceRow {
  readonly asset: AssetId
  readonly normal_side: NormalSide
  readonly version: string
  readonly posted: string
  readonly debits_held: string
  readonly credits_held: string
}

interface PeriodRow {
  readonly number: string
  readonly asset: AssetId
  readonly normal_side: NormalSide
  readonly first: string
  readonly last: string
  readonly version: string
  readonly opening: string
  readonly closing: string
}

interface LineRow extends TransferRow {
  readonly version: string
  readonly is_debit: boolean
  readonly is_dated: boolean
}

interface TrialRow {
  readonly asset: AssetId
  readonly accounts: number
  readonly debits: string
  readonly credits: string
}

/** Reads of the past, in PostgreSQL. */
export function ledgerReadStore(sql: Sql): LedgerReadStore {
  return {
    async balanceAt({ account, at, by }) {
      const parameters = [account, at.toISOString(), by === 'effective']
      const [row] = await sql.query<BalanceRow>(LEDGER_READ_SQL.balanceAt, parameters)
      return row === undefined ? null : toBalanceAt(row, { account, at, by })
    },
    statement: (period) => statement(sql, period),
    journal: (query) => journal(sql, query),
    async trialBalanceAt({ at, by }) {
      const parameters = [at.toISOString(), by === 'effective']
      const rows = await sql.query<TrialRow>(LEDGER_READ_SQL.trialBalanceAt, parameters)
      return rows.map(({ asset, accounts, debits, credits }) => {
        const money = (text: string) => ({ amount: toBigint(text), asset })
        return { asset, accounts, debits: money(debits), credits: money(credits) }
      })
    },
  }
}

function toBalanceAt(row: BalanceRow, asked: Pick<BalanceAt, 'account' | 'at' | 'by'>): BalanceAt {
  const money = (amount: bigint) => ({ amount, asset: row.asset })
  const isDebit = row.normal_side === 'debit'
  const posted = toBigint(row.posted)
  const out = toBigint(isDebit ? row.credits_held : row.debits_held)
  return {
    ...asked,
    version: toBigint(row.version),
    posted: money(posted),
    pendingIn: money(toBigint(isDebit ? row.debits_held : row.credits_held)),
    pendingOut: money(out),
    available: money(posted - out),
  }
}

async function journal(
  sql: Sql,
  { from, to, limit, cursor }: Parameters<LedgerReadStore['journal']>[0],
): ReturnType<LedgerReadStore['journal']> {
  const name = `journal ${from?.toISOString() ?? ''} ${to?.toISOString() ?? ''}`
  const place = placeOf(cursor, { name, shape: ['digits', 'digits'] })
  const [ends] = place
    ? [{ first: place[0], last: place[1] }]
    : await sql.query<{ first: string; last: string }>(LEDGER_READ_SQL.range, [
        from?.toISOString() ?? null,
        to?.toISOString() ?? null,
      ])
  const { first = '0', last = '0' } = ends ?? {}
  const rows = await sql.query<TransferRow>(LEDGER_READ_SQL.journal, [first, last, limit + 1])
  const { items, nextCursor } = pageOf(rows, { limit, keyOf: ({ number }) => number })
  return {
    items: items.map(toTransfer),
    nextCursor: nextCursor === null ? null : encodeCursor(name, nextCursor, last),
  }
}

async function statement(sql: Sql, period: StatementPeriod): Promise<StatementPage | null> {
  const { account, from, to, by, limit, cursor } = period
  const name = `${by} ${from.toISOString()} ${to.toISOString()} ${account}`
  // The account's version when the first page was read; how far both streams were read; the balance there.
  const place = placeOf(cursor, { name, shape: ['digits', 'digits', 'time', 'digits', 'integer'] })
  const [row] = await sql.query<PeriodRow>(LEDGER_READ_SQL.period, [
    account,
    from.toISOString(),
    to.toISOString(),
    by === 'effective',
    place?.[0] ?? null,
  ])
  if (row === undefined) return null
  const start = place ?? [row.version, row.first, from.toISOString(), '0', row.opening]
  const [last = '0', version = '0', time = '', number = '0', balance = '0'] = start
  const ends = [from.toISOString(), to.toISOString()] as const
  const rows =
    by === 'booked'
      ? await sql.query<LineRow>(LEDGER_READ_SQL.bookedLines, [row.number, version, row.last, limit + 1])
      : await sql.query<LineRow>(LEDGER_READ_SQL.effectiveLines, [
          ...[row.number, ...ends, last, version, time, number],
          limit + 1,
        ])
  const page = rows.slice(0, limit)
  const lines = toLines(page, { side: row.normal_side, opening: toBigint(balance) })
  const undated = page.findLast(({ is_dated }) => !is_dated)
  const dated = page.findLast(({ is_dated }) => is_dated)
  const next = [
    last,
    undated?.version ?? version,
    dated === undefined ? time : (lines[page.indexOf(dated)]?.transfer.effectiveAt.toISOString() ?? time),
    dated?.number ?? number,
    lines.at(-1)?.balanceAfter.amount.toString() ?? balance,
  ]
  const money = (text: string) => ({ amount: toBigint(text), asset: row.asset })
  return {
    account,
    asset: row.asset,
    normalSide: row.normal_side,
    by,
    opening: money(row.opening),
    closing: money(row.closing),
    lines,
    nextCursor: rows.length > limit ? encodeCursor(name, ...next) : null,
  }
}

function toLines(
  rows: readonly LineRow[],
  { side, opening }: { readonly side: NormalSide; readonly opening: bigint },
): readonly StatementLine[] {
  let balance = opening
  return rows.map((row) => {
    const transfer = toTransfer(row)
    const { asset } = transfer.amount
    const isIn = row.is_debit === (side === 'debit')
    const isMoved = transfer.kind === 'posted' || transfer.kind === 'post'
    const amount = isMoved ? transfer.amount.amount : 0n
    const before = balance
    balance += isIn ? amount : -amount
    return {
      transfer,
      side: row.is_debit ? 'debit' : 'credit',
      direction: isIn ? 'in' : 'out',
      amount: { amount, asset },
      balanceBefore: { amount: before, asset },
      balanceAfter: { amount: balance, asset },
      version: toBigint(row.version),
    }
  })
}

const SHAPES = {
  digits: /^\d{1,18}$/,
  integer: /^-?\d{1,79}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
}

/** The place that a cursor tells, which must be of the same question. */
function placeOf(
  cursor: string | null,
  { name, shape }: { readonly name: string; readonly shape: readonly (keyof typeof SHAPES)[] },
): readonly string[] | null {
  if (cursor === null) return null
  const [of, ...parts] = decodeCursor(cursor, shape.length + 1)
  const isOurs = shape.every((kind, index) => SHAPES[kind].test(parts[index] ?? ''))
  if (of !== name || !isOurs) throw badCursor()
  return parts.map((part) => part ?? '')
}
