import { createHash, createHmac } from 'node:crypto'
import type { RawDelivery } from '@lastro/core/spec'
import { registerCases, type WebhookWorld, webhookCases } from '@lastro/testing/conformance'
import { Webhook } from 'standardwebhooks'
import { describe, it } from 'vitest'
import { standardWebhooks } from '../src/index.ts'

const OLD = 'whsec_8ODQwLCgkIBwYFBAMCAQAA8eLTxLWml4h5altMPS4fA='
const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const FOREIGN = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const START_MS = Date.UTC(2026, 9, 31)

const bytes = (text: string) => new TextEncoder().encode(text)
const idOf = (body: Uint8Array) => `msg_${createHash('sha256').update(body).digest('hex').slice(0, 24)}`

/** A sender that signs with the reference library, or the same by hand where bytes are no text. */
function sign(secret: string, parts: { id: string; seconds: number; body: Uint8Array }): string {
  const { id, seconds, body } = parts
  const text = new TextDecoder().decode(body)
  if (bytes(text).length === body.length) return new Webhook(secret).sign(id, new Date(seconds * 1_000), text)
  const key = Buffer.from(secret.slice(6), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`
}

function createWorld(): WebhookWorld {
  let count = 0
  let now = START_MS / 1_000
  const source = standardWebhooks({
    provider: 'acme',
    secrets: [SECRET, OLD],
    eventTypes: [{ type: 'invoice.paid', does: 'handed_on', becomes: 'invoice changed' }],
    translate: ({ payload }) => [
      { kind: 'changed', object: 'invoice', ref: String(payload.ref), change: 'paid' },
    ],
  })
  const delivery = (headers: Record<string, string>, body: Uint8Array): RawDelivery => ({
    method: 'POST',
    url: '/webhooks/acme',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    receivedAt: new Date(now * 1_000),
  })
  const headersOf = (body: Uint8Array, secret = SECRET, seconds = now) => ({
    'webhook-id': idOf(body),
    'webhook-timestamp': String(seconds),
    'webhook-signature': sign(secret, { id: idOf(body), seconds, body }),
  })
  return {
    source,
    proof: 'body',
    news() {
      count += 1
      return bytes(JSON.stringify({ type: 'invoice.paid', ref: `inv_${count}` }))
    },
    deliver(body) {
      now += 60
      return delivery(headersOf(body), body)
    },
    forge(body) {
      const good = headersOf(body)
      const without = (name: string) =>
        Object.fromEntries(Object.entries(good).filter(([header]) => header !== name))
      const v1 = good['webhook-signature'].slice(3)
      const hex = Buffer.from(v1, 'base64').toString('hex')
      const forged: readonly (readonly [string, Record<string, string>])[] = [
        ['another secret', headersOf(body, FOREIGN)],
        ['no signature', without('webhook-signature')],
        ['no id', without('webhook-id')],
        ['no timestamp', without('webhook-timestamp')],
        ['an empty signature', { ...good, 'webhook-signature': '' }],
        ['an unknown version', { ...good, 'webhook-signature': `v2,${v1}` }],
        ['the asymmetric version', { ...good, 'webhook-signature': `v1a,${v1}` }],
        ['hexadecimal', { ...good, 'webhook-signature': `v1,${hex}` }],
        ['another id', { ...good, 'webhook-id': 'msg_other' }],
        ['another time', { ...good, 'webhook-timestamp': String(now - 1) }],
        ['a time that is no number', { ...good, 'webhook-timestamp': `${now}abc` }],
        ['an old delivery', headersOf(body, SECRET, now - 301)],
        ['one from the future', headersOf(body, SECRET, now + 301)],
      ]
      return forged.map(([what, headers]) => ({ what, delivery: delivery(headers, body) }))
    },
    malformed: [
      bytes('{"type":"invoice.paid","ref":'),
      bytes('[]'),
      bytes('null'),
      bytes('{"ref":"inv_1"}'),
      bytes('{"type":7}'),
      bytes('type=invoice.paid'),
      Uint8Array.of(0xff, 0xfe, 0x00),
    ],
  }
}

describe('standard webhooks', () =>
  registerCases(it, { cases: webhookCases, createWorld: async () => createWorld() }))
