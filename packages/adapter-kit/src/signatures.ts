import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

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
  return createHash('sha256').update(data).digest('hex')
}

const digest = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()

/**
 * True when both are the same bytes. The time taken does not depend on where they differ, nor on how long the other
 * one is: digests of equal length are compared.
 */
export function equalsConstantTime(left: Uint8Array | string, right: Uint8Array | string): boolean {
  return timingSafeEqual(digest(left), digest(right))
}

/** True when the text equals one of the secrets. Every secret is compared, so the time does not tell which. */
export function equalsAnyConstantTime(text: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => equalsConstantTime(text, secret)).some((isEqual) => isEqual)
}
