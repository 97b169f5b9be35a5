import { parseJson } from '@lastro/adapter-kit'

type Json = Readonly<Record<string, unknown>>

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
  /** The whole of it. */
  readonly event: Json
}

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

type Rest = Pick<Envelope, 'payload' | 'account' | 'subject'>

function ofThin(event: Json): Rest {
  const related = isObject(event.related_object) ? event.related_object : {}
  return { payload: 'thin', account: accountOf(event.context), subject: wordOf(related.id) }
}

function ofSnapshot({ data, account }: Json): Rest | null {
  if (!isObject(data) || !isObject(data.object)) return null
  return {
    payload: 'snapshot',
    account: typeof account === 'string' ? account : null,
    subject: wordOf(data.object.id),
  }
}

/** What a delivery says of itself. Null when it is no event of Stripe's form. */
export function readEnvelope(body: Uint8Array): Envelope | null {
  const parsed = parseJson(body)
  if (parsed.kind === 'not_json' || !isObject(parsed.value)) return null
  const event = parsed.value
  const id = wordOf(event.id)
  const type = wordOf(event.type)
  if (id === null || type === null || typeof event.livemode !== 'boolean') return null
  const rest =
    event.object === 'event' ? ofSnapshot(event) : event.object === 'v2.core.event' ? ofThin(event) : null
  return rest === null ? null : { ...rest, id, type, livemode: event.livemode, event }
}
