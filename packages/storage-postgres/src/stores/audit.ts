import type { AuditEntry, AuditStore } from '@lastro/core/storage'
import { toDate } from '../codecs.ts'
import { badCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface AuditRow {
  readonly seq: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
  readonly at: Date | string
}

/** The statements of the audit log. */
export const AUDIT_SQL = {
  append: `
  insert into lastro.audit (actor, action, subject, details, at)
  values ($1::text, $2::text, $3::text, $4::text::jsonb, $5::text::timestamptz)`,

  list: `
  select seq::text as seq, actor, action, subject, details::text as details, at
  from lastro.audit
  where ($1::text is null or action = $1::text)
    and ($2::text is null or subject = $2::text)
    and ($3::text is null or seq < $3::text::bigint)
  order by lastro.audit.seq desc
  limit $4::int`,
} as const

/** The audit log, newest first. */
export function auditStore(sql: Sql): AuditStore {
  return {
    append: async ({ actor, action, subject, details, at }) => {
      await sql.query(AUDIT_SQL.append, [actor, action, subject, JSON.stringify(details), at.toISOString()])
    },
    list: async (query = {}) => {
      const { limit, after } = pageRequest(query)
      if (after !== null && !/^\d{1,18}$/.test(after)) throw badCursor()
      const rows = await sql.query<AuditRow>(AUDIT_SQL.list, [
        query.action ?? null,
        query.subject ?? null,
        after,
        limit + 1,
      ])
      const { items, nextCursor } = pageOf(rows, { limit, keyOf: (row) => row.seq })
      return { items: items.map(toEntry), nextCursor }
    },
  }
}

function toEntry({ actor, action, subject, details, at }: AuditRow): AuditEntry {
  return { actor, action, subject, details: JSON.parse(details) as AuditEntry['details'], at: toDate(at) }
}
