import { readFileSync } from 'node:fs'
import { defineProvider, isProviderError, type RawDelivery } from '@lastro/core/spec'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { type StandardWebhooksOptions, standardWebhooks } from '../src/index.ts'
import { plainType } from '../src/standard-webhooks-type.ts'

interface Vector {
  readonly id: string
  readonly secret?: string
  readonly public_key?: string
  readonly now: number
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
  readonly expect: { readonly ok: boolean; readonly type?: string | null; readonly error_message?: string }
}

// Collected in November 2026 from the specification 1.0.0 and judged by npm standardwebhooks 1.1.1.
const file = JSON.parse(
  readFileSync(new URL('./vectors/standard-webhooks.json', import.meta.url), 'utf8'),
) as { readonly vectors: readonly Vector[]; readonly asymmetric_vectors: readonly Vector[] }

const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const OTHER = 'whsec_8ODQwLCgkIBwYFBAMCAQAA8eLTxLWml4h5altMPS4fA='
const NOW = 1_793_448_000

const source = (options: Partial<StandardWebhooksOptions> = {}) =>
  standardWebhooks({
    provider: 'acme',
    secrets: [SECRET],
    eventTypes: [
      { type: 'payment.succeeded', does: 'handed_on', becomes: 'invoice changed' },
      { type: 'ping', does: 'ignored', becomes: 'nothing' },
    ],
    translate: ({ payload }) => [
      { kind: 'changed', object: 'invoice', ref: (payload.data as { id: string }).id, change: 'paid' },
    ],
    ...options,
  })

/** As the inbox hands it over: names in lower case. */
const raw = (headers: Readonly<Record<string, string>>, payload: string | Uint8Array): RawDelivery => ({
  method: 'POST',
  url: '/webhooks/acme',
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  body: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  receivedAt: new Date(NOW * 1_000),
})

const signed = (payload: string, secret = SECRET, id = 'msg_1') =>
  raw(
    {
      'webhook-id': id,
      'webhook-timestamp': String(NOW),
      'webhook-signature': new Webhook(secret).sign(id, new Date(NOW * 1_000), payload),
    },
    payload,
  )

describe('every vector', () => {
  it.each([...file.vectors, ...file.asymmetric_vectors])('$id', async (vector) => {
    const secret = vector.secret ?? vector.public_key ?? ''
    if (vector.id === 'invalid-empty-secret') {
      expect(() => source({ secrets: [secret] })).toThrow('acme: secrets[0]: must be whsec_')
      return
    }
    const delivery = {
      ...raw(vector.headers, vector.payload),
      receivedAt: new Date(vector.now * 1_000),
    }
    const verdict = await source({ secrets: [secret], topic: ({ type }) => String(type) }).verify(delivery)
    if (!vector.expect.ok) {
      const late = ['Message timestamp too old', 'Message timestamp too new']
      const isText = vector.id.startsWith('invalid-timestamp-')
      const isLate = late.includes(vector.expect.error_message ?? '') && !isText
      const reason = isText ? 'malformed' : isLate ? 'stale' : 'bad_signature'
      expect(verdict).toEqual({ kind: 'rejected', reason })
      return
    }
    const topic = String(vector.expect.type === null ? undefined : 'payment.succeeded')
    expect(verdict).toEqual({
      kind: 'authentic',
      deliveryId: vector.headers['webhook-id'] ?? ids(vector),
      topic,
    })
  })

  const ids = ({ headers }: Vector) =>
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'webhook-id')?.[1]

  it('are all there: 27 symmetric, 2 ed25519', () => {
    expect([file.vectors.length, file.asymmetric_vectors.length]).toEqual([27, 2])
  })
})

describe('a source', () => {
  const body = JSON.stringify({ type: 'payment.succeeded', data: { id: 'inv_1', version: 3 } })

  it('takes deliveries of every active secret, of both kinds', async () => {
    const [{ public_key: key = '', headers, payload } = { headers: {}, payload: '' }] =
      file.asymmetric_vectors
    const rotating = source({ secrets: [SECRET, OTHER, key] })
    for (const delivery of [signed(body), signed(body, OTHER), raw(headers, payload)])
      expect(await rotating.verify(delivery)).toMatchObject({ kind: 'authentic', topic: 'payment.succeeded' })
    expect(await source().verify(signed(body, OTHER))).toEqual({ kind: 'rejected', reason: 'bad_signature' })
  })

  it('tells subject and sequence as the caller reads them', async () => {
    const { data: _data, ...rest } = JSON.parse(body)
    const ordered = source({
      subject: ({ data }) => (data as { id: string }).id,
      sequence: ({ data }) => String((data as { version: number }).version).padStart(12, '0'),
    })
    expect(await ordered.verify(signed(body))).toEqual({
      kind: 'authentic',
      deliveryId: 'msg_1',
      topic: 'payment.succeeded',
      subject: 'inv_1',
      sequence: '000000000003',
    })
    // The caller's function threw: not understood, so not taken.
    expect(await ordered.verify(signed(JSON.stringify(rest)))).toEqual({
      kind: 'rejected',
      reason: 'malformed',
    })
  })

  it('translates what stands in its table, and keeps the rest for a person', () => {
    const bytes = new TextEncoder().encode(body)
    const told = (topic: string, content = bytes) =>
      source().translate({ body: content, topic, subject: null })
    expect(told('payment.succeeded')).toEqual([
      { kind: 'changed', object: 'invoice', ref: 'inv_1', change: 'paid' },
    ])
    expect(told('ping')).toEqual([{ kind: 'ignored', topic: 'ping' }])
    expect(told('payment.unheard_of')).toMatchObject([{ kind: 'unrecognised' }])
    expect(told('payment.succeeded', new TextEncoder().encode('{}'))).toMatchObject([
      { kind: 'unrecognised' },
    ])
    expect(told('payment.succeeded', bytes.slice(0, 9))).toMatchObject([{ kind: 'unrecognised' }])
  })

  it('fills a port of a provider', () => {
    const provider = defineProvider({ id: 'acme', webhooks: source() })
    expect(provider.webhooks.specVersion).toBe(1)
  })

  it('refuses a header with more signatures than any rotation has', async () => {
    const delivery = signed(body)
    const many = [...Array(16).fill('v1,no'), delivery.headers['webhook-signature']].join(' ')
    const verdict = await source().verify({
      ...delivery,
      headers: { ...delivery.headers, 'webhook-signature': many },
    })
    expect(verdict).toEqual({ kind: 'rejected', reason: 'bad_signature' })
  })

  it.each<[Partial<StandardWebhooksOptions>, string]>([
    [{ secrets: [] }, 'secrets: at least one is needed'],
    [{ secrets: ['whsec_c2hvcnQ='] }, 'secrets[0]: must be whsec_ and the base64 of 24 to 64 bytes'],
    [{ secrets: [SECRET, 'not base64 at all!'] }, 'secrets[1]: must be whsec_'],
    [{ secrets: ['whsk_AAAA'] }, 'secrets[0]: is a private key'],
    [{ secrets: ['whpk_AAAA'] }, 'secrets[0]: must be whpk_ and the base64 of 32 bytes'],
    [{ toleranceMs: 0 }, 'toleranceMs: must be whole'],
    [
      { eventTypes: [{ type: 'a', does: 'ignored', becomes: '' } as const].flatMap((row) => [row, row]) },
      'eventTypes:',
    ],
  ])('is not made of %j', (options, message) => {
    const make = () => source(options)
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
      for (const text of options.secrets ?? []) expect(String(error)).not.toContain(String(text))
    }
  })
})

describe('the type of a body', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  it('is what a parser tells, or is left to the parser', () => {
    const names = fc.oneof(fc.constant('type'), fc.string())
    const objects = fc.dictionary(names, fc.oneof(fc.constantFrom('a.b', 'x'), fc.jsonValue()))
    fc.assert(
      fc.property(objects, fc.nat(3), (value, indent) => {
        const type = plainType(bytes(JSON.stringify(value, null, indent)))
        if (type !== null) expect(type).toBe(value.type)
        else expect(value.type === 'a.b').toBe(false)
      }),
    )
  })

  it('is found behind other members, and only at the top', () => {
    expect(plainType(bytes(' {"id":"e\\"1","data":{"type":"inner","l":["}"]},\n"type" : "a.b" } '))).toBe(
      'a.b',
    )
    expect(plainType(bytes('{"data":{"type":"inner"},"kind":"type"}'))).toBeNull()
  })

  it('is left to the parser with escapes, when it is no text, and where no object ends', () => {
    for (const text of [
      '{"type":"a\\u002eb"}',
      '{"type":7}',
      '{"type":""}',
      '{"type":"a.b"',
      '[]',
      '',
      '{',
      '}',
    ])
      expect(plainType(bytes(text)), text).toBeNull()
  })
})
