import { describeError, redact } from '../telemetry/index.ts'

/** Form bodies that are shown and searched: names and values, no spaces, no line ends. */
const FORM = /^[^\s={}<>]+=[^\s{}<>]*$/
const MAX_BYTES = 262_144
const MIN_SECRET = 6

/** A body as data, where it is JSON or a form; else null. Numbers may have lost digits: for showing only. */
export function readBody(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body)
  try {
    return JSON.parse(text)
  } catch {
    return FORM.test(text) ? Object.fromEntries(new URLSearchParams(text)) : null
  }
}

/** A body for people: parsed, with secrets hidden by name and by form. Null where it is neither JSON nor a form. */
export function showBody(body: Uint8Array): unknown {
  return redact(readBody(body))
}

/** Every text in a body that `redact` hides or changes. */
function secretsOf(value: unknown, shown: unknown): readonly string[] {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string') return value !== shown && text.length >= MIN_SECRET ? [text] : []
  if (typeof value !== 'object' || value === null) return []
  // What was hidden as a whole hides everything inside it.
  const isHidden = typeof shown !== 'object' || shown === null
  return Object.entries(value).flatMap(([name, item]) =>
    secretsOf(item, isHidden ? null : Reflect.get(shown, name)),
  )
}

/**
 * One safe line about an error met while a body was read or applied: what tables, logs and jobs may hold. An error often
 * repeats what it stumbled over, as `JSON.parse` does, so what the body hides is hidden here too. Where the body is of no
 * form that can be read, nothing longer than a few characters of it is repeated.
 */
export function describeSafely(error: unknown, body: Uint8Array | null): string {
  const line = describeError(error)
  if (body === null) return line
  const data = readBody(body.subarray(0, MAX_BYTES))
  if (data === null) return withoutRuns(line, new TextDecoder().decode(body.subarray(0, MAX_BYTES)))
  return secretsOf(data, redact(data)).reduce((text, secret) => withoutRuns(text, secret), line)
}

/** The text without anything of eight characters or more, or the whole of a shorter text, that stands in the other. */
function withoutRuns(text: string, other: string): string {
  const run = Math.min(8, other.length)
  let safe = ''
  for (let from = 0; from < text.length; ) {
    let end = from
    while (end < text.length && other.includes(text.slice(from, end + 1))) end += 1
    const isRun = end - from >= run
    safe += isRun ? '[payload]' : text.charAt(from)
    from = isRun ? end : from + 1
  }
  return safe
}
