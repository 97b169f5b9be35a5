import { type Layout, layoutOf, pieceOf } from './layout.ts'

/** What a delivery says of itself, whatever it carries. */
export interface Envelope {
  readonly payload: 'snapshot' | 'thin'
  readonly id: string
  readonly type: string
  readonly livemode: boolean
  /** Connect: whose event it is. Null: of the account that owns the endpoint. */
  readonly account: string | null
  /** The object that the news is about. Null where it has no id, as the invoice of `invoice.upcoming`. */
  readonly subject: string | null
}

const COMPACT = layoutOf(0)
const INDENTED = layoutOf(2)
const NULL = pieceOf('null')
const TRUE = pieceOf('true')
const FALSE = pieceOf('false')

const LINE_FEED = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** By byte: 1 for what stands in ids, types, numbers and words of JSON. */
const SIGNS = new Uint8Array(256)
for (const byte of pieceOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-'))
  SIGNS[byte] = 1

/** The place after the piece that begins here, or -1. From nowhere leads nowhere. */
function after(bytes: Uint8Array, start: number, piece: Uint8Array): number {
  const { length } = piece
  if (start < 0 || start + length > bytes.length) return -1
  for (let index = 0; index < length; index++) if (bytes[start + index] !== piece[index]) return -1
  return start + length
}

/** The start of the piece that ends here, or -1. */
function before(bytes: Uint8Array, end: number, piece: Uint8Array): number {
  const start = end - piece.length
  return after(bytes, start, piece) < 0 ? -1 : start
}

/** The first place from here on that is no part of a word, or the last of all. */
function wordEnd(bytes: Uint8Array, start: number): number {
  const last = bytes.length - 1
  let at = start
  while (at < last) {
    if (SIGNS[bytes[at] as number] === 0) return at
    at++
  }
  return at
}

/** The start of the word that ends here. */
function wordStart(bytes: Uint8Array, end: number): number {
  let at = end
  while (at > 0) {
    if (SIGNS[bytes[at - 1] as number] === 0) return at
    at--
  }
  return at
}

/** The place after a number, a word of JSON or a text of one word that begins here, or -1. */
function scalarEnd(bytes: Uint8Array, start: number): number {
  if (start < 0) return -1
  const isText = bytes[start] === QUOTE
  const from = isText ? start + 1 : start
  const end = wordEnd(bytes, from)
  if (isText) return bytes[end] === QUOTE ? end + 1 : -1
  return end > from ? end : -1
}

/** The start of a number, a word of JSON or a text that ends here, or -1. In the text stands nothing escaped. */
function scalarStart(bytes: Uint8Array, end: number): number {
  if (end < 2) return -1
  if (bytes[end - 1] !== QUOTE) {
    const start = wordStart(bytes, end)
    return start < end ? start : -1
  }
  let at = end - 2
  while (at > 0 && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at--
  return bytes[at] === QUOTE && bytes[at - 1] !== BACKSLASH ? at : -1
}

/** Not empty, and not so long that whoever reads the whole would refuse it. */
const isWord = (length: number): boolean => length > 0 && length <= 200

/** The start of `request` that ends here: null, or its two fields. Or -1. */
function requestStart(bytes: Uint8Array, end: number, { request }: Layout): number {
  const nullStart = before(bytes, end, NULL)
  if (nullStart >= 0) return nullStart
  const idEnd = before(bytes, scalarStart(bytes, before(bytes, end, request.end)), request.key)
  return before(bytes, scalarStart(bytes, idEnd), request.id)
}

/**
 * Reads the envelope of a snapshot event without reading the object in it, when it is written exactly as Stripe writes
 * it: to parse 1 KB costs more than to check its signature. Null says nothing but that this way does not suit.
 *
 * Read are the values before the object, from the start, and those after it, from the end: there no text has an escaped
 * sign, so the quotes pair up. What this tells is what a parser would tell of the same bytes; that the middle is JSON at
 * all is left to whoever reads it later.
 */
export function scanEnvelope(bytes: Buffer): Envelope | null {
  const layout = bytes[1] === LINE_FEED ? INDENTED : COMPACT
  const { head, tail } = layout
  const idStart = after(bytes, 0, head.id)
  if (idStart < 0) return null
  const idEnd = wordEnd(bytes, idStart)
  const versionEnd = scalarEnd(bytes, after(bytes, idEnd, head.version))
  const createdEnd = scalarEnd(bytes, after(bytes, versionEnd, head.created))
  const subjectStart = after(bytes, createdEnd, head.subject)
  if (subjectStart < 0) return null
  const subjectEnd = wordEnd(bytes, subjectStart)

  const isOpen = bytes[bytes.length - 1] === LINE_FEED
  const typeEnd = before(bytes, isOpen ? bytes.length - 1 : bytes.length, tail.end)
  const typeStart = wordStart(bytes, typeEnd)
  const requestEnd = before(bytes, typeStart, tail.type)
  const pendingEnd = before(bytes, requestStart(bytes, requestEnd, layout), tail.request)
  const livemodeEnd = before(bytes, scalarStart(bytes, pendingEnd), tail.pending)
  const trueStart = before(bytes, livemodeEnd, TRUE)
  const livemodeStart = trueStart < 0 ? before(bytes, livemodeEnd, FALSE) : trueStart
  if (before(bytes, livemodeStart, tail.livemode) <= subjectEnd || bytes[subjectEnd] !== QUOTE) return null
  if (!isWord(idEnd - idStart) || !isWord(subjectEnd - subjectStart) || !isWord(typeEnd - typeStart))
    return null

  // One text for both: to make one costs more than to cut it.
  const text = bytes.toString('latin1', idStart, subjectEnd)
  return {
    payload: 'snapshot',
    id: text.slice(0, idEnd - idStart),
    type: bytes.toString('latin1', typeStart, typeEnd),
    livemode: trueStart >= 0,
    account: null,
    subject: text.slice(subjectStart - idStart),
  }
}
