import { describe, expect, it } from 'vitest'
import { type StripeWebhookOptions, stripe } from '../src/index.ts'
import { bytes, optionsFor } from './setup.ts'
import recorded from './vectors/stripe.json' with { type: 'json' }

/** Where this adapter is stricter than the package that the vectors were recorded from, and how. */
const STRICTER: Readonly<Record<string, 'stale' | 'misconfigured'>> = {
  'valid-future-3600': 'stale',
  'valid-tolerance-0-disables-age-check': 'misconfigured',
}

/** Secrets that no source is made with. */
const BAD_SECRETS: readonly string[] = [
  'invalid-empty-secret',
  'invalid-whitespace-secret',
  'invalid-secret-trailing-newline',
]

const PAYLOADS: Readonly<Record<string, StripeWebhookOptions['payload']>> = {
  constructEvent: 'snapshot',
  parseEventNotification: 'thin',
}

describe('recorded vectors', () => {
  it.each(recorded.vectors)('$id', async (vector) => {
    const { id, secret, payload, header, now, tolerance_seconds, expect: wanted, method } = vector
    const make = () =>
      stripe(
        optionsFor({
          apiKey: 'sk_test_vector',
          webhook: {
            secrets: [secret],
            toleranceSeconds: tolerance_seconds,
            payload: PAYLOADS[method] ?? 'both',
          },
        }),
      ).webhooks
    if (BAD_SECRETS.includes(id) || STRICTER[id] === 'misconfigured') {
      expect(make).toThrow(/^stripe: options\.webhook\.(secrets\[0\]|toleranceSeconds): must be/)
      return
    }
    const verdict = await make().verify({
      method: 'POST',
      url: '/webhooks/stripe',
      headers: { 'stripe-signature': header },
      body: bytes(payload),
      receivedAt: new Date(now * 1_000),
    })
    if (!wanted.ok || id in STRICTER) expect(verdict.kind).toBe('rejected')
    else
      expect(verdict).toMatchObject({
        kind: 'authentic',
        deliveryId: wanted.event_id,
        topic: wanted.event_type,
      })
    if (id in STRICTER) expect(verdict).toEqual({ kind: 'rejected', reason: STRICTER[id] })
  })

  it('were all there', () => {
    expect(recorded.vectors).toHaveLength(31)
  })
})
