/** How a source writes a moment. `brasilia`: local time of Brasília without an offset, which is -03:00 since 2019. */
export type MomentFormat = 'iso' | 'brasilia' | 'seconds' | 'milliseconds'

const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/
const WHOLE = /^(\d{1,15})(?:\.\d{1,9})?$/

/** Readers of a moment's text, by the way it is written. Null for what is no such moment. */
const READERS: Readonly<Record<MomentFormat, (text: string) => number | null>> = {
  // Without its offset a time is local to somebody: it is refused rather than guessed.
  iso: (text) => (ISO.test(text) ? Date.parse(text) : null),
  brasilia: (text) => (LOCAL.test(text) ? Date.parse(`${text.replace(' ', 'T')}-03:00`) : null),
  seconds: (text) => whole(text, 1_000),
  milliseconds: (text) => whole(text, 1),
}

function whole(text: string, unitMs: number): number | null {
  const digits = WHOLE.exec(text)?.[1]
  return digits === undefined ? null : Number.parseInt(digits, 10) * unitMs
}

/** The moment a source wrote, or null when it is no moment in that form. */
export function readMoment(value: unknown, format: MomentFormat): Date | null {
  const ms = typeof value === 'string' ? READERS[format](value.trim()) : null
  if (ms === null || Number.isNaN(new Date(ms).getTime())) return null
  return new Date(ms)
}
