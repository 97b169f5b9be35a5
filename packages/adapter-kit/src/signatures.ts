import { createHash, createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto'

/** Hash functions that providers sign with. */
export type HmacHash = 'sha256' | 'sha384' | 'sha512'

/** The HMAC of the data, as bytes. */
export function hmac(
  hash: HmacHash,
  secret: { readonly key: string | Uint8Array; readonly data: Uint8Array | string },
): Uint8Array {
  return createHmac(hash, secret.key).update(secret.data).digest()
}

/** The HMAC of the data, in lower-case hexadecimal. */
export function hmacHex(
  hash: HmacHash,
  secret: { readonly key: string | Uint8Array; readonly data: Uint8Array | string },
): string {
  return Buffer.from(hmac(hash, secret)).toString('hex')
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex')
}

/** By way of a text: to have the one-shot hash make the buffer takes twice as long. */
const digest = (data: Uint8Array | string): Buffer => Buffer.from(hash('sha256', data, 'binary'), 'latin1')

/**
 * True when both are the same bytes. The time taken does not depend on where they differ, nor on how long the other
 * one is: digests of equal length are compared.
 */
export function equalsConstantTime(left: Uint8Array | string, right: Uint8Array | string): boolean {
  return timingSafeEqual(digest(left), digest(right))
}

/** True when the text equals one of the secrets. Every secret is compared, so the time does not tell which. */
export function equalsAnyConstantTime(text: string, secrets: readonly string[]): boolean {
  const given = digest(text)
  let isEqual = false
  for (const secret of secrets) isEqual = timingSafeEqual(given, digest(secret)) || isEqual
  return isEqual
}

/** An HMAC key that is used again and again: what depends on the key alone is computed once. */
export interface HmacKey {
  /**
   * The HMAC of `prefix` (ASCII) and then `data`, in lower-case hexadecimal. The bytes are the same as of `hmacHex`
   * over both in one.
   */
  hex(prefix: string, data: Uint8Array): string
  /** The same in base64. */
  base64(prefix: string, data: Uint8Array): string
}

/** Larger messages go through a stream, where the cost of starting one no longer shows. */
const MAX_AT_ONCE = 16_384
const BLOCK_BYTES: Readonly<Record<HmacHash, number>> = { sha256: 64, sha384: 128, sha512: 128 }
const DIGEST_BYTES: Readonly<Record<HmacHash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/**
 * An HMAC key made ready (RFC 2104: the hash of the outer pad and of the hash of the inner pad and the message). With
 * the pads at hand an HMAC is two calls of a one-shot hash, which takes about half the time of `createHmac` with a
 * `KeyObject` for messages of 1 KB: starting the stream is what costs there.
 */
export function createHmacKey(algorithm: HmacHash, key: string | Uint8Array): HmacKey {
  const block = BLOCK_BYTES[algorithm]
  const given = typeof key === 'string' ? Buffer.from(key) : Buffer.from(key)
  const short = given.length > block ? createHash(algorithm).update(given).digest() : given
  const padded = Buffer.alloc(block)
  short.copy(padded)
  const inner = Buffer.alloc(block + MAX_AT_ONCE)
  const outer = Buffer.alloc(block + DIGEST_BYTES[algorithm])
  for (let at = 0; at < block; at++) {
    inner[at] = (padded[at] ?? 0) ^ 0x36
    outer[at] = (padded[at] ?? 0) ^ 0x5c
  }
  const keyObject = createSecretKey(given)
  const mac = (prefix: string, data: Uint8Array, encoding: 'hex' | 'base64'): string => {
    const size = prefix.length + data.byteLength
    if (size > MAX_AT_ONCE)
      return createHmac(algorithm, keyObject).update(prefix, 'latin1').update(data).digest(encoding)
    inner.write(prefix, block, 'latin1')
    inner.set(data, block + prefix.length)
    outer.write(hash(algorithm, inner.subarray(0, block + size), 'binary'), block, 'latin1')
    return hash(algorithm, outer, encoding)
  }
  return {
    hex: (prefix, data) => mac(prefix, data, 'hex'),
    base64: (prefix, data) => mac(prefix, data, 'base64'),
  }
}

/**
 * True when the wanted text, a MAC in hexadecimal say, stands in the other one at this place. Allocates nothing: what is
 * compared needs not be cut out of its header. Every sign is compared, whatever the others were, so the time depends on
 * the lengths alone, which of a MAC are no secret.
 */
export function equalsTextAt(wanted: string, given: { readonly text: string; readonly at: number }): boolean {
  const { text, at } = given
  if (text.length < at + wanted.length) return false
  let difference = 0
  for (let index = 0; index < wanted.length; index++)
    difference |= wanted.charCodeAt(index) ^ text.charCodeAt(at + index)
  return difference === 0
}
