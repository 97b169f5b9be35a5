import { sha256Hex } from '@lastro/adapter-kit'
import type { ProviderEvent, RawDelivery, StoredDelivery, Verdict, WebhookSource } from '@lastro/core/spec'
import { readDelivery } from './delivery.ts'
import { EVENT_TYPES } from './event-types.ts'
import { lookUp } from './look-up.ts'
import type { Settings } from './options.ts'
import type { Teller } from './tell.ts'

/** What the webhooks of this adapter can do: there is nothing to register at Pi. */
export type PiWebhooks = Omit<WebhookSource, 'lookUp'> & Required<Pick<WebhookSource, 'lookUp'>>

const MAX_BODY_BYTES = 16_384
const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES.map(({ type }) => type))

/**
 * Without secrets whoever knows the address may write, so the id is the digest of the whole body: an id of the sender's
 * choice would let a stranger take the place of true news before it comes.
 */
function verify(delivery: RawDelivery, { verifier }: Pick<Settings, 'verifier'>): Verdict {
  const { method, body, headers } = delivery
  if (method !== 'POST' || body.byteLength > MAX_BODY_BYTES) return { kind: 'rejected', reason: 'malformed' }
  const signature = verifier?.check(delivery) ?? 'valid'
  if (signature !== 'valid') return { kind: 'rejected', reason: signature }
  const read = readDelivery(body)
  if (read === null) return { kind: 'rejected', reason: 'malformed' }
  const facts = { topic: read.type, subject: read.paymentId }
  return verifier === null
    ? { kind: 'unproven', deliveryId: `sha256:${sha256Hex(body)}`, ...facts }
    : { kind: 'authentic', deliveryId: headers['webhook-id'] ?? '', ...facts }
}

/** Never more than a hint: what a delivery tells of a payment is not read at all. */
function translate({ body, topic }: StoredDelivery): readonly ProviderEvent[] {
  const read = readDelivery(body)
  if (read === null)
    return [{ kind: 'unrecognised', topic, detail: 'the body has no type and payment_id of our contract.' }]
  const { type, paymentId } = read
  if (KNOWN.has(type)) return [{ kind: 'hint', topic: type, ref: paymentId }]
  const detail = 'this event type is not in the table of the source.'
  return [{ kind: 'unrecognised', topic: type, detail, providerRef: paymentId }]
}

/** News by the project's own contract. The truth is always read from Pi. */
export function createWebhooks(settings: Settings, teller: Teller): PiWebhooks {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: EVENT_TYPES,
    verify: async (delivery) => verify(delivery, settings),
    translate,
    lookUp: (event, options) => lookUp(teller, event, options),
  }
}
