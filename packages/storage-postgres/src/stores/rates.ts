import type { RateStore, StoredRate } from '@lastro/core/storage'
import { toArray, toBigint, toDate } from '../codecs.ts'
import type { Sql } from '../sql.ts'

interface Row {
  base: StoredRate['rate']['base']
  quote: StoredRate['rate']['quote']
  source: string
  numerator: string
  denominator: string
  observed_at: Date | string
  fetched_at: Date | string
}

/** The statements of rates. */
export const RATE_SQL = {
  insert: `insert into lastro.rate (base, quote, source, numerator, denominator, observed_at, fetched_at)
    values ($1, $2, $3, $4::text::numeric, $5::text::numeric, $6::text::timestamptz, $7::text::timestamptz)`,
  latest: `select newest.base, newest.quote, newest.source, newest.numerator::text as numerator,
      newest.denominator::text as denominator, newest.observed_at, newest.fetched_at
    from unnest($3::text::text[]) wanted (source)
    cross join lateral (
      select * from lastro.rate where base = $1 and quote = $2 and source = wanted.source
      order by observed_at desc, id desc limit 1
    ) newest
    order by newest.id desc`,
} as const

/** Rates in PostgreSQL. */
export function rateStore(sql: Sql): RateStore {
  return {
    async insert({ rate, source, observedAt, fetchedAt }) {
      await sql.query(RATE_SQL.insert, [
        rate.base,
        rate.quote,
        source,
        rate.numerator.toString(),
        rate.denominator.toString(),
        observedAt.toISOString(),
        fetchedAt.toISOString(),
      ])
    },
    async latest({ base, quote, sources }) {
      const rows = await sql.query<Row>(RATE_SQL.latest, [base, quote, toArray(sources)])
      return rows.map((row) => ({
        rate: {
          base: row.base,
          quote: row.quote,
          numerator: toBigint(row.numerator),
          denominator: toBigint(row.denominator),
        },
        source: row.source,
        observedAt: toDate(row.observed_at),
        fetchedAt: toDate(row.fetched_at),
      }))
    },
  }
}
