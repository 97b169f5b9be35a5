import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { Money } from '../../core/src/spec/index.ts'
import { booksOf, ETH, hold, move, post } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }
const START = new Date('2026-03-02T12:00:00.000Z')
const END = new Date('2026-04-01T00:00:00.000Z')

/** A reader of RFC 4180, written from the text of it. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  let cell = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (isQuoted) {
      if (sign === '"' && text[at + 1] === '"') {
        cell += '"'
        at += 1
      } else if (sign === '"') isQuoted = false
      else cell += sign
    } else if (sign === '"') isQuoted = true
    else if (sign === ',' || (sign === '\r' && text[at + 1] === '\n')) {
      rows.at(-1)?.push(cell)
      cell = ''
      if (sign === '\r') {
        rows.push([])
        at += 1
      }
    } else cell += sign
  }
  expect(rows.pop()).toEqual([])
  return rows
}

const unmarked = (text: string) => (text.startsWith("'") ? text.slice(1) : text)

/** Rows of either format as objects, texts as people wrote them. */
function read(
  text: string,
  format: 'csv' | 'jsonl',
): { readonly name: string; readonly rows: readonly Record<string, string>[] } {
  if (format === 'jsonl') {
    const [header, ...rows] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    return { name: header.format, rows }
  }
  const [[name = '', ...columns] = [], ...rows] = parseCsv(text)
  const free = new Set(['id', 'debit_account', 'credit_account', 'cause', 'hold', 'memo', 'counterparty'])
  const objects = rows.map(([first, ...cells]) => {
    expect(first).toBe('')
    expect(cells).toHaveLength(columns.length)
    return Object.fromEntries(
      columns.map((column, index) => [
        column,
        free.has(column) ? unmarked(cells[index] ?? '') : (cells[index] ?? ''),
      ]),
    )
  })
  return { name, rows: objects }
}

const memos = fc.array(
  fc.oneof(
    fc.constantFrom(
      '=1+1',
      '+x',
      '-x',
      '@SUM(A1)',
      '\tx',
      '\rx',
      "'x",
      "''",
      '"',
      'a,b',
      'a\r\nb',
      '',
      '＝1',
      'ção 💸',
      ' ',
    ),
    fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => text.isWellFormed() && !text.includes('\u0000')),
  ),
  { minLength: 1, maxLength: 8 },
)

/** The columns that other programs may count on: a change here is a new version of the view. */
const VIEWS = {
  ledger_accounts_v1:
    'account text, asset text, normal_side text, constraint text, minimum numeric, maximum numeric, state text, metadata jsonb, opened_at timestamp with time zone, version bigint',
  ledger_balances_v1:
    'account text, asset text, version bigint, debits_posted numeric, credits_posted numeric, debits_pending numeric, credits_pending numeric, posted numeric, pending_in numeric, pending_out numeric, available numeric',
  ledger_transfers_v1:
    'number bigint, transfer text, kind text, debit_account text, credit_account text, asset text, amount numeric, hold text, hold_state text, cause text, memo text, booked_at timestamp with time zone, effective_at timestamp with time zone, expires_at timestamp with time zone',
  ledger_entries_v1:
    'number bigint, transfer text, kind text, account text, asset text, side text, version bigint, amount numeric, balance_before numeric, balance_after numeric, cause text, memo text, booked_at timestamp with time zone, effective_at timestamp with time zone',
}

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await db.clock.set(START)
    await books.open({
      a: {},
      b: {},
      '=cash': { normalSide: 'debit' },
      ether: { asset: ETH },
      ether2: { asset: ETH },
    })
  })

  const textOf = async (chunks: AsyncIterable<string>) => {
    let text = ''
    for await (const chunk of chunks) text += chunk
    return text
  }

  test.each(['csv', 'jsonl'] as const)(
    'a journal in %s reads back as the transfers',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(memos, async (list) => {
          await db.truncate()
          await books.open({ a: {}, b: {}, '=cash': { normalSide: 'debit' } })
          const transfers = list.map((memo, n) =>
            move(`t${n}`, { from: '=cash', to: 'a' }, 10n ** BigInt(n), { memo }),
          )
          await books.post([...transfers, hold('h', AB, 7n), post('p', 'h', 5n)])
          const { items } = await books.journal()
          const { name, rows } = read(await textOf(books.export({ kind: 'journal', format })), format)
          expect(name).toBe('lastro_journal_v1')
          expect(
            rows.map((row) => [
              row.id,
              row.memo,
              row.debit_account,
              Money.parse(row.amount ?? '', row.asset as 'BRL/2'),
              row.booked_at,
            ]),
          ).toEqual(
            items.map((one) => [
              one.id,
              one.memo ?? '',
              one.debit.account,
              one.amount,
              one.bookedAt.toISOString(),
            ]),
          )
        }),
        { numRuns: 15 },
      )
    },
    60_000,
  )

  test.each(['csv', 'jsonl'] as const)(
    'a statement in %s reads back, from its opening to its closing balance',
    async (format) => {
      const many = Array.from({ length: 450 }, (_, n) =>
        move(
          `t${n}`,
          n % 3 === 0 ? AB : { from: 'b', to: 'a' },
          BigInt(n + 1),
          n % 5 === 0 ? { effectiveAt: START } : {},
        ),
      )
      await books.post(many)
      for (const by of ['booked', 'effective'] as const) {
        const period = { account: 'a', from: START, to: END, by }
        const { name, rows } = read(
          await textOf(books.export({ kind: 'statement', format, ...period })),
          format,
        )
        expect(name).toBe('lastro_statement_v1')
        expect(rows).toHaveLength(452)
        const brl = (text: string | undefined) => Money.parse(text ?? '', 'BRL/2').amount
        let balance = brl(rows[0]?.balance_after)
        for (const row of rows.slice(1, -1)) {
          expect(brl(row.balance_before)).toBe(balance)
          balance += row.direction === 'in' ? brl(row.amount) : -brl(row.amount)
          expect(brl(row.balance_after)).toBe(balance)
        }
        expect([rows[0]?.row, rows.at(-1)?.row, brl(rows.at(-1)?.balance_after)]).toEqual([
          'opening',
          'closing',
          balance,
        ])
        expect(balance).toBe((await books.balance('a')).posted.amount)
      }
    },
  )

  test('no cell that people wrote begins as a formula, and amounts keep all of their places', async () => {
    await books.one(move('=t', { from: 'a', to: 'b' }, 5n, { memo: '=HYPERLINK("x")' }))
    await books.one({
      ...move('e', { from: 'ether', to: 'ether2' }, 1n),
      amount: { amount: 1n, asset: ETH },
    } as never)
    const text = await textOf(books.export({ kind: 'journal', format: 'csv' }))
    expect(text).toContain(`,'=t,posted,a,b,0.05,BRL/2,`)
    expect(text).toContain(`,"'=HYPERLINK(""x"")",`)
    expect(text).toContain(',0.000000000000000001,ETH/18,')
    for (const cell of parseCsv(text).flat()) expect(cell).not.toMatch(/^[=+@\t\r]/)
    expect(text.split('\r\n')[0]).toBe(
      'lastro_journal_v1,id,kind,debit_account,credit_account,amount,asset,booked_at,effective_at,cause,hold,expires_at,memo,debit_version,debit_posted_after,credit_version,credit_posted_after',
    )
  })

  test('an export that makes no sense is refused with the first chunk', async () => {
    const bad = [
      ['kind', { kind: 'all', format: 'csv' }],
      ['format', { kind: 'journal', format: 'pdf' }],
      ['account', { kind: 'statement', format: 'csv', from: START, to: END }],
      ['to', { kind: 'statement', format: 'csv', account: 'a', from: END, to: START }],
    ] as const
    for (const [field, query] of bad)
      await expect(textOf(books.export(query as never))).rejects.toMatchObject({ details: { field } })
    const nobody = { kind: 'statement', format: 'csv', account: 'nobody', from: START, to: END } as const
    await expect(textOf(books.export(nobody))).rejects.toMatchObject({ code: 'not_found' })
  })

  describe('views', () => {
    for (const [view, columns] of Object.entries(VIEWS)) {
      test(`${view} keeps its columns`, async () => {
        const rows = await db.sql.query<{ columns: string }>(
          `select string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
          from information_schema.columns where table_schema = 'lastro' and table_name = '${view}'`,
        )
        expect(rows[0]?.columns).toBe(columns)
      })
    }

    test('entries are two rows a transfer, each leading from the balance before to the one after', async () => {
      await books.post([
        move('t', { from: '=cash', to: 'a' }, 30n),
        move('u', AB, 10n),
        hold('h', AB, 5n),
        post('p', 'h'),
      ])
      const rows = await db.sql.query(
        `select account, version::int, side, kind, amount::int, balance_before::int as before, balance_after::int as after
        from lastro.ledger_entries_v1 order by account collate "C", version`,
      )
      expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
        '=cash 1 debit posted 30 0 30',
        'a 1 credit posted 30 0 30',
        'a 2 debit posted 10 30 20',
        'a 3 debit pending 0 20 20',
        'a 4 debit post 5 20 15',
        'b 1 credit posted 10 0 10',
        'b 2 credit pending 0 10 10',
        'b 3 credit post 5 10 15',
      ])
      const balances =
        await db.sql.query(`select account, posted::int, available::int from lastro.ledger_balances_v1
        where account = 'a'`)
      expect(balances).toEqual([{ account: 'a', posted: 15, available: 15 }])
      const transfers = await db.sql.query(
        `select transfer, hold from lastro.ledger_transfers_v1 order by number`,
      )
      expect(transfers).toHaveLength(4)
      expect((await db.sql.query(`select account from lastro.ledger_accounts_v1`)).length).toBe(5)
    })
  })
})
