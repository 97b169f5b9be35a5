import { createHmacKey, type HmacKey } from '@lastro/adapter-kit'
import { type RawDelivery, type RejectReason, reveal, type Verdict } from '@lastro/core/spec'
import { readEnvelope } from './envelope.ts'
import type { Settings } from './options.ts'
import { isSigned, parseSignature } from './signature.ts'

/** Stripe names no limit. Its largest events are invoices with many lines; one event tells ten of them. */
export const MAX_BODY_BYTES = 1_048_576

const rejected = (reason: RejectReason): Verdict => ({ kind: 'rejected', reason })

interface Checking {
  readonly keys: readonly HmacKey[]
  readonly settings: Pick<Settings, 'webhook' | 'account'>
}

/** The signature first, then its age, and only then what the bytes say. */
function check(delivery: RawDelivery, { keys, settings }: Checking): Verdict {
  const { body } = delivery
  const { webhook, account } = settings
  if (delivery.method !== 'POST' || body.byteLength > MAX_BODY_BYTES) return rejected('malformed')
  const signature = parseSignature(delivery.headers['stripe-signature'])
  if (signature === null || !isSigned(signature, { keys, body })) return rejected('bad_signature')
  const ageSeconds = Math.floor(delivery.receivedAt.getTime() / 1_000) - signature.seconds
  // Stripe's own package takes any time ahead; a delivery kept for later could then be replayed for as long.
  if (!(Math.abs(ageSeconds) <= webhook.toleranceSeconds)) return rejected('stale')
  const envelope = readEnvelope(body)
  if (envelope === null) return rejected('malformed')
  if (webhook.payload !== 'both' && webhook.payload !== envelope.payload) return rejected('malformed')
  if (envelope.livemode !== webhook.livemode || envelope.account !== (account ?? null))
    return rejected('foreign')
  const { id, type, subject, event } = envelope
  return subject === null
    ? { kind: 'authentic', deliveryId: id, topic: type, payload: event }
    : { kind: 'authentic', deliveryId: id, topic: type, subject, payload: event }
}

/** The verifier for these settings. The parts of the keys that depend on the secrets alone are computed here, once. */
export function createVerify(
  settings: Pick<Settings, 'webhook' | 'account'>,
): (delivery: RawDelivery) => Verdict {
  const keys = settings.webhook.secrets.map((secret) => createHmacKey('sha256', reveal(secret)))
  const checking: Checking = { keys, settings }
  return (delivery) => check(delivery, checking)
}
