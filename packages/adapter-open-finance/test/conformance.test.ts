import type { RawDelivery } from '@lastro/core/spec'
import { registerCases, type WebhookWorld, webhookCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import { bytes, delivery, PATHS, SUBJECT, setUp } from './setup.ts'

/** An institution whose resource changes every second, and which calls again with a new interaction id. */
function createWorld(topic: string): WebhookWorld {
  const { webhooks } = setUp()
  let second = 0
  let attempt = 0
  const deliver = (body: Uint8Array): RawDelivery => {
    attempt += 1
    return delivery(topic, {
      body,
      headers: { 'x-webhook-interaction-id': `attempt-${attempt}` },
      receivedAt: new Date(Date.UTC(2026, 7, 1, 15, 4) + attempt * 10_000),
    })
  }
  const peer = (certificateSubject: string) => ({ certificateVerified: true, certificateSubject })
  return {
    source: webhooks,
    proof: 'sender',
    news() {
      second += 1
      const timestamp = new Date(Date.UTC(2026, 7, 1, 15, 3, second)).toISOString().replace('.000', '')
      return bytes({ data: { timestamp } })
    },
    deliver,
    forge(body) {
      const { peer: _peer, ...bare } = deliver(body)
      return [
        { what: 'no word of a certificate', delivery: bare },
        {
          what: 'a certificate without a verdict',
          delivery: { ...bare, peer: { certificateSubject: SUBJECT } },
        },
        {
          what: 'the right name, unverified',
          delivery: { ...bare, peer: { certificateVerified: false, certificateSubject: SUBJECT } },
        },
        { what: 'no subject', delivery: { ...bare, peer: { certificateVerified: true } } },
        {
          what: 'another organisation',
          delivery: { ...bare, peer: peer(SUBJECT.replace('6f1b2c3d', 'ffffffff')) },
        },
      ]
    },
    malformed: [
      '{"data":{"timestamp":"2026',
      '{}',
      '[]',
      'null',
      '{"data":{}}',
      '{"data":{"timestamp":"yesterday"}}',
      '{"data":{"timestamp":"2026-08-01T15:03:08"}}',
      '{"timestamp":"2026-08-01T15:03:08Z"}',
    ].map(bytes),
  }
}

describe.each(Object.keys(PATHS))('webhooks, %s', (topic) => {
  registerCases(it, { cases: webhookCases, createWorld: () => createWorld(topic) })
})
