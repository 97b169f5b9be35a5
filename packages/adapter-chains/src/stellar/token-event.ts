import type { Decoded } from './plain.ts'

/** What a sender adds for the receiver, such as an exchange's deposit number: CAP-67. */
export interface MuxedId {
  readonly kind: 'u64' | 'string' | 'bytes'
  /** Digits, the text, or hex. */
  readonly value: string
}

/**
 * An event in the form of a token: SEP-41, and CAP-67 for assets of Stellar. Amounts are texts of smallest units.
 * `asset` is what the event says of itself, `native` or `CODE:ISSUER`, and null where it says nothing: any contract can
 * say anything, so only the event's contract tells which token it is.
 */
export type TokenEvent =
  | {
      readonly kind: 'transfer'
      readonly from: string
      readonly to: string
      readonly amount: string
      readonly asset: string | null
      readonly toMuxedId: MuxedId | null
    }
  | {
      readonly kind: 'mint'
      readonly to: string
      readonly amount: string
      readonly asset: string | null
      readonly toMuxedId: MuxedId | null
      /** Told before protocol 23 only. */
      readonly admin: string | null
    }
  | {
      readonly kind: 'burn' | 'clawback'
      readonly from: string
      readonly amount: string
      readonly asset: string | null
      /** Of a clawback before protocol 23 only. */
      readonly admin: string | null
    }
  | {
      readonly kind: 'approve'
      readonly from: string
      readonly spender: string
      readonly amount: string
      /** The last ledger at which it counts. */
      readonly liveUntilLedger: string
      readonly asset: string | null
    }
  | {
      readonly kind: 'set_authorized'
      readonly holder: string
      readonly isAuthorized: boolean
      readonly asset: string | null
    }
  | {
      readonly kind: 'set_admin'
      readonly admin: string
      readonly newAdmin: string
      readonly asset: string | null
    }
  /** Of every transaction, by the native asset's contract. Negative: given back. */
  | { readonly kind: 'fee'; readonly from: string; readonly amount: string }

interface Parts {
  /** Addresses among the topics after the name, in their order. */
  readonly addresses: readonly string[]
  readonly asset: string | null
  readonly value: Decoded
}

const MUXED: Readonly<Record<string, MuxedId['kind']>> = {
  scvU64: 'u64',
  scvString: 'string',
  scvBytes: 'bytes',
}

const textOf = (decoded: Decoded | undefined, type: string): string | null =>
  decoded?.type === type && typeof decoded.plain === 'string' ? decoded.plain : null

function amountOf({ value }: Parts): string | null {
  return textOf(value, 'scvI128') ?? textOf(value.fields?.['amount'], 'scvI128')
}

function muxedOf({ value }: Parts): MuxedId | null {
  const given = value.fields?.['to_muxed_id']
  const kind = given === undefined ? undefined : MUXED[given.type]
  if (given === undefined || kind === undefined) return null
  const { plain } = given
  if (typeof plain === 'string') return { kind, value: plain }
  // A text that is no UTF-8 comes as bytes, whatever its kind.
  const hex = typeof plain === 'object' && plain !== null ? Reflect.get(plain, 'hex') : undefined
  return typeof hex === 'string' ? { kind: 'bytes', value: hex } : null
}

/** With an admin before it, a holder is the second address: the form before protocol 23. */
function holderOf({ addresses }: Parts): { readonly holder: string; readonly admin: string | null } | null {
  const [first, second] = addresses
  if (first === undefined || addresses.length > 2) return null
  return second === undefined ? { holder: first, admin: null } : { holder: second, admin: first }
}

function taken(kind: 'burn' | 'clawback', parts: Parts): TokenEvent | null {
  const amount = amountOf(parts)
  const who = holderOf(parts)
  if (amount === null || who === null || (kind === 'burn' && who.admin !== null)) return null
  return { kind, from: who.holder, amount, asset: parts.asset, admin: who.admin }
}

const READERS: Readonly<Record<TokenEvent['kind'], (parts: Parts) => TokenEvent | null>> = {
  transfer: (parts) => {
    const [from, to, more] = parts.addresses
    const amount = amountOf(parts)
    if (from === undefined || to === undefined || more !== undefined || amount === null) return null
    return { kind: 'transfer', from, to, amount, asset: parts.asset, toMuxedId: muxedOf(parts) }
  },
  mint: (parts) => {
    const amount = amountOf(parts)
    const who = holderOf(parts)
    if (amount === null || who === null) return null
    const { holder: to, admin } = who
    return { kind: 'mint', to, amount, asset: parts.asset, toMuxedId: muxedOf(parts), admin }
  },
  burn: (parts) => taken('burn', parts),
  clawback: (parts) => taken('clawback', parts),
  approve: ({ addresses: [from, spender, more], asset, value }) => {
    const amount = textOf(value.items?.[0], 'scvI128')
    const liveUntilLedger = textOf(value.items?.[1], 'scvU32')
    if (from === undefined || spender === undefined || more !== undefined) return null
    if (amount === null || liveUntilLedger === null) return null
    return { kind: 'approve', from, spender, amount, liveUntilLedger, asset }
  },
  set_authorized: (parts) => {
    const who = holderOf(parts)
    const { plain } = parts.value
    if (who === null || typeof plain !== 'boolean') return null
    return { kind: 'set_authorized', holder: who.holder, isAuthorized: plain, asset: parts.asset }
  },
  set_admin: ({ addresses: [admin, more], asset, value }) => {
    const newAdmin = textOf(value, 'scvAddress')
    if (admin === undefined || more !== undefined || newAdmin === null) return null
    return { kind: 'set_admin', admin, newAdmin, asset }
  },
  fee: ({ addresses: [from, more], asset, value }) => {
    const amount = textOf(value, 'scvI128')
    if (from === undefined || more !== undefined || asset !== null || amount === null) return null
    return { kind: 'fee', from, amount }
  },
}

/** The event in the form of a token, or null where it has another form, whatever its name says. */
export function readTokenEvent(
  name: string | null,
  { topics, value }: { readonly topics: readonly Decoded[]; readonly value: Decoded },
): TokenEvent | null {
  if (name === null || !Object.hasOwn(READERS, name)) return null
  const rest = topics.slice(1)
  const isAsset = rest.at(-1)?.type === 'scvString'
  const asset = isAsset ? textOf(rest.at(-1), 'scvString') : null
  const addresses = (isAsset ? rest.slice(0, -1) : rest).map((topic) => textOf(topic, 'scvAddress'))
  if (isAsset && asset === null) return null
  const known = addresses.filter((address) => address !== null)
  if (known.length !== addresses.length) return null
  return READERS[name as TokenEvent['kind']]({ addresses: known, asset, value })
}
