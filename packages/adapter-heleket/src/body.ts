import { parseJson } from '@lastro/adapter-kit'
import { type Family, isFamily } from './event-types.ts'
import { membersOf, phpLike, type RawMember } from './raw-json.ts'

/** A webhook's body: a JSON object whose members all have names of their own. */
export interface Body {
  readonly members: readonly RawMember[]
  /** Numbers are the texts that were sent. */
  readonly fields: Readonly<Record<string, unknown>>
}

const utf8 = new TextDecoder()
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d

/**
 * Reads the bytes, or null when they are no JSON object, or one in which two members have one name: such an object says
 * two things, and who signed it may have meant the other. Nothing stands before or after it.
 */
export function readBody(bytes: Uint8Array): Body | null {
  if (bytes[0] !== BRACE_OPEN || bytes.at(-1) !== BRACE_CLOSE) return null
  const parsed = parseJson(bytes, { numbers: 'text' })
  if (parsed.kind !== 'json') return null
  const members = membersOf(utf8.decode(bytes))
  if (new Set(members.map(({ name }) => name)).size !== members.length) return null
  return { members, fields: parsed.value as Body['fields'] }
}

const SIGN = /^"([0-9a-f]{32})"$/

/** The `sign` member, or null when it is missing or no MD5 in lower-case hexadecimal. */
export function signOf({ members }: Body): string | null {
  const sign = members.find(({ name }) => name === 'sign')
  return SIGN.exec(sign?.value ?? '')?.[1] ?? null
}

const written = (members: readonly RawMember[], write: (json: string) => string): string =>
  `{${members
    .filter(({ name }) => name !== 'sign')
    .map(({ key, value }) => `${write(key)}:${write(value)}`)
    .join(',')}}`

/** What may have been signed, one form after another: the bytes as they came without `sign`, then as PHP writes them. */
export const SIGNED_FORMS: readonly ((body: Body) => string)[] = [
  ({ members }) => written(members, (json) => json),
  ({ members }) => written(members, phpLike),
]

/** What every delivery says of itself. */
export interface Envelope {
  readonly family: Family
  readonly uuid: string
  readonly status: string
  readonly topic: string
}

const ID = /^[A-Za-z0-9_-]{1,64}$/
const STATUS = /^[A-Za-z0-9_.-]{1,60}$/

/** A text that is an id of Heleket's. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && ID.test(value)

/** The text of an own member, where it is one and not longer than such texts are. */
export function textAt({ fields }: Body, name: string): string | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : null
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : null
}

/** True or false where that is told. */
export function flagAt({ fields }: Body, name: string): boolean | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : null
  return typeof value === 'boolean' ? value : null
}

/** `type`, which also says with which key a body is signed. Null for one that nobody documented. */
export function familyOf(body: Body): Family | null {
  const type = textAt(body, 'type')
  return isFamily(type) ? type : null
}

/** Null when a delivery does not say what it is about. */
export function envelopeOf(body: Body): Envelope | null {
  const family = familyOf(body)
  const uuid = textAt(body, 'uuid')
  const status = textAt(body, 'status')
  if (family === null || !isUuid(uuid) || status === null || !STATUS.test(status)) return null
  return { family, uuid, status, topic: `${family}.${status}` }
}
