import type { xdr } from '@stellar/stellar-sdk/base'
import { stellarLibrary } from './library.ts'

/** A value of a contract as JSON holds it. Whole numbers of any size are texts, bytes are `{ hex }`. */
export type PlainValue =
  | string
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** A decoded value beside its kind: `scvI128`, `scvSymbol`. */
export interface Decoded {
  readonly type: string
  readonly plain: PlainValue
  /** Of a map: its entries by key, where all keys are symbols or texts. */
  readonly fields: Readonly<Record<string, Decoded>> | null
  /** Of a vector: its items. */
  readonly items: readonly Decoded[] | null
}

/** @throws Error when the text is no ScVal. */
export function decodeScVal(base64: string): Decoded {
  return decodeValue(stellarLibrary().xdr.ScVal.fromXdr(base64, 'base64'))
}

const hex = (bytes: Uint8Array): PlainValue => ({ hex: Buffer.from(bytes).toString('hex') })

function decodeValue(value: xdr.ScVal): Decoded {
  const { type } = value
  if (type === 'scvVec') {
    const items = (value.value ?? []).map(decodeValue)
    return { type, plain: items.map(({ plain }) => plain), fields: null, items }
  }
  if (type === 'scvMap') return decodeMap(value.value ?? [])
  return { type, plain: plainOf(stellarLibrary().scValToNative(value)), fields: null, items: null }
}

function decodeMap(entries: readonly xdr.ScMapEntry[]): Decoded {
  const pairs = entries.map(({ key, val }) => [decodeValue(key), decodeValue(val)] as const)
  // Only texts can be names of JSON. Any other map is a list of pairs, so that no two keys become one.
  const isNamed = pairs.every(([key]) => key.type === 'scvSymbol' && typeof key.plain === 'string')
  if (!isNamed)
    return {
      type: 'scvMap',
      plain: pairs.map(([key, val]) => [key.plain, val.plain]),
      fields: null,
      items: null,
    }
  const fields = Object.fromEntries(pairs.map(([key, val]) => [String(key.plain), val]))
  const plain = Object.fromEntries(pairs.map(([key, val]) => [String(key.plain), val.plain]))
  return { type: 'scvMap', plain, fields, items: null }
}

function plainOf(native: unknown): PlainValue {
  if (typeof native === 'bigint' || typeof native === 'number') return `${native}`
  if (typeof native === 'string' || typeof native === 'boolean') return native
  if (native === null || native === undefined) return null
  if (native instanceof Uint8Array) return hex(native)
  if (Array.isArray(native)) return native.map(plainOf)
  if (typeof native === 'object')
    return Object.fromEntries(Object.entries(native).map(([name, item]) => [name, plainOf(item)]))
  return String(native)
}
