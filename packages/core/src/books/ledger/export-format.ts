import { Money } from '../../spec/index.ts'
import type { StatementLine } from './reading-store.ts'
import type { LedgerTransfer } from './transfer.ts'

/** A cell: text that people wrote or chose, or something of ours that is safe as it is. */
export interface Cell {
  readonly text: string
  readonly isFree: boolean
}

/** A column of an export: a name that is never changed, and what stands in it. */
interface Column<T> {
  readonly name: string
  readonly cell: (row: T) => Cell
}

const free = (text: string | null): Cell => ({ text: text ?? '', isFree: true })
const ours = (text: string): Cell => ({ text, isFree: false })
const time = (at: Date | null): Cell => ours(at?.toISOString() ?? '')

/**
 * The columns of a journal, version 1. Columns are added at the end only; any other change is another version.
 * Amounts are decimal texts in whole units of the asset beside them, with all of its places.
 */
export const JOURNAL_COLUMNS: readonly Column<LedgerTransfer>[] = [
  { name: 'id', cell: ({ id }) => free(id) },
  { name: 'kind', cell: ({ kind }) => ours(kind) },
  { name: 'debit_account', cell: ({ debit }) => free(debit.account) },
  { name: 'credit_account', cell: ({ credit }) => free(credit.account) },
  { name: 'amount', cell: ({ amount }) => ours(Money.format(amount)) },
  { name: 'asset', cell: ({ amount }) => ours(amount.asset) },
  { name: 'booked_at', cell: ({ bookedAt }) => time(bookedAt) },
  { name: 'effective_at', cell: ({ effectiveAt }) => time(effectiveAt) },
  { name: 'cause', cell: ({ cause }) => free(cause) },
  { name: 'hold', cell: ({ hold }) => free(hold) },
  { name: 'expires_at', cell: ({ expiresAt }) => time(expiresAt) },
  { name: 'memo', cell: ({ memo }) => free(memo) },
  { name: 'debit_version', cell: ({ debit }) => ours(debit.version.toString()) },
  { name: 'debit_posted_after', cell: ({ debit }) => ours(Money.format(debit.postedAfter)) },
  { name: 'credit_version', cell: ({ credit }) => ours(credit.version.toString()) },
  { name: 'credit_posted_after', cell: ({ credit }) => ours(Money.format(credit.postedAfter)) },
]

/** A row of a statement's export: one line, or the balance that the lines begin or end with. */
export type StatementRow =
  | { readonly row: 'opening' | 'closing'; readonly balance: Money }
  | { readonly row: 'line'; readonly line: StatementLine }

const ofLine =
  (cell: (line: StatementLine) => Cell) =>
  (row: StatementRow): Cell =>
    row.row === 'line' ? cell(row.line) : ours('')
const balanceOf = (row: StatementRow) => (row.row === 'line' ? row.line.balanceAfter : row.balance)

/** The columns of a statement, version 1. The first row is the opening balance and the last the closing one. */
export const STATEMENT_COLUMNS: readonly Column<StatementRow>[] = [
  { name: 'row', cell: ({ row }) => ours(row) },
  { name: 'version', cell: ofLine(({ version }) => ours(version.toString())) },
  { name: 'id', cell: ofLine(({ transfer }) => free(transfer.id)) },
  { name: 'kind', cell: ofLine(({ transfer }) => ours(transfer.kind)) },
  { name: 'direction', cell: ofLine(({ direction }) => ours(direction)) },
  {
    name: 'counterparty',
    cell: ofLine(({ transfer, side }) => free(transfer[side === 'debit' ? 'credit' : 'debit'].account)),
  },
  { name: 'amount', cell: ofLine(({ amount }) => ours(Money.format(amount))) },
  { name: 'balance_before', cell: ofLine(({ balanceBefore }) => ours(Money.format(balanceBefore))) },
  { name: 'balance_after', cell: (row) => ours(Money.format(balanceOf(row))) },
  { name: 'asset', cell: (row) => ours(balanceOf(row).asset) },
  { name: 'booked_at', cell: ofLine(({ transfer }) => time(transfer.bookedAt)) },
  { name: 'effective_at', cell: ofLine(({ transfer }) => time(transfer.effectiveAt)) },
  { name: 'cause', cell: ofLine(({ transfer }) => free(transfer.cause)) },
  { name: 'memo', cell: ofLine(({ transfer }) => free(transfer.memo)) },
]

/** What a spreadsheet takes for the beginning of a formula, and the mark that stops it. */
const FORMULA = /^[=+\-@\t\r'＝＋－＠]/

/**
 * A cell of RFC 4180. Text of people that a spreadsheet would run as a formula gets a leading apostrophe, and so does
 * text that begins with one: to read a free text back, take one leading apostrophe away.
 */
function csvCell({ text, isFree }: Cell): string {
  const safe = isFree && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** How rows of one export become text. */
export interface Writer<T> {
  header(): string
  row(row: T): string
}

/** Writes rows as CSV or JSON Lines. The name and version stand in the first cell of CSV and in the first line of JSON. */
export function writerOf<T>(
  columns: readonly Column<T>[],
  { format, name }: { readonly format: 'csv' | 'jsonl'; readonly name: string },
): Writer<T> {
  if (format === 'csv') {
    const line = (cells: readonly string[]) => `${cells.join(',')}\r\n`
    return {
      header: () => line([name, ...columns.map((column) => column.name)]),
      row: (row) => line(['', ...columns.map(({ cell }) => csvCell(cell(row)))]),
    }
  }
  return {
    header: () => `${JSON.stringify({ format: name, columns: columns.map((column) => column.name) })}\n`,
    row: (row) =>
      `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.cell(row).text])))}\n`,
  }
}
