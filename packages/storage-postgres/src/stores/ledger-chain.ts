import type { ChainBreach, ChainName, LedgerChainStore, Seal } from '@lastro/core/storage'
import { toBigint, toDate } from '../codecs.ts'
import type { Sql } from '../sql.ts'

interface BreachRow {
  readonly rule: ChainBreach['rule'] | null
  readonly number: string | null
  readonly subject: string | null
  readonly upto: string | null
}

interface SealRow {
  readonly number: string
  readonly to_row: string
  readonly digest: string
  readonly sealed_at: Date | string
}

const SEAL_COLUMNS = `number::text as number, to_row::text as to_row, encode(digest, 'hex') as digest, sealed_at`

/** The statements of the chains. */
export const LEDGER_CHAIN_SQL = {
  lastNumbers: `select
      (select max(number) from lastro.ledger_transfer)::text as transfers,
      (select max(seq) from lastro.audit)::text as audit`,
  seal: `select lastro.ledger_seal_next($1::text, $2::text::bigint, $3::int, $4::text::timestamptz) as count`,
  head: `select ${SEAL_COLUMNS} from lastro.ledger_seal where chain = $1::text
    order by ledger_seal.number desc limit 1`,
  find: `select ${SEAL_COLUMNS} from lastro.ledger_seal where chain = $1::text and number = $2::int`,
  counts: `select
      (select coalesce(sum(rows), 0) from lastro.ledger_seal where chain = $1::text)::text as sealed,
      (case $1::text
        when 'audit' then (select count(*) from lastro.audit where seq >
          coalesce((select to_row from lastro.ledger_seal where chain = 'audit' order by number desc limit 1), 0))
        else (select count(*) from lastro.ledger_transfer where number >
          coalesce((select to_row from lastro.ledger_seal where chain = 'transfers' order by number desc limit 1), 0))
      end)::text as unsealed`,
  check: `select rule, number::text as number, subject, upto::text as upto
    from lastro.ledger_check_chain($1::text, $2::text::bigint, $3::int)`,
  checkSeals: `select rule, number::text as number, subject, null as upto from lastro.ledger_check_seals($1::text)`,
} as const

/** The chains of digests in PostgreSQL. */
export function ledgerChainStore(sql: Sql): LedgerChainStore {
  const sealBy = async (chain: ChainName, rows: Promise<readonly SealRow[]>): Promise<Seal | null> => {
    const [row] = await rows
    if (row === undefined) return null
    const { digest } = row
    const number = Number.parseInt(row.number, 10)
    return { chain, number, upto: toBigint(row.to_row), digest, sealedAt: toDate(row.sealed_at) }
  }
  const findHead = (chain: ChainName) => sealBy(chain, sql.query<SealRow>(LEDGER_CHAIN_SQL.head, [chain]))
  return {
    async lastNumbers() {
      const [row] = await sql.query<Record<ChainName, string | null>>(LEDGER_CHAIN_SQL.lastNumbers)
      return { transfers: toBigint(row?.transfers ?? '0'), audit: toBigint(row?.audit ?? '0') }
    },
    async seal({ chain, last, limit, at }) {
      const parameters = [chain, last.toString(), limit, at.toISOString()]
      const [row] = await sql.query<{ count: number }>(LEDGER_CHAIN_SQL.seal, parameters)
      return row?.count ?? 0
    },
    async state(chain) {
      const [row] = await sql.query<{ sealed: string; unsealed: string }>(LEDGER_CHAIN_SQL.counts, [chain])
      const head = await findHead(chain)
      return { chain, sealed: toBigint(row?.sealed ?? '0'), unsealed: toBigint(row?.unsealed ?? '0'), head }
    },
    findHead,
    findSeal: (chain, number) => sealBy(chain, sql.query<SealRow>(LEDGER_CHAIN_SQL.find, [chain, number])),
    async check({ chain, after, limit }) {
      const rows = await sql.query<BreachRow>(LEDGER_CHAIN_SQL.check, [chain, after.toString(), limit])
      const end = rows.find(({ rule }) => rule === null)
      const next = end?.upto === undefined || end.upto === null ? null : toBigint(end.upto)
      return { breaches: rows.flatMap((row) => toBreach(row, chain)), next }
    },
    async checkSeals(chain) {
      const rows = await sql.query<BreachRow>(LEDGER_CHAIN_SQL.checkSeals, [chain])
      return rows.flatMap((row) => toBreach(row, chain))
    },
  }
}

function toBreach({ rule, number, subject }: BreachRow, chain: ChainName): readonly ChainBreach[] {
  if (rule === null || number === null) return []
  return [{ chain, rule, number: toBigint(number), subject: subject ?? number }]
}
