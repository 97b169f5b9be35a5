import type { LedgerLimitStore, VelocityLimit } from '@lastro/core/storage'
import { toBigint } from '../codecs.ts'
import type { Sql } from '../sql.ts'

interface LimitRow {
  readonly name: string
  readonly direction: VelocityLimit['direction']
  readonly amount: string
  readonly asset: VelocityLimit['amount']['asset']
  readonly window_ms: string
}

/** The statements of velocity limits. */
export const LEDGER_LIMIT_SQL = {
  set: `select lastro.ledger_set_limit($1::text, $2::text, $3::text, $4::text::numeric, $5::text::bigint) as kind`,
  list: `select set_limit.name, set_limit.direction, set_limit.amount::text as amount, account.asset,
      set_limit.window_ms::text as window_ms
    from lastro.ledger_limit set_limit join lastro.ledger_account account on account.number = set_limit.account
    where account.id = $1::text order by set_limit.name`,
} as const

/** Velocity limits in PostgreSQL. */
export function ledgerLimitStore(sql: Sql): LedgerLimitStore {
  return {
    async set({ account, name, limit }) {
      const [row] = await sql.query<{ kind: 'changed' | 'unchanged' | 'unknown' }>(LEDGER_LIMIT_SQL.set, [
        account,
        name,
        limit?.direction ?? null,
        limit?.amount.amount.toString() ?? null,
        limit?.windowMs.toString() ?? null,
      ])
      return row?.kind ?? 'unknown'
    },
    async list(account) {
      const rows = await sql.query<LimitRow>(LEDGER_LIMIT_SQL.list, [account])
      return rows.map(({ name, direction, amount, asset, window_ms }) => ({
        name,
        direction,
        amount: { amount: toBigint(amount), asset },
        windowMs: Number.parseInt(window_ms, 10),
      }))
    },
  }
}
