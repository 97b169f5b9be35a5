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
  latest: `select base, quote, source, numerator::text as numerator, denominator::text as denominator, observed_at,
    fetched_at from lastro.rate where base = $1 and quote = $2 and source = any($3::text::text[])
    order by observed_at desc, id desc limit 1`,
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
      const [row] = await sql.query<Row>(RATE_SQL.latest, [base, quote, toArray(sources)])
      if (row === undefined) return null
      const numerator = toBigint(row.numerator)
      const denominator = toBigint(row.denominator)
      return {
        rate: { base: row.base, quote: row.quote, numerator, denominator },
        source: row.source,
        observedAt: toDate(row.observed_at),
        fetchedAt: toDate(row.fetched_at),
      }
    },
  }
}
