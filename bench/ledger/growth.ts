/** Does a big ledger cost more than a small one? The same accounts, filled to many entries, against a few. */

import { postgres } from '@lastro/storage-postgres'
import { createLedger } from '../../packages/core/src/books/ledger/index.ts'
import { ACCOUNTS, accountId } from './load.ts'
import { type RunResult, runOn } from './runs.ts'
import { poolOn, withClient, withDatabase } from './server.ts'

/** What one size of ledger costs. */
export interface GrowthPoint {
  readonly entries: number
  readonly perSecond: number
  readonly balanceMs: number
  readonly statementMs: number
  readonly breaches: readonly string[]
}

const CHUNK = 200_000

/**
 * Books `transfers` as if one by one: in round r every account x pays account x + 1 + r % (accounts - 1), so versions and
 * balances after are known in advance. Triggers are off for the superuser who does this; `verify` judges the result.
 */
async function fill(url: string, transfers: number): Promise<void> {
  const rounds = Math.ceil(transfers / ACCOUNTS)
  await withClient(url, async (client) => {
    await client.query(`set session_replication_role = 'replica'; set synchronous_commit = off`)
    for (let from = 0; from < rounds * ACCOUNTS; from += CHUNK) {
      await client.query(
        `insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version,
          booked_at, id, kind, amount, debit_posted, credit_posted, cause)
        select k + 1, payer.number, payee.number,
          2 * r + case when x >= step then 2 else 1 end, 2 * r + case when y >= step then 1 else 2 end,
          '2026-01-01', 'fill.' || lpad(k::text, 9, '0'), 'posted', 1,
          case when x >= step then 0 else -1 end, case when y >= step then 1 else 0 end, 'fill_' || k
        from generate_series($1::bigint, $2::bigint) k
        cross join lateral (select k / ${ACCOUNTS} as r, k % ${ACCOUNTS} as x) round
        cross join lateral (select 1 + r % (${ACCOUNTS} - 1) as step) stepped
        cross join lateral (select (x + step) % ${ACCOUNTS} as y) other
        join bench_account payer on payer.place = x join bench_account payee on payee.place = y`,
        [from, Math.min(from + CHUNK, rounds * ACCOUNTS) - 1],
      )
    }
    await client.query(
      `update lastro.ledger_account set version = version + 2 * $1::bigint, debits_posted = debits_posted + $1::bigint,
        credits_posted = credits_posted + $1::bigint`,
      [rounds],
    )
    await client.query(
      `select setval('lastro.ledger_transfer_number', (${rounds * ACCOUNTS} / 4096 + 1) * 4096::bigint)`,
    )
    await client.query('vacuum analyze lastro.ledger_transfer')
    await client.query('vacuum full analyze lastro.ledger_account')
    await client.query('checkpoint')
  })
}

async function prepare(url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(`create table bench_account as
      select row_number() over (order by id) - 1 as place, number from lastro.ledger_account;
      create unique index on bench_account (place); analyze bench_account`),
  )
}

/** Medians of reading a balance, and a page of 50 from the middle of an account's statement. */
async function reads(url: string): Promise<{ readonly balanceMs: number; readonly statementMs: number }> {
  const pool = poolOn(url, 1)
  const ledger = createLedger({ storage: postgres(pool), clock: { now: () => new Date() } })
  const timed = async (work: (index: number) => Promise<unknown>) => {
    const times: number[] = []
    for (let index = 0; index < 400; index += 1) {
      const started = performance.now()
      await work(index)
      if (index >= 100) times.push(performance.now() - started)
    }
    return times.sort((a, b) => a - b)[150] ?? 0
  }
  const account = (index: number) => accountId((index * 37) % ACCOUNTS)
  const middle = (await ledger.balance(account(1))).version / 2n
  const cursor = middle > 0n ? String(middle) : '1'
  const balanceMs = await timed((index) => ledger.balance(account(index)))
  const statementMs = await timed((index) =>
    ledger.transfers.list({ account: account(index), limit: 10, cursor }),
  )
  await pool.end()
  return { balanceMs, statementMs }
}

/** Measures a small ledger and a big one by turns, `repeats` times. The growing one keeps its size: a run adds little. */
export async function measureGrowth(
  server: string,
  {
    entries,
    repeats,
    ms,
    verifyAll,
  }: {
    readonly entries: number
    readonly repeats: number
    readonly ms: number
    readonly verifyAll: boolean
  },
): Promise<{ readonly small: GrowthPoint; readonly big: GrowthPoint; readonly fillSeconds: number }> {
  const sizes = { small: 10_000, big: entries }
  const configuration = { path: 'group', processes: 1, concurrency: 1024, accounts: 'uniform' } as const
  const point = async (url: string, name: string): Promise<GrowthPoint> => {
    const read = await reads(url)
    const run: RunResult = await runOn(url, {
      configuration,
      ms,
      warmMs: 500,
      name,
      skipVerify: name.startsWith('big'),
    })
    return { entries: 0, perSecond: run.perSecond, ...read, breaches: run.breaches }
  }
  return withDatabase(server, {
    name: 'bench_big',
    work: async (bigUrl) => {
      const started = performance.now()
      await prepare(bigUrl)
      await fill(bigUrl, sizes.big / 2)
      const fillSeconds = (performance.now() - started) / 1000
      const points: { readonly small: GrowthPoint[]; readonly big: GrowthPoint[] } = { small: [], big: [] }
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        const small = await withDatabase(server, {
          name: `bench_small_${repeat}`,
          work: async (url) => {
            await prepare(url)
            await fill(url, sizes.small / 2)
            return point(url, `small${repeat}`)
          },
        })
        points.small.push(small)
        points.big.push(await point(bigUrl, `big${repeat}`))
      }
      const breaches = verifyAll ? await verifyOf(bigUrl) : []
      const summary = (size: keyof typeof sizes, more: readonly string[]): GrowthPoint => ({
        entries: sizes[size],
        perSecond: median(points[size].map((each) => each.perSecond)),
        balanceMs: median(points[size].map((each) => each.balanceMs)),
        statementMs: median(points[size].map((each) => each.statementMs)),
        breaches: [...points[size].flatMap((each) => each.breaches), ...more],
      })
      return { small: summary('small', []), big: summary('big', breaches), fillSeconds }
    },
  })
}

async function verifyOf(url: string): Promise<readonly string[]> {
  const { rows } = await withClient(url, (client) =>
    client.query('select rule, subject, detail from lastro.ledger_verify(20)'),
  )
  return rows.map(({ rule, subject, detail }) => `${rule} ${subject}: ${detail}`)
}

/** The middle one. */
export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
}
