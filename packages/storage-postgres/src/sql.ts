/**
 * What a statement may carry. Everything else (bigint, Date, arrays, JSON) travels as text and is cast in the SQL
 * (`$1::text::numeric`, `$1::text::jsonb`, `$1::text::uuid[]`), because the drivers disagree on how to encode it.
 */
export type SqlParameter = string | number | boolean | null | Uint8Array

/**
 * One connection's worth of statements: a transaction, or single statements that each commit.
 *
 * SQL text names our tables `lastro.…`; an executor for another schema name rewrites that prefix, so the word
 * `lastro.` may stand in a statement for nothing else. One statement a call, no `begin`, `commit` or `set`.
 */
export interface Sql {
  query<R extends object>(text: string, parameters?: readonly SqlParameter[]): Promise<readonly R[]>
}

/** One numbered, forward-only step of the schema. May hold many statements. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}
