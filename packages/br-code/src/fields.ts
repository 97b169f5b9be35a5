/** One object of the EMV format: two digits of id, two of length, the value. */
export interface EmvField {
  /** Two digits: `54`. Inside a template, with the template's before it: `62.05`. */
  readonly id: string
  readonly value: string
}

const HEADER = /^\d{4}$/

/** The object as it stands in a payload. `value` has 1 to 99 characters: who calls has checked that. */
export function writeField(id: string, value: string): string {
  return `${id}${String(value.length).padStart(2, '0')}${value}`
}

/**
 * The objects that a list of characters is made of, in their order; null when it is no whole sequence of them. Lengths
 * count characters, as EMV says, so that accents seen in practice are read as they were meant.
 */
export function readFields(characters: readonly string[]): EmvField[] | null {
  const fields: EmvField[] = []
  let at = 0
  while (at < characters.length) {
    const header = characters.slice(at, at + 4).join('')
    if (!HEADER.test(header)) return null
    const length = Number.parseInt(header.slice(2), 10)
    const value = characters.slice(at + 4, at + 4 + length)
    if (length === 0 || value.length < length) return null
    fields.push({ id: header.slice(0, 2), value: value.join('') })
    at += 4 + length
  }
  return fields
}

/** The id that appears a second time, or null when each appears once. */
export function findRepeated(fields: readonly EmvField[]): string | null {
  const ids = fields.map(({ id }) => id)
  return ids.find((id, index) => ids.indexOf(id) !== index) ?? null
}
