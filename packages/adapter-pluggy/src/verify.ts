import { equalsAnyConstantTime, hmac } from '@lastro/adapter-kit'
import { type RawDelivery, type RejectReason, reveal, type Verdict } from '@lastro/core/spec'
import { idAt, readEnvelope } from './body.ts'
import { ruleOf } from './events.ts'
import type { Settings } from './options.ts'

/** Far above the 400 ids of `transactions/updated`; Pluggy states no limit. */
export const MAX_BODY_BYTES = 1_048_576

type Webhook = Settings['webhook']

const rejected = (reason: RejectReason): Verdict => ({ kind: 'rejected', reason })

function isAllowed({ peer }: RawDelivery, { allowedAddresses }: Webhook): boolean {
  if (allowedAddresses.length === 0) return true
  // An IPv4 caller on a socket that speaks both shows as ::ffff:a.b.c.d.
  const address = (peer?.address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  return allowedAddresses.includes(address)
}

function hasSecret({ headers }: RawDelivery, { header, secrets }: Webhook): boolean {
  const given = headers[header]
  return given !== undefined && equalsAnyConstantTime(given, secrets.map(reveal))
}

/** UNCONFIRMED: every part of the scheme is the host's word. */
function isSigned(delivery: RawDelivery, settings: NonNullable<Webhook['hmac']>): boolean {
  const given = delivery.headers[settings.header]
  if (given?.startsWith(settings.prefix) !== true) return false
  try {
    const data = settings.payload === undefined ? delivery.body : settings.payload(delivery)
    const wanted = settings.secrets.map((key) =>
      Buffer.from(hmac(settings.algorithm, { key: reveal(key), data })).toString(settings.encoding),
    )
    return equalsAnyConstantTime(given.slice(settings.prefix.length), wanted)
  } catch {
    return false
  }
}

/**
 * Who sent a delivery: Pluggy signs nothing by default, so it is the secret in the header that proves it, and the bytes
 * are read only after that. A missing or wrong secret is `bad_signature`, which answers 401 and is never sent again.
 */
export function verify(delivery: RawDelivery, settings: Settings): Verdict {
  const { webhook } = settings
  if (!isAllowed(delivery, webhook)) return rejected('foreign')
  if (!hasSecret(delivery, webhook)) return rejected('bad_signature')
  if (delivery.method !== 'POST' || delivery.body.byteLength > MAX_BODY_BYTES) return rejected('malformed')
  if (webhook.hmac !== undefined && !isSigned(delivery, webhook.hmac)) return rejected('bad_signature')
  const envelope = readEnvelope(delivery.body)
  if (envelope === null) return rejected('malformed')
  const { clientId, event, eventId, fields } = envelope
  if (clientId !== null && clientId.toLowerCase() !== settings.clientId.toLowerCase())
    return rejected('foreign')
  const subject = idAt(fields, ruleOf(event)?.family.subject ?? [])
  return {
    kind: 'authentic',
    // One value for every endpoint and every repetition: Pluggy's own key against duplicates.
    deliveryId: eventId,
    topic: event,
    ...(subject === null ? {} : { subject }),
  }
}
