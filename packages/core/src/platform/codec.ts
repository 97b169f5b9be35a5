/** Plain data to text and back, with bigint and Date kept exactly: what stored answers and fingerprints use. */

const BIGINT = '$bigint'
const DATE = '$date'

function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIGINT]: value.toString() }
  if (value instanceof Date) return { [DATE]: value.toISOString() }
  if (Array.isArray(value)) return value.map((item) => encode(item === undefined ? null : item))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(
      ([, item]) => item !== undefined && typeof item !== 'function',
    )
    // Sorted, so that the same facts always make the same text, whatever order they were written in.
    entries.sort(([left], [right]) => (left < right ? -1 : 1))
    return Object.fromEntries(entries.map(([key, item]) => [key, encode(item)]))
  }
  return value
}

function decode(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value)
  if (keys.length !== 1) return value
  const marked = value as Record<string, unknown>
  if (typeof marked[BIGINT] === 'string' && /^-?\d+$/.test(marked[BIGINT])) return BigInt(marked[BIGINT])
  if (typeof marked[DATE] === 'string') return new Date(marked[DATE])
  return value
}

/** Canonical text of plain data: keys sorted, undefined left out. */
export function pack(value: unknown): string {
  return JSON.stringify(encode(value)) ?? 'null'
}

/** The data that `pack` wrote. */
export function unpack<T>(text: string): T {
  return JSON.parse(text, decode) as T
}
