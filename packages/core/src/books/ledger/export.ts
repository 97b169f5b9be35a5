import { z } from 'zod'
import { parseInput } from '../../platform/input.ts'
import type { Page } from '../../platform/storage/index.ts'
import { ledgerIdSchema } from './account.ts'
import { JOURNAL_COLUMNS, STATEMENT_COLUMNS, type StatementRow, writerOf } from './export-format.ts'
import type { StatementPage } from './reading-store.ts'
import { type JournalQuery, journal, type StatementQuery, statement } from './statement.ts'
import type { LedgerTx } from './store.ts'
import type { LedgerTransfer } from './transfer.ts'

/** What to export, and how it is written. */
export type ExportQuery =
  | ({ readonly kind: 'journal'; readonly format: 'csv' | 'jsonl' } & Pick<JournalQuery, 'from' | 'to'>)
  | ({ readonly kind: 'statement'; readonly format: 'csv' | 'jsonl'; readonly account: string } & Pick<
      StatementQuery,
      'from' | 'to' | 'by'
    >)

const PAGE = 200

const kindSchema = z.object({
  kind: z.enum(['journal', 'statement'], { error: 'must be journal or statement' }),
  format: z.enum(['csv', 'jsonl'], { error: 'must be csv or jsonl' }),
})
const accountSchema = z.object({ account: ledgerIdSchema })

/**
 * Writes a journal or a statement as text, one chunk a page of 200 rows, so that memory stays small however much there
 * is. A statement shows one moment; a journal ends with what was booked when its first page was read.
 *
 * CSV is RFC 4180 with CRLF. The first cell of the header names the format and its version (`lastro_journal_v1`,
 * `lastro_statement_v1`), and stays empty below. Ids and memos that a spreadsheet would run as a formula begin with an
 * apostrophe. JSON Lines begins with `{ format, columns }`, and every value is a text.
 * @throws LastroError `invalid_input`, `not_found`: when the first chunk is asked for.
 */
export async function* exportLedger(
  read: <R>(work: (tx: LedgerTx) => Promise<R>) => Promise<R>,
  query: ExportQuery,
): AsyncGenerator<string, void, undefined> {
  const { kind, format } = parseInput(kindSchema, query)
  if (kind === 'journal') {
    const { from, to } = query as JournalQuery
    const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    yield* journalText(read, { period, format })
  } else {
    const { account, from, to, by } = query as Extract<ExportQuery, { kind: 'statement' }>
    parseInput(accountSchema, { account })
    const period = { from, to, ...(by === undefined ? {} : { by }) }
    yield* statementText(read, { account, period, format })
  }
}

async function* journalText(
  read: <R>(work: (tx: LedgerTx) => Promise<R>) => Promise<R>,
  { period, format }: { readonly period: JournalQuery; readonly format: 'csv' | 'jsonl' },
): AsyncGenerator<string, void, undefined> {
  const writer = writerOf<LedgerTransfer>(JOURNAL_COLUMNS, { format, name: 'lastro_journal_v1' })
  let text = writer.header()
  let cursor: string | null = null
  do {
    const position: string | null = cursor
    const page: Page<LedgerTransfer> = await read((tx) =>
      journal(tx, { ...period, limit: PAGE, cursor: position }),
    )
    yield text + page.items.map(writer.row).join('')
    text = ''
    cursor = page.nextCursor
  } while (cursor !== null)
}

async function* statementText(
  read: <R>(work: (tx: LedgerTx) => Promise<R>) => Promise<R>,
  asked: {
    readonly account: string
    readonly period: Pick<StatementQuery, 'from' | 'to' | 'by'>
    readonly format: 'csv' | 'jsonl'
  },
): AsyncGenerator<string, void, undefined> {
  const { account, period, format } = asked
  const writer = writerOf<StatementRow>(STATEMENT_COLUMNS, { format, name: 'lastro_statement_v1' })
  let cursor: string | null = null
  let isFirst = true
  do {
    const position: string | null = cursor
    const page: StatementPage = await read((tx) =>
      statement(tx, account, { ...period, limit: PAGE, cursor: position }),
    )
    const opening = writer.header() + writer.row({ row: 'opening', balance: page.opening })
    const lines = page.lines.map((line) => writer.row({ row: 'line', line })).join('')
    cursor = page.nextCursor
    const closing = cursor === null ? writer.row({ row: 'closing', balance: page.closing }) : ''
    yield `${isFirst ? opening : ''}${lines}${closing}`
    isFirst = false
  } while (cursor !== null)
}
