import { LastroError } from '@lastro/core/storage'

/** Names that need no care anywhere: short enough for `<schema>_jobs`, no quotes, no upper case. */
const SAFE = /^[a-z_][a-z0-9_]{0,39}$/
const OURS = /\blastro\./g
const MEMO_LIMIT = 2_000

/**
 * The name, when it may name a PostgreSQL schema.
 * @throws LastroError `invalid_input` for anything but lower-case letters, digits and `_`, at most 40 of them, or for
 * a name that PostgreSQL keeps for itself.
 */
export function checkSchemaName(field: string, name: string): string {
  if (!SAFE.test(name) || name.startsWith('pg_') || name === 'information_schema') {
    const rule = 'must be 1 to 40 lower-case letters, digits or "_", not start with a digit or "pg_"'
    throw new LastroError('invalid_input', { field, rule })
  }
  return name
}

/** Turns statements on `lastro.…` into statements on another schema. The quotes let the name be a reserved word. */
export function renameSchema(schema: string): (text: string) => string {
  if (schema === 'lastro') return (text) => text
  const memo = new Map<string, string>()
  return (text) => {
    const known = memo.get(text)
    if (known !== undefined) return known
    const renamed = text.replace(OURS, `"${schema}".`)
    if (memo.size < MEMO_LIMIT) memo.set(text, renamed)
    return renamed
  }
}
