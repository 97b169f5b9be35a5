import { LastroError, type Payout, type PayoutStore } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface Row {
  id: Payout['id']
  provider: string
  state: Payout['state']
  amount: string
  asset: Payout['amount']['asset']
  destination: string
  description: string | null
  source_account: string
  correlation: string
  attempts: number
  provider_ref: string | null
  end_to_end_id: string | null
  reason: Payout['reason']
  detail: string | null
  returned: string
  created_at: Date | string
  updated_at: Date | string
  submitted_at: Date | string | null
  version: number
}

const COLUMNS = `id, provider, state, amount::text as amount, asset, destination::text as destination, description, source_account,
  correlation, attempts, provider_ref, end_to_end_id, reason, detail, returned::text as returned, created_at, updated_at,
  submitted_at, version`

/** The statements of payouts. */
export const PAYOUT_SQL = {
  insert: `insert into lastro.payout
    (id, provider, state, amount, asset, destination, description, source_account, correlation, attempts,
     provider_ref, end_to_end_id, reason, detail, created_at, updated_at, submitted_at, version)
    values ($1, $2, $3, $4::text::numeric, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14,
     $15::text::timestamptz, $16::text::timestamptz, $17::text::timestamptz, $18)`,
  get: `select ${COLUMNS} from lastro.payout where id = $1`,
  lock: `select ${COLUMNS} from lastro.payout where id = $1 for update`,
  lockByRef: `select ${COLUMNS} from lastro.payout where provider = $1 and provider_ref = $2 for update`,
  findByRef: `select ${COLUMNS} from lastro.payout
    where provider = $1 and (provider_ref = $2 or end_to_end_id = $2) order by id limit 1`,
  update: `update lastro.payout set state = $2, attempts = $3, provider_ref = $4, end_to_end_id = $5, reason = $6,
    detail = $7, updated_at = $8::text::timestamptz, submitted_at = $9::text::timestamptz, version = $10,
    returned = $11::text::numeric where id = $1 and version = $10 - 1 returning id`,
  list: `select ${COLUMNS} from lastro.payout
    where ($1::text is null or state = $1) and ($2::text is null or provider = $2)
      and ($3::text is null or correlation = $3) and ($4::text is null or id < $4)
    order by id desc limit $5`,
} as const

/** Payouts in PostgreSQL. */
export function payoutStore(sql: Sql): PayoutStore {
  const one = async (text: string, parameters: readonly string[]) => {
    const [row] = await sql.query<Row>(text, parameters)
    return row === undefined ? null : toPayout(row)
  }
  return {
    async insert(payout) {
      await sql.query(PAYOUT_SQL.insert, [
        payout.id,
        payout.provider,
        payout.state,
        payout.amount.amount.toString(),
        payout.amount.asset,
        JSON.stringify(payout.destination),
        payout.description,
        payout.sourceAccount,
        payout.correlation,
        payout.attempts,
        payout.providerRef,
        payout.endToEndId,
        payout.reason,
        payout.detail,
        payout.createdAt.toISOString(),
        payout.updatedAt.toISOString(),
        payout.submittedAt?.toISOString() ?? null,
        payout.version,
      ])
    },
    get: (id) => one(PAYOUT_SQL.get, [id]),
    lock: (id) => one(PAYOUT_SQL.lock, [id]),
    lockByRef: ({ provider, providerRef }) => one(PAYOUT_SQL.lockByRef, [provider, providerRef]),
    findByRef: ({ provider, ref }) => one(PAYOUT_SQL.findByRef, [provider, ref]),
    async update(payout) {
      const rows = await sql.query(PAYOUT_SQL.update, [
        payout.id,
        payout.state,
        payout.attempts,
        payout.providerRef,
        payout.endToEndId,
        payout.reason,
        payout.detail,
        payout.updatedAt.toISOString(),
        payout.submittedAt?.toISOString() ?? null,
        payout.version,
        payout.returned.amount.toString(),
      ])
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'payout', id: payout.id })
    },
    async list(query) {
      const { limit, after } = pageRequest(query)
      const { state = null, provider = null, correlation = null } = query
      const rows = await sql.query<Row>(PAYOUT_SQL.list, [state, provider, correlation, after, limit + 1])
      return pageOf(rows.map(toPayout), { limit, keyOf: (payout) => payout.id })
    },
  }
}

function toPayout(row: Row): Payout {
  return {
    id: row.id,
    provider: row.provider,
    state: row.state,
    amount: { amount: toBigint(row.amount), asset: row.asset },
    destination: JSON.parse(row.destination),
    description: row.description,
    sourceAccount: row.source_account,
    correlation: row.correlation,
    attempts: row.attempts,
    providerRef: row.provider_ref,
    endToEndId: row.end_to_end_id,
    reason: row.reason,
    detail: row.detail,
    returned: { amount: toBigint(row.returned), asset: row.asset },
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    submittedAt: toDateOrNull(row.submitted_at),
    version: row.version,
  }
}
