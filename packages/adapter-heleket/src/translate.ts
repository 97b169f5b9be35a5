import type { ProviderEvent, StoredDelivery } from '@lastro/core/spec'
import { envelopeOf, flagAt, readBody, textAt } from './body.ts'
import { isKnownType } from './event-types.ts'

/**
 * What a delivery tells, in our words: never more than a hint. The signature is weak and carries no time, so Heleket is
 * asked before anything moves. Pure, and it never throws.
 */
export function translate(delivery: StoredDelivery): readonly ProviderEvent[] {
  const body = readBody(delivery.body)
  const envelope = body && envelopeOf(body)
  if (body === null || envelope === null)
    return [
      {
        kind: 'unrecognised',
        topic: delivery.topic,
        detail: 'the body is no JSON object with type, uuid and status.',
      },
    ]
  const { topic, uuid, status } = envelope
  if (!isKnownType(topic))
    return [
      { kind: 'unrecognised', topic, detail: 'Heleket does not document this status.', providerRef: uuid },
    ]
  const facts = {
    status,
    isFinal: flagAt(body, 'is_final'),
    orderId: textAt(body, 'order_id'),
    txid: textAt(body, 'txid'),
  }
  return [{ kind: 'hint', topic, ref: uuid, facts }]
}
