import { createHmac, createPublicKey, createSecretKey, type KeyObject, verify } from 'node:crypto'
import { ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'

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
const DIGEST_TEXT = 44
/** Behind `v1,`. */
const PLACE = { at: 3 } as const

interface Keys {
  readonly shared: readonly KeyObject[]
  readonly publics: readonly KeyObject[]
  /** The one key, where there is only one. */
  readonly only: KeyObject | null
}

/**
 * True when a digest's text stands in `texts` from `at` on, to its end. Every character is looked at, so the time does
 * not tell where they differ; the length of a digest is no secret. Texts, because turning a digest into bytes and two
 * copies of it for `timingSafeEqual` cost a fifth of the whole verification.
 */
function equalsFrom(digest: string, text: string, { at }: { readonly at: number }): boolean {
  if (text.length !== at + DIGEST_TEXT || digest.length !== DIGEST_TEXT) return false
  let difference = 0
  for (let index = 0; index < DIGEST_TEXT; index += 1)
    difference |= digest.charCodeAt(index) ^ text.charCodeAt(at + index)
  return difference === 0
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
      const idEnd = writeId(id)
      if (seconds < 0 || idEnd < 0) return 'malformed'
      // Whole seconds on both sides, as the reference libraries count.
      if (Math.abs(Math.floor(receivedAt.getTime() / 1_000) - seconds) * 1_000 > toleranceMs) return 'stale'
      const content = contentOf(body, { timestamp, from: idEnd })
      return isSigned(keys, content, { text: signatures }) ? 'valid' : 'bad_signature'
    },
  }
}

/** The bytes that are signed: id, dot, timestamp, dot, body. Valid until the next delivery is checked. */
const scratch = new Uint8Array(16_384)
const MAX_ID = 256
const DOT = 0x2e

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

/** Writes the id and its dot to the front of `scratch`. Answers the place behind, or -1 for what no id is made of. */
function writeId(id: string): number {
  const { length } = id
  if (length === 0 || length > MAX_ID) return -1
  for (let at = 0; at < length; at += 1) {
    const code = id.charCodeAt(at)
    if (code < 0x21 || code > 0x7e) return -1
    scratch[at] = code
  }
  scratch[length] = DOT
  return length + 1
}

/**
 * Puts the signed text together. In one piece and in a buffer that is there already, it is hashed a tenth faster than
 * in parts; nothing here waits, so no two deliveries meet in it.
 */
function contentOf(
  body: Uint8Array,
  head: { readonly timestamp: string; readonly from: number },
): Uint8Array {
  const { timestamp, from } = head
  let end = from
  for (let at = 0; at < timestamp.length; at += 1) scratch[end++] = timestamp.charCodeAt(at)
  scratch[end++] = DOT
  const size = end + body.byteLength
  if (size > scratch.length) return Buffer.concat([scratch.subarray(0, end), body])
  scratch.set(body, end)
  return scratch.subarray(0, size)
}

/** True when one of the signatures is by one of the keys. Versions that are not known are passed over. */
function isSigned(keys: Keys, content: Uint8Array, { text }: { readonly text: string }): boolean {
  // One shared key and one signature is what almost every delivery has: it is checked without making a list.
  if (keys.only !== null && text.length === DIGEST_TEXT + 3 && text.startsWith('v1,'))
    return equalsFrom(macOf(keys.only, content), text, PLACE)
  const list = text.split(' ')
  if (list.length > MAX_SIGNATURES) return false
  const symmetric = list.filter((item) => item.startsWith('v1,'))
  if (symmetric.length > 0) {
    for (const key of keys.shared) {
      const mac = macOf(key, content)
      if (symmetric.some((item) => equalsFrom(mac, item, PLACE))) return true
    }
  }
  return keys.publics.length > 0 && isSignedByPublicKey(keys, content, list)
}

function macOf(key: KeyObject, content: Uint8Array): string {
  return createHmac('sha256', key).update(content).digest('base64')
}

function isSignedByPublicKey(keys: Keys, content: Uint8Array, list: readonly string[]): boolean {
  const asymmetric = list.filter((item) => item.startsWith('v1a,')).map((item) => item.slice(4))
  const signatures = asymmetric.filter((text) => BASE64.test(text) && text.length === 88)
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
  const shared: KeyObject[] = []
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

function sharedKey(text: string, fail: (rule: string) => ProviderError): KeyObject {
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  if (bytes.length < KEY_BYTES.min || bytes.length > KEY_BYTES.max)
    throw fail(`must be whsec_ and the base64 of ${KEY_BYTES.min} to ${KEY_BYTES.max} bytes`)
  return createSecretKey(bytes)
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
