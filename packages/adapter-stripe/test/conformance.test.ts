import type { RawDelivery } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { registerCases, type WebhookWorld, webhookCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import {
  bytes,
  deliveryOf,
  eventOf,
  headerFor,
  NOW,
  OTHER_SECRET,
  SECRET,
  sourceFor,
  thinOf,
} from './setup.ts'

const NEWS: Readonly<Record<'snapshot' | 'thin', (count: number) => unknown>> = {
  snapshot: (count) =>
    eventOf(
      'payment_intent.succeeded',
      { id: `pi_${count}`, object: 'payment_intent', amount: 1999, currency: 'usd', status: 'succeeded' },
      { id: `evt_${count}` },
    ),
  thin: (count) => ({ ...thinOf('v1.customer.subscription.updated'), id: `evt_${count}` }),
}

function createWorld(payload: 'snapshot' | 'thin', indent: number): WebhookWorld {
  const clock = manualClock(new Date(NOW * 1_000))
  let count = 0
  const seconds = () => Math.floor(clock.now().getTime() / 1_000)
  const signed = (body: Uint8Array, header?: string): RawDelivery => ({
    ...deliveryOf(body, { at: seconds(), ...(header === undefined ? {} : { header }) }),
    receivedAt: clock.now(),
  })
  const digest = (body: Uint8Array) => headerFor(body, { at: seconds() }).split('v1=')[1] ?? ''
  return {
    source: sourceFor({
      clock,
      apiKey: 'sk_test_world',
      webhook: { payload, secrets: [OTHER_SECRET, SECRET] },
    }),
    proof: 'body',
    news: () => {
      count += 1
      return bytes(JSON.stringify(NEWS[payload](count), null, indent))
    },
    deliver: async (body) => {
      await clock.advance(60_000)
      return signed(body)
    },
    forge: (body) => {
      const { 'stripe-signature': _, ...headers } = signed(body).headers
      const t = `t=${seconds()}`
      return [
        { what: 'no signature', delivery: { ...signed(body), headers } },
        { what: 'an empty signature', delivery: signed(body, '') },
        {
          what: 'another secret',
          delivery: signed(body, headerFor(body, { secret: 'whsec_of_somebody_else', at: seconds() })),
        },
        { what: 'no time', delivery: signed(body, `v1=${digest(body)}`) },
        { what: 'another time', delivery: signed(body, `t=${seconds() - 1},v1=${digest(body)}`) },
        { what: 'half of the digest', delivery: signed(body, `${t},v1=${digest(body).slice(0, 32)}`) },
        { what: 'the scheme for tests', delivery: signed(body, `${t},v0=${digest(body)}`) },
        { what: 'an old one', delivery: signed(body, headerFor(body, { at: seconds() - 301 })) },
        { what: 'one from ahead', delivery: signed(body, headerFor(body, { at: seconds() + 301 })) },
      ]
    },
    malformed: [
      '{"id":"evt_1","object":"ev',
      '[]',
      'null',
      '"evt_1"',
      '{"id":"evt_1"}',
      '{"object":"event"}',
      '\u0000',
    ].map(bytes),
  }
}

describe.each([
  ['snapshot', 0],
  ['snapshot', 2],
  ['snapshot', 3],
  ['thin', 0],
] as const)('webhooks, %s events indented by %i', (payload, indent) => {
  registerCases(it, { cases: webhookCases, createWorld: () => createWorld(payload, indent) })
})
