import { parseJson } from '@lastro/adapter-kit'
import type { EventFamily } from './events.ts'

/** A webhook's body, as far as every event has the same form. */
export interface Envelope {
  readonly event: string
  readonly eventId: string
  readonly clientId: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

const EVENT = /^[\x21-\x7e]{1,100}$/
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/
const MAX_LIST = 1_000

/** True for an id that is safe in a path of a URL: no dots, no slashes. */
export const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the bytes, or null when they are no JSON object with `event` and `eventId`. Numbers stay texts. */
export function readEnvelope(bytes: Uint8Array): Envelope | null {
  const parsed = parseJson(bytes, { numbers: 'text' })
  if (parsed.kind !== 'json' || !isObject(parsed.value)) return null
  const { event, eventId, clientId } = parsed.value
  if (typeof event !== 'string' || !EVENT.test(event)) return null
  if (!isId(eventId)) return null
  return { event, eventId, clientId: typeof clientId === 'string' ? clientId : null, fields: parsed.value }
}

/** The value at a dotted path of own members. */
function at(fields: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((part, key) => (isObject(part) && Object.hasOwn(part, key) ? part[key] : null), fields)
}

/** The first of the paths that holds an id. */
export function idAt(fields: Envelope['fields'], paths: readonly string[]): string | null {
  const ids = paths.map((path) => at(fields, path))
  return ids.find(isId) ?? null
}

/** A short text, or the ids of a list with commas between them. Null for anything else. */
function factOf(value: unknown): string | null {
  if (typeof value === 'string') return value !== '' && value.length <= 200 ? value : null
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LIST) return null
  return value.every(isId) ? value.join(',') : null
}

/** The first of the paths that holds a short text. */
export function textAt(fields: Envelope['fields'], paths: readonly string[]): string | null {
  return paths.map((path) => factOf(at(fields, path))).find((text) => text !== null) ?? null
}

/** The facts of a family that the payload really tells. */
export function factsOf(fields: Envelope['fields'], family: EventFamily): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(family.facts).flatMap(([name, paths]) => {
      const text = textAt(fields, paths)
      return text === null ? [] : [[name, text]]
    }),
  )
}
