import { LastroError } from '@lastro/core/storage'

/** The place of a row whose order needs more than one column, as an opaque text. */
export function encodeCursor(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * The parts of a cursor, or as many nulls when there is none: the first page.
 * @throws LastroError `invalid_input` for a cursor that `encodeCursor` did not make.
 */
export function decodeCursor(cursor: string | null, parts: number): readonly (string | null)[] {
  if (cursor === null) return Array.from({ length: parts }, () => null)
  const decoded = parsed(Buffer.from(cursor, 'base64url').toString())
  const isOurs =
    Array.isArray(decoded) && decoded.length === parts && decoded.every((part) => typeof part === 'string')
  if (!isOurs) throw badCursor()
  return decoded
}

/** What a cursor that no page gave is refused with. */
export function badCursor(): LastroError {
  return new LastroError('invalid_input', {
    field: 'cursor',
    rule: 'must be the nextCursor of an earlier page',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
