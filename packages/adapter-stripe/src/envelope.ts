import { parseJson } from '@lastro/adapter-kit'
import { type Envelope, scanEnvelope } from './scan.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Ids and types are of these signs, and short. `[]` stands in thin types: `v2.core.account[identity].updated`. */
const WORD = /^[\w.[\]:-]{1,200}$/
const wordOf = (value: unknown): string | null =>
  typeof value === 'string' && WORD.test(value) ? value : null

/**
 * The account in a thin event's context: an id, or the last part of a path. That a context is written so is
 * unconfirmed; another form matches no account.
 */
const accountOf = (context: unknown): string | null =>
  typeof context === 'string' && context !== '' ? context.slice(context.lastIndexOf('/') + 1) : null

function ofThin(event: Json): Omit<Envelope, 'id' | 'type' | 'livemode'> {
  const related = isObject(event.related_object) ? event.related_object : {}
  return { payload: 'thin', account: accountOf(event.context), subject: wordOf(related.id) }
}

function ofSnapshot({ data, account }: Json): Omit<Envelope, 'id' | 'type' | 'livemode'> | null {
  if (!isObject(data) || !isObject(data.object)) return null
  return {
    payload: 'snapshot',
    account: typeof account === 'string' ? account : null,
    subject: wordOf(data.object.id),
  }
}

/** Reads the whole body. Null when it is no event of Stripe's form. */
function parseEnvelope(body: Uint8Array): Envelope | null {
  const parsed = parseJson(body)
  if (parsed.kind === 'not_json' || !isObject(parsed.value)) return null
  const event = parsed.value
  const id = wordOf(event.id)
  const type = wordOf(event.type)
  if (id === null || type === null || typeof event.livemode !== 'boolean') return null
  const rest =
    event.object === 'event' ? ofSnapshot(event) : event.object === 'v2.core.event' ? ofThin(event) : null
  return rest === null ? null : { ...rest, id, type, livemode: event.livemode }
}

/** What a delivery says of itself. Null when it is no event of Stripe's form. */
export function readEnvelope(body: Uint8Array): Envelope | null {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return scanEnvelope(bytes) ?? parseEnvelope(body)
}
