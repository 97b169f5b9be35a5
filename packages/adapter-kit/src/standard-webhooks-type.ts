const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20
const MAX_TYPE = 128

/** How a byte outside of texts moves the depth; 2 for the quote that begins a text. */
const MOVES = new Int8Array(256)
for (const byte of [OPEN_BRACE, 0x5b]) MOVES[byte] = 1
for (const byte of [CLOSE_BRACE, 0x5d]) MOVES[byte] = -1
MOVES[QUOTE] = 2

/**
 * The top-level `type` of a JSON object, read from the bytes without parsing them; null leaves it to a parser: the
 * bytes do not begin and end as an object, there is no such name, or it is written with escapes.
 *
 * The walk ends at the name, which stands at the front in most bodies, so it costs next to nothing beside the
 * signature. Whether the rest is JSON is told by whoever parses it.
 */
export function plainType(body: Uint8Array): string | null {
  const { length } = body
  const start = skipSpace(body, 0)
  if (start === length || body[start] !== OPEN_BRACE || !endsAsObject(body)) return null
  let depth = 1
  for (let at = start + 1; at < length && depth > 0; at += 1) {
    const move = MOVES[body[at] ?? 0] ?? 0
    if (move === 0) continue
    if (move !== 2) {
      depth += move
      continue
    }
    const end = endOfText(body, at + 1)
    if (depth === 1 && end - at === 5 && isType(body, at)) {
      const colon = skipSpace(body, end + 1)
      if (body[colon] === COLON) return plainText(body, skipSpace(body, colon + 1))
    }
    at = end
  }
  return null
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function skipSpace(body: Uint8Array, from: number): number {
  let at = from
  while (at < body.length && isSpace(body[at])) at += 1
  return at
}

function endsAsObject(body: Uint8Array): boolean {
  let at = body.length - 1
  while (at > 0 && isSpace(body[at])) at -= 1
  return body[at] === CLOSE_BRACE
}

/** The place of the closing quote, or the end of the bytes. */
function endOfText(body: Uint8Array, from: number): number {
  let at = from
  while (at < body.length) {
    const byte = body[at]
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  return body.length
}

/** True when the text that opens here reads `type`. */
function isType(body: Uint8Array, open: number): boolean {
  return (
    body[open + 1] === 0x74 && body[open + 2] === 0x79 && body[open + 3] === 0x70 && body[open + 4] === 0x65
  )
}

/** The text that begins here, when it is short, printable ASCII without escapes. */
function plainText(body: Uint8Array, open: number): string | null {
  if (body[open] !== QUOTE) return null
  let text = ''
  for (let at = open + 1; at < body.length && text.length <= MAX_TYPE; at += 1) {
    const byte = body[at] ?? 0
    if (byte === QUOTE) return text === '' ? null : text
    if (byte === BACKSLASH || byte < SPACE || byte > 0x7e) return null
    text += String.fromCharCode(byte)
  }
  return null
}
