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
  readonly toleranceMs: number
  readonly settings: Pick<Settings, 'webhook' | 'account'>
}

/** The signature first, then its age, and only then what the bytes say. */
function check(delivery: RawDelivery, { keys, toleranceMs, settings }: Checking): Verdict {
  const { body } = delivery
  if (delivery.method !== 'POST' || body.byteLength > MAX_BODY_BYTES) return rejected('malformed')
  const signature = parseSignature(delivery.headers['stripe-signature'])
  if (signature === null || !isSigned(signature, { keys, body })) return rejected('bad_signature')
  const receivedAt = delivery.receivedAt.getTime()
  const ageMs = receivedAt - (receivedAt % 1_000) - signature.seconds * 1_000
  // Stripe's own package takes any time ahead; a delivery kept for later could then be replayed for as long.
  if (!(Math.abs(ageMs) <= toleranceMs)) return rejected('stale')
  const envelope = readEnvelope(body)
  if (envelope === null) return rejected('malformed')
  const { webhook, account } = settings
  if (webhook.payload !== 'both' && webhook.payload !== envelope.payload) return rejected('malformed')
  if (envelope.livemode !== webhook.livemode || envelope.account !== (account ?? null))
    return rejected('foreign')
  const { id, type, subject } = envelope
  return subject === null
    ? { kind: 'authentic', deliveryId: id, topic: type }
    : { kind: 'authentic', deliveryId: id, topic: type, subject }
}

/** The verifier for these settings. The parts of the keys that depend on the secrets alone are computed here, once. */
export function createVerify(
  settings: Pick<Settings, 'webhook' | 'account'>,
): (delivery: RawDelivery) => Verdict {
  const { secrets, toleranceSeconds } = settings.webhook
  const keys = secrets.map((secret) => createHmacKey('sha256', reveal(secret)))
  const checking: Checking = { keys, toleranceMs: toleranceSeconds * 1_000, settings }
  return (delivery) => check(delivery, checking)
}
