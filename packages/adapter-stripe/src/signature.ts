import { equalsTextAt, type HmacKey } from '@lastro/adapter-kit'

/** A `Stripe-Signature` header taken apart. */
interface Signature {
  /** Unix seconds, as written: they are part of what is signed. */
  readonly time: string
  readonly seconds: number
  readonly header: string
  /** Where in the header the digests of `v1` items stand, of those that have the length of one. */
  readonly digests: readonly number[]
}

/** Stripe sends one digest for each active secret, two while one is rolled. */
const MAX_DIGESTS = 8
const MAX_HEADER = 2_048
/** A SHA-256 in hexadecimal. What is no hexadecimal is no digest of ours either. */
const DIGEST_LENGTH = 64
const DIGEST_ITEM = 'v1='.length + DIGEST_LENGTH
/** Largest time, in digits: none that a number cannot hold. */
const MAX_TIME = 12

/** The time that is written here, or -1: no sign, no leading zero, the one way to write it. */
function secondsOf(time: string): number {
  if (time.length === 0 || time.length > MAX_TIME || time.charCodeAt(0) === 0x30) return -1
  let seconds = 0
  for (let at = 0; at < time.length; at++) {
    const digit = time.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    seconds = seconds * 10 + digit
  }
  return seconds
}

/**
 * Takes the header apart, or null when it has no time or no usable `v1`. Items are separated by a comma and nothing
 * else; of two times the last counts; `v0` and whatever else is there is passed over. As Stripe's own package reads it
 * (npm `stripe` 23.1.0, Webhooks), and stricter in what a time and a digest may look like.
 */
export function parseSignature(header: string | undefined): Signature | null {
  if (header === undefined || header.length > MAX_HEADER) return null
  let time = ''
  const digests: number[] = []
  for (let start = 0; start < header.length; ) {
    const comma = header.indexOf(',', start)
    const end = comma < 0 ? header.length : comma
    if (header.startsWith('t=', start)) time = header.slice(start + 2, end)
    else if (end - start === DIGEST_ITEM && header.startsWith('v1=', start)) {
      if (digests.push(start + 3) > MAX_DIGESTS) return null
    }
    start = end + 1
  }
  const seconds = secondsOf(time)
  return digests.length === 0 || seconds < 0 ? null : { time, seconds, header, digests }
}

/** True when one of the digests is right under one of the keys. Every pair is compared, whatever the others said. */
export function isSigned(
  signature: Signature,
  signed: { keys: readonly HmacKey[]; body: Uint8Array },
): boolean {
  const prefix = `${signature.time}.`
  let isRight = false
  for (const key of signed.keys) {
    const wanted = key.hex(prefix, signed.body)
    for (const at of signature.digests)
      isRight = equalsTextAt(wanted, { text: signature.header, at }) || isRight
  }
  return isRight
}
