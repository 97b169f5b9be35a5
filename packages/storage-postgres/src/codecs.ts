/** A timestamp column as a Date: drivers give a Date or, through some query builders, its text. */
export function toDate(value: Date | string): Date {
  return value instanceof Date ? value : new Date(value)
}

/** The same for a column that may be null. */
export function toDateOrNull(value: Date | string | null): Date | null {
  return value === null ? null : toDate(value)
}

/** A whole number that was selected as text (`numeric::text`, `int8::text`). */
export function toBigint(value: string): bigint {
  return BigInt(value)
}

/** A PostgreSQL array literal of texts, to be cast in the SQL: `$1::text::text[]`. Null elements are kept. */
export function toArray(values: readonly (string | bigint | null)[]): string {
  const quoted = values.map((value) =>
    value === null ? 'null' : `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  )
  return `{${quoted.join(',')}}`
}
