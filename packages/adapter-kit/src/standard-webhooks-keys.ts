import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { createHmacKey, equalsTextAt, type HmacKey } from './signatures.ts'

/**
 * What one delivery's signature came to. `stale` and `malformed` speak of its timestamp; `bad_signature` also of
 * headers that are missing.
 */
export type StandardSignature = 'valid' | 'bad_signature' | 'stale' | 'malformed'

/** The parts of a delivery that are signed or sign. */
export interface SignedParts {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The bytes as received. */
  readonly body: Uint8Array
  readonly receivedAt: Date
}

/** Checks signatures by Standard Webhooks 1.0.0, with keys that were read once. */
export interface StandardVerifier {
  check(delivery: SignedParts): StandardSignature
}

/** How signatures are checked. */
export interface StandardVerifierOptions {
  /** The provider's name in errors. */
  readonly provider: string
  /**
   * Every secret that is active: `whsec_…` (shared, 24 to 64 bytes; the prefix may be missing) and `whpk_…` (the
   * sender's ed25519 public key). During a rotation, both the old and the new one.
   */
  readonly secrets: readonly (string | Secret)[]
  /** How far the sender's time may be from ours, before and after. Default 300 s, as in the reference libraries. */
  readonly toleranceMs?: number
}

/** The specification, section "Signature scheme": 24 to 64 bytes. */
const KEY_BYTES = { min: 24, max: 64 }
const PUBLIC_KEY_BYTES = 32
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const DEFAULT_TOLERANCE_MS = 300_000
/** A sender in the middle of a rotation signs twice; work for more than this is work for an attacker. */
const MAX_SIGNATURES = 16
/** Behind `v1,` stands a digest in base64. */
const DIGEST_AT = 3
const DIGEST_ITEM = DIGEST_AT + 44
/** An id as senders make it: printable, without a space. */
const ID = /^[\x21-\x7e]{1,256}$/

interface Keys {
  readonly shared: readonly HmacKey[]
  readonly publics: readonly KeyObject[]
  /** The one key, where there is only one. */
  readonly only: HmacKey | null
}

/** What is signed: the head, which is id, dot, timestamp and dot, and the body. */
interface Signed {
  readonly head: string
  readonly body: Uint8Array
  /** The header of signatures. */
  readonly text: string
}

/**
 * Makes a verifier.
 * @throws ProviderError `misconfigured` naming the option: no secret, or one that is none.
 */
export function standardVerifier(options: StandardVerifierOptions): StandardVerifier {
  const { toleranceMs = DEFAULT_TOLERANCE_MS } = options
  const keys = readKeys(options)
  if (!Number.isInteger(toleranceMs) || toleranceMs < 1_000 || toleranceMs > 3_600_000)
    throw misconfigured(options.provider, 'toleranceMs: must be whole, from 1000 to 3600000')
  return {
    check({ headers, body, receivedAt }) {
      const id = headers['webhook-id']
      const timestamp = headers['webhook-timestamp']
      const signatures = headers['webhook-signature']
      if (id === undefined || timestamp === undefined || signatures === undefined) return 'bad_signature'
      const seconds = secondsOf(timestamp)
      if (seconds < 0 || !ID.test(id)) return 'malformed'
      // Whole seconds on both sides, as the reference libraries count.
      if (Math.abs(Math.floor(receivedAt.getTime() / 1_000) - seconds) * 1_000 > toleranceMs) return 'stale'
      const signed = { head: `${id}.${timestamp}.`, body, text: signatures }
      return isSigned(keys, signed) ? 'valid' : 'bad_signature'
    },
  }
}

/** The whole number that the text is, or -1: at most 12 digits and nothing else, unlike the reference libraries. */
function secondsOf(text: string): number {
  if (text.length === 0 || text.length > 12) return -1
  let seconds = 0
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    seconds = seconds * 10 + digit
  }
  return seconds
}

/** True when one of the signatures is by one of the keys. Versions that are not known are passed over. */
function isSigned(keys: Keys, signed: Signed): boolean {
  const { head, body, text } = signed
  // One shared key and one signature is what almost every delivery has: it is checked without making a list.
  if (keys.only !== null && text.length === DIGEST_ITEM)
    return text.startsWith('v1,') && equalsTextAt(keys.only.base64(head, body), { text, at: DIGEST_AT })
  const list = text.split(' ')
  if (list.length > MAX_SIGNATURES) return false
  if (keys.shared.some((key) => isSignedBy(key, signed, list))) return true
  return keys.publics.length > 0 && isSignedByPublicKey(keys, signed, list)
}

/** Digests are compared as texts: to make bytes of the sender's one costs a tenth of the whole verification. */
function isSignedBy(key: HmacKey, { head, body }: Signed, list: readonly string[]): boolean {
  let wanted = ''
  for (const item of list) {
    if (item.length !== DIGEST_ITEM || !item.startsWith('v1,')) continue
    wanted ||= key.base64(head, body)
    if (equalsTextAt(wanted, { text: item, at: DIGEST_AT })) return true
  }
  return false
}

function isSignedByPublicKey(keys: Keys, { head, body }: Signed, list: readonly string[]): boolean {
  const asymmetric = list.filter((item) => item.startsWith('v1a,')).map((item) => item.slice(4))
  const signatures = asymmetric.filter((text) => BASE64.test(text) && text.length === 88)
  if (signatures.length === 0) return false
  const content = Buffer.concat([Buffer.from(head, 'latin1'), body])
  return keys.publics.some((key) =>
    signatures.some((text) => verify(null, content, key, Buffer.from(text, 'base64'))),
  )
}

function readKeys({ provider, secrets }: StandardVerifierOptions): Keys {
  if (!Array.isArray(secrets) || secrets.length === 0)
    throw misconfigured(
      provider,
      'secrets: at least one is needed; deliveries that prove nothing are not taken',
    )
  const shared: HmacKey[] = []
  const publics: KeyObject[] = []
  for (const [index, one] of secrets.entries()) {
    const text = reveal(secret(one))
    const fail = (rule: string) => misconfigured(provider, `secrets[${index}]: ${rule}`)
    if (text.startsWith('whsk_'))
      throw fail('is a private key, which only the sender holds: give its whpk_ key')
    if (text.startsWith('whpk_')) publics.push(publicKey(text.slice(5), fail))
    else shared.push(sharedKey(text.startsWith('whsec_') ? text.slice(6) : text, fail))
  }
  const [first = null] = shared
  return { shared, publics, only: secrets.length === 1 ? first : null }
}

function sharedKey(text: string, fail: (rule: string) => ProviderError): HmacKey {
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  if (bytes.length < KEY_BYTES.min || bytes.length > KEY_BYTES.max)
    throw fail(`must be whsec_ and the base64 of ${KEY_BYTES.min} to ${KEY_BYTES.max} bytes`)
  return createHmacKey('sha256', bytes)
}

function publicKey(text: string, fail: (rule: string) => ProviderError): KeyObject {
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  if (bytes.length !== PUBLIC_KEY_BYTES) throw fail('must be whpk_ and the base64 of 32 bytes')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw fail('is no ed25519 public key')
  }
}

/** The error of an option that cannot be used. The value is never in it. */
export function misconfigured(provider: string, message: string): ProviderError {
  return new ProviderError({ provider, kind: 'misconfigured', message })
}
