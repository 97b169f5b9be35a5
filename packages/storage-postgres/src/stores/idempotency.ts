import type { IdempotencyStore } from '@lastro/core/storage'
import type { Sql } from '../sql.ts'

/** The statements of request keys. */
export const IDEMPOTENCY_SQL = {
  /** Waits here for a transaction under way that took the same key, and then finds it taken or free. */
  take: `
  insert into lastro.idempotency (operation, key, fingerprint, taken_at)
  values ($1::text, $2::text, $3::text, $4::text::timestamptz)
  on conflict (operation, key) do nothing
  returning key`,

  find: 'select fingerprint, result from lastro.idempotency where operation = $1::text and key = $2::text',

  finish: `
  update lastro.idempotency set result = $3::text
  where operation = $1::text and key = $2::text and result is null
  returning key`,
} as const

/** Request keys with their answers. */
export function idempotencyStore(sql: Sql): IdempotencyStore {
  return {
    take: async ({ operation, key, fingerprint, at }) => {
      const taken = await sql.query(IDEMPOTENCY_SQL.take, [operation, key, fingerprint, at.toISOString()])
      if (taken.length > 0) return null
      const [row] = await sql.query<{ fingerprint: string; result: string | null }>(IDEMPOTENCY_SQL.find, [
        operation,
        key,
      ])
      if (row === undefined || row.result === null) {
        throw new Error(`Key "${key}" of ${operation} was taken twice in one transaction.`)
      }
      return { fingerprint: row.fingerprint, result: row.result }
    },
    finish: async ({ operation, key, result }) => {
      const finished = await sql.query(IDEMPOTENCY_SQL.finish, [operation, key, result])
      if (finished.length === 0)
        throw new Error(`Key "${key}" of ${operation} was not taken in this transaction.`)
    },
  }
}
