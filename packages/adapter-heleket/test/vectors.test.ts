import { readFileSync } from 'node:fs'
import { secret } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/client.ts'
import { settingsOf } from '../src/options.ts'
import { phpLike } from '../src/raw-json.ts'
import { signatureOf } from '../src/signature.ts'
import { answering, delivery, fine, optionsFor, setUp } from './setup.ts'

interface Vectors {
  readonly requestSigning: readonly {
    readonly id: string
    readonly apiKey: string
    readonly body: string
    readonly bodyBase64: string
    readonly sign: string
  }[]
  readonly webhookVerification: readonly {
    readonly id: string
    readonly keyType: 'payment' | 'payout'
    readonly apiKey: string
    readonly rawBody: string
    readonly rawBodyBase64: string
    readonly expect: {
      readonly valid: boolean
      readonly reason?: string
      readonly type?: string
      readonly uuid?: string
      readonly status?: string
    }
  }[]
  readonly phpJsonEncoding: readonly {
    readonly id: string
    readonly value: unknown
    readonly phpUnescapedUnicode: string
  }[]
}

const read = (name: string): Vectors =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8')) as Vectors
const vectors = read('heleket.json')

const REASONS: Readonly<Record<string, string>> = {
  signature_mismatch: 'bad_signature',
  signature_missing: 'bad_signature',
  malformed_body: 'malformed',
}

describe('request signing', () => {
  it.each(vectors.requestSigning)('$id', ({ apiKey, body, bodyBase64, sign }) => {
    expect(Buffer.from(body).toString('base64')).toBe(bodyBase64)
    expect(signatureOf(body, secret(apiKey))).toBe(sign)
    expect(signatureOf(new TextEncoder().encode(body), secret(apiKey))).toBe(sign)
  })

  it.each(vectors.requestSigning.filter(({ id }) => id === 'req-empty-body' || id === 'req-payout'))(
    '$id, on the wire',
    async ({ apiKey, body, sign }) => {
      const { fetch, asked } = answering(fine({}))
      const client = createClient(settingsOf(optionsFor({ payoutKeys: [apiKey], fetch })))
      await client.read({
        path: '/v1/payout',
        subject: 'x',
        ...(body === '' ? {} : { json: JSON.parse(body) as Record<string, unknown> }),
      })
      expect(asked[0]?.body).toBe(body)
      expect(asked[0]?.headers.get('sign')).toBe(sign)
    },
  )
})

describe('webhook verification', () => {
  it.each(vectors.webhookVerification)('$id', async ({ keyType, apiKey, rawBodyBase64, ...given }) => {
    const bytes = Uint8Array.from(Buffer.from(rawBodyBase64, 'base64'))
    expect(new TextDecoder().decode(bytes)).toBe(given.rawBody)
    // A key of one kind is of no use for the other: a vector with the wrong one shows it.
    const keys = keyType === 'payout' ? { payoutKeys: [apiKey] } : { paymentKeys: [apiKey] }
    const verdict = await setUp(keys).webhooks.verify(delivery(bytes))
    const { valid, reason = '', type, uuid, status } = given.expect
    if (!valid) {
      expect(verdict).toEqual({ kind: 'rejected', reason: REASONS[reason] })
      return
    }
    expect(verdict.kind).toBe('authentic')
    if (verdict.kind !== 'authentic') return
    if (type !== undefined) expect(verdict.topic.startsWith(`${type}.`)).toBe(true)
    if (status !== undefined) expect(verdict.topic.endsWith(`.${status}`)).toBe(true)
    if (uuid !== undefined) expect(verdict.subject).toBe(uuid)
  })

  it('checks a payment with the very key that its vector has wrong', async () => {
    const wrong = vectors.webhookVerification.find(({ id }) => id === 'wh-payment-wrong-key')
    const right = vectors.webhookVerification.find(({ id }) => id === 'wh-payment-paid')
    const check = (key: string) =>
      setUp({ paymentKeys: [key] }).webhooks.verify(delivery(wrong?.rawBody ?? ''))
    expect(await check(wrong?.apiKey ?? '')).toEqual({ kind: 'rejected', reason: 'bad_signature' })
    expect(await check(right?.apiKey ?? '')).toMatchObject({ kind: 'authentic' })
  })
})

describe('PHP encoding', () => {
  it.each(vectors.phpJsonEncoding)('$id', ({ value, phpUnescapedUnicode }) => {
    expect(phpLike(JSON.stringify(value))).toBe(phpUnescapedUnicode)
    expect(phpLike(JSON.stringify(value, null, 4))).toBe(phpUnescapedUnicode)
    // What is in PHP's form already stays as it is.
    expect(phpLike(phpUnescapedUnicode)).toBe(phpUnescapedUnicode)
  })
})
