import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeAll, expect, test } from 'vitest'
import { LEDGER_READ_SQL } from '../src/stores/ledger-read-sql.ts'
import { booksOf } from './ledger-fixture.ts'

const COUNT = 60_000

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** A history made in place: 60,000 transfers between two busy accounts, every fifth with a date of its own. */
const HISTORY = [
  `insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version, booked_at,
      effective_at, id, kind, amount, debit_posted, credit_posted, debit_held, credit_held, cause)
    select n, debit.number, credit.number, n, n, '2026-01-01'::timestamptz + n * interval '1 second',
      case when n % 5 = 0 then '2026-01-01'::timestamptz + n * interval '1 second' - interval '1 hour' end, 't' || n,
      case when n % 7 = 0 then 'pending' else 'posted' end, 1, -n + n / 7, n - n / 7,
      case when n % 7 = 0 then n / 7 end, case when n % 7 = 0 then n / 7 end, 'cause'
    from generate_series(1, ${COUNT}) n, lastro.ledger_account debit, lastro.ledger_account credit
    where debit.id = 'a' and credit.id = 'b'`,
  `insert into lastro.ledger_hold (number, state) select number, 'open' from lastro.ledger_transfer where kind = 'pending'`,
  `update lastro.ledger_account set version = ${COUNT}, debits_posted = case id when 'a' then ${COUNT - Math.trunc(COUNT / 7)} else 0 end,
    credits_posted = case id when 'b' then ${COUNT - Math.trunc(COUNT / 7)} else 0 end,
    debits_pending = case id when 'a' then ${Math.trunc(COUNT / 7)} else 0 end,
    credits_pending = case id when 'b' then ${Math.trunc(COUNT / 7)} else 0 end where id in ('a', 'b')`,
]

const MIDDLE = new Date('2026-01-01T08:00:00.000Z').toISOString()
const NEXT = new Date('2026-01-01T12:00:00.000Z').toISOString()

eachDatabase((db) => {
  const books = booksOf(db)

  beforeAll(async () => {
    await db.truncate()
    await books.open({ a: {}, b: {} })
    await db.transaction(async (sql) => {
      await sql.query(`set local session_replication_role = 'replica'`)
      for (const statement of HISTORY) await sql.query(statement)
    })
    await db.sql.query('analyze')
  }, 60_000)

  const flat = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)]

  /** Every place of the plan, with parameters as they are sent. */
  async function planOf(text: string, parameters: readonly (string | number | boolean)[]) {
    const [row] = await db.sql.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] | string }>(
      `explain (analyze, format json, timing off) ${text}`,
      parameters,
    )
    const plan = row?.['QUERY PLAN'] ?? []
    return flat((typeof plan === 'string' ? JSON.parse(plan) : plan)[0].Plan)
  }

  const numberOf = async (id: string) => {
    const [row] = await db.sql.query<{ number: string }>(
      `select number::text as number from lastro.ledger_account where id = '${id}'`,
    )
    return row?.number ?? ''
  }

  /** No plan reads the history: no scan of the table, and nothing handles more rows than a few pages. */
  function expectSmall(nodes: readonly PlanNode[]) {
    for (const node of nodes) {
      if (node['Relation Name'] === 'ledger_transfer') expect(node['Node Type']).toMatch(/Index/)
      const handled = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
      expect(handled, `${node['Node Type']} ${node['Relation Name'] ?? ''}`).toBeLessThanOrEqual(210)
    }
  }

  test('pages of the journal and of statements are read by their indexes', async () => {
    const account = await numberOf('b')
    expectSmall(await planOf(LEDGER_READ_SQL.journal, ['30000', '60000', 51]))
    expectSmall(await planOf(LEDGER_READ_SQL.bookedLines, [account, '30000', '60000', 51]))
    expectSmall(
      await planOf(LEDGER_READ_SQL.effectiveLines, [
        account,
        MIDDLE,
        NEXT,
        '60000',
        '28799',
        MIDDLE,
        '0',
        51,
      ]),
    )
  })

  /** What a statement and the functions in it did with the transfers: scans of the table, and rows read. */
  const touched = (text: string, parameters: readonly (string | number | boolean)[]) =>
    db.transaction(async (sql) => {
      const read = async () => {
        const [row] = await sql.query<{ scans: number; rows: number }>(
          `select coalesce(sum(pg_stat_get_xact_numscans(oid)) filter (where relkind = 'r'), 0)::int as scans,
            sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::int as rows
          from pg_class where relnamespace = 'lastro'::regnamespace and relname like 'ledger_transfer%'`,
        )
        return row ?? { scans: -1, rows: -1 }
      }
      const before = await read()
      await sql.query(text, parameters)
      const after = await read()
      return { scans: after.scans - before.scans, rows: after.rows - before.rows }
    })

  test('the rows that a balance or a page touches are counted, and few', async () => {
    const account = await numberOf('b')
    for (const hours of [1, 5, 10, 16]) {
      const at = new Date(Date.UTC(2026, 0, 1, hours)).toISOString()
      const version = `${Math.min(hours * 3_600 - 1, COUNT - 10)}`
      const questions = [
        await touched(LEDGER_READ_SQL.balanceAt, ['b', at, false]),
        await touched(LEDGER_READ_SQL.bookedLines, [account, version, `${COUNT}`, 51]),
        await touched(LEDGER_READ_SQL.effectiveLines, [account, at, NEXT, `${COUNT}`, version, at, '0', 51]),
      ]
      for (const { scans, rows } of questions) {
        expect(scans).toBe(0)
        expect(rows).toBeGreaterThan(0)
        expect(rows).toBeLessThanOrEqual(1_500)
      }
    }
    // The count sees a scan where there is one.
    expect(await touched(`select count(memo) from lastro.ledger_transfer`, [])).toMatchObject({ scans: 1 })
  })

  test('balances at instants are right on a long history', async () => {
    for (const hours of [0, 5, 10, 20]) {
      const at = new Date(Date.UTC(2026, 0, 1, hours))
      const n = Math.min(hours * 3_600, COUNT)
      expect((await books.balanceAt('b', { at })).posted.amount).toBe(BigInt(n - Math.trunc(n / 7)))
      expect((await books.balanceAt('b', { at })).pendingIn.amount).toBe(BigInt(Math.trunc(n / 7)))
    }
  })
})
