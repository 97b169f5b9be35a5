import { equalsAnyConstantTime, sha256Hex } from '@lastro/adapter-kit'
import type { RawDelivery, RejectReason, Verdict } from '@lastro/core/spec'
import {
  type Body,
  type Envelope,
  envelopeOf,
  familyOf,
  flagAt,
  readBody,
  SIGNED_FORMS,
  signOf,
  textAt,
} from './body.ts'
import type { Settings } from './options.ts'
import { signatureOf } from './signature.ts'

/** A body has about 1 KB: `additional_data` is at most 255 characters. */
export const MAX_BODY_BYTES = 65_536

const rejected = (reason: RejectReason): Verdict => ({ kind: 'rejected', reason })

function isAllowed({ peer }: RawDelivery, { allowedAddresses }: Settings['webhook']): boolean {
  if (allowedAddresses.length === 0) return true
  // An IPv4 caller on a socket that speaks both shows as ::ffff:a.b.c.d.
  const address = (peer?.address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  return allowedAddresses.includes(address)
}

/** Both forms need the key, so that either is enough weakens nothing. */
function isSigned(body: Body, { sign, keys }: { sign: string; keys: Settings['paymentKeys'] }): boolean {
  return SIGNED_FORMS.some((form) => {
    const signed = form(body)
    return equalsAnyConstantTime(
      sign,
      keys.map((key) => signatureOf(signed, key)),
    )
  })
}

/**
 * Heleket names no delivery. One status of one object may be several pieces of news: top-ups of an underpaid invoice,
 * deposits on a static wallet. So the id is of everything that changes between them, and of nothing that a repetition
 * may write otherwise, such as the value in USD.
 */
function deliveryIdOf(body: Body, { topic, uuid }: Envelope): string {
  const told = [
    flagAt(body, 'is_final'),
    ...['txid', 'amount', 'payment_amount', 'merchant_amount'].map((name) => textAt(body, name)),
  ]
  return `${uuid}:${topic}:${sha256Hex(JSON.stringify(told)).slice(0, 32)}`
}

/**
 * Who sent a delivery: the address where it is checked, then the `sign` member, by the key of its type. A `type` that
 * nobody documented has no key.
 */
export function verify(delivery: RawDelivery, settings: Settings): Verdict {
  if (!isAllowed(delivery, settings.webhook)) return rejected('foreign')
  if (delivery.method !== 'POST' || delivery.body.byteLength > MAX_BODY_BYTES) return rejected('malformed')
  const body = readBody(delivery.body)
  if (body === null) return rejected('malformed')
  const sign = signOf(body)
  if (sign === null) return rejected('bad_signature')
  const family = familyOf(body)
  if (family === null) return rejected('malformed')
  const keys = family === 'payout' ? settings.payoutKeys : settings.paymentKeys
  if (!isSigned(body, { sign, keys })) return rejected('bad_signature')
  const envelope = envelopeOf(body)
  if (envelope === null) return rejected('malformed')
  const { topic, uuid } = envelope
  return { kind: 'authentic', deliveryId: deliveryIdOf(body, envelope), topic, subject: uuid }
}
