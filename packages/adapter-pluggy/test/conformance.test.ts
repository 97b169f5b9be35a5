import { createHmac } from 'node:crypto'
import type { RawDelivery } from '@lastro/core/spec'
import { registerCases, type WebhookWorld, webhookCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import type { PluggyWebhookOptions } from '../src/index.ts'
import { bytes, delivery, HEADER, payload, SECRETS, setUp } from './setup.ts'

const HMAC_KEY = 'a-key-that-pluggy-shares'
const MALFORMED = [
  '{"event":"item/updated"',
  '[]',
  'null',
  '"x"',
  '{}',
  '{"event":"item/updated"}',
  'event=1',
]

const textOf = (value: unknown, name: string): string | null => {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return typeof found === 'string' ? found : null
}

/** An independent witness: the event's id as JSON.parse reads it. */
function nameOf(body: Uint8Array): string | null {
  try {
    return textOf(JSON.parse(new TextDecoder().decode(body)), 'eventId')
  } catch {
    return null
  }
}

interface Scheme {
  readonly options: PluggyWebhookOptions
  readonly proof: WebhookWorld['proof']
  headersFor(body: Uint8Array): Record<string, string>
}

const HEADERS_ONLY: Scheme = {
  options: { header: HEADER, secrets: SECRETS, allowedAddresses: ['52.0.0.1'] },
  proof: 'sender',
  headersFor: () => ({ [HEADER]: SECRETS[0] }),
}
const sign = (body: Uint8Array, key = HMAC_KEY) => createHmac('sha256', key).update(body).digest('hex')
const SIGNED: Scheme = {
  options: {
    ...HEADERS_ONLY.options,
    hmac: {
      header: 'x-made-up-signature',
      secrets: ['another', HMAC_KEY],
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: 'v1=',
    },
  },
  proof: 'body',
  headersFor: (body) => ({ [HEADER]: SECRETS[0], 'x-made-up-signature': `v1=${sign(body)}` }),
}

function createWorld({ options, proof, headersFor }: Scheme): WebhookWorld {
  const { webhooks } = setUp({ webhook: options })
  let count = 0
  let time = Date.UTC(2026, 10, 22)
  const deliver = (body: Uint8Array): RawDelivery => {
    time += 3_600_000
    const peer = { address: '::ffff:52.0.0.1' }
    return delivery(body, { headers: headersFor(body), receivedAt: new Date(time), peer })
  }
  return {
    source: webhooks,
    proof,
    ...(proof === 'sender' ? { nameOf } : {}),
    news() {
      count += 1
      const event = ['item/updated', 'payment_intent/completed', 'transactions/deleted'][count % 3] ?? ''
      return bytes(payload(event, { eventId: `3b1b7a0e-8f0d-4a53-9a3a-${`${count}`.padStart(12, '0')}` }))
    },
    deliver,
    forge(body) {
      const genuine = deliver(body)
      const withHeaders = (what: string, headers: Record<string, string>) => ({
        what,
        delivery: { ...genuine, headers: { ...genuine.headers, ...headers } },
      })
      const { [HEADER]: _secret, ...bare } = genuine.headers
      return [
        { what: 'no secret', delivery: { ...genuine, headers: bare } },
        withHeaders('an empty secret', { [HEADER]: '' }),
        withHeaders('half of the secret', { [HEADER]: SECRETS[0].slice(0, 12) }),
        withHeaders('another secret', { [HEADER]: SECRETS[0].toUpperCase() }),
        withHeaders('both secrets', { [HEADER]: SECRETS.join(', ') }),
        { what: 'another address', delivery: { ...genuine, peer: { address: '203.0.113.7' } } },
        { what: 'an unknown address', delivery: { ...genuine, peer: {} } },
        ...(proof === 'body'
          ? [
              withHeaders('no signature', { 'x-made-up-signature': '' }),
              withHeaders('another key', { 'x-made-up-signature': `v1=${sign(body, 'guessed')}` }),
              withHeaders('no prefix', { 'x-made-up-signature': sign(body) }),
            ]
          : []),
      ]
    },
    malformed: MALFORMED.map(bytes),
  }
}

describe.each([
  ['the shared header', HEADERS_ONLY],
  ['a signature on top (UNCONFIRMED)', SIGNED],
] as const)('webhooks, %s', (_name, scheme) => {
  registerCases(it, { cases: webhookCases, createWorld: () => createWorld(scheme) })
})
