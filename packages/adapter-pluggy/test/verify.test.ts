import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PluggyHmacOptions } from '../src/index.ts'
import { bytes, CLIENT_ID, delivery, HEADER, payload, SECRETS, setUp } from './setup.ts'

const { webhooks } = setUp()
const body = payload('item/updated')
const rejected = (reason: string) => ({ kind: 'rejected', reason })

describe('the header secret', () => {
  it.each(SECRETS)('is any of the active ones', async (given) => {
    const verdict = await webhooks.verify(delivery(body, { headers: { [HEADER]: given } }))
    expect(verdict).toMatchObject({ kind: 'authentic' })
  })

  it('is asked for before the bytes are read', async () => {
    const verdict = await webhooks.verify(delivery('no json', { headers: {} }))
    expect(verdict).toEqual(rejected('bad_signature'))
  })

  it('has a name that does not depend on its case', async () => {
    const source = setUp({ webhook: { header: 'X-Shop-Secret', secrets: SECRETS } }).webhooks
    expect(await source.verify(delivery(body))).toMatchObject({ kind: 'authentic' })
  })

  it('is never met by another text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc
            .constantFrom(...SECRETS)
            .chain((text) => fc.nat(text.length - 1).map((end) => text.slice(0, end))),
          fc.constantFrom(...SECRETS).map((text) => `${text} `),
        ),
        async (text) => {
          fc.pre(!SECRETS.some((active) => active === text))
          const verdict = await webhooks.verify(delivery(body, { headers: { [HEADER]: text } }))
          expect(verdict).toEqual(rejected('bad_signature'))
        },
      ),
    )
  })
})

describe('a genuine sender', () => {
  it.each([
    ['another client', { clientId: '99999999-2222-4333-8444-555555555555' }, rejected('foreign')],
    ['this client in capitals', { clientId: CLIENT_ID.toUpperCase() }, { kind: 'authentic' }],
    ['no client', { clientId: undefined }, { kind: 'authentic' }],
    ['no event id', { eventId: undefined }, rejected('malformed')],
    ['an event id that is none', { eventId: 'a b' }, rejected('malformed')],
    ['no event', { event: undefined }, rejected('malformed')],
    ['an event of tomorrow', { event: 'consent/revoked' }, { kind: 'authentic', topic: 'consent/revoked' }],
  ])('may send %s', async (_name, given, verdict) => {
    expect(await webhooks.verify(delivery({ ...body, ...given }))).toMatchObject(verdict)
  })

  it('sends POST, and no more than the limit', async () => {
    expect(await webhooks.verify(delivery(body, { method: 'PUT' }))).toEqual(rejected('malformed'))
    const long = bytes({ ...body, more: 'x'.repeat(webhooks.maxBodyBytes) })
    expect(await webhooks.verify(delivery(long))).toEqual(rejected('malformed'))
  })

  it('is held to the allowed addresses', async () => {
    const webhook = { header: HEADER, secrets: SECRETS, allowedAddresses: ['52.67.145.81'] }
    const source = setUp({ webhook }).webhooks
    const from = (address: string) => source.verify(delivery(body, { peer: { address } }))
    expect(await from('52.67.145.81')).toMatchObject({ kind: 'authentic' })
    expect(await from('::ffff:52.67.145.81')).toMatchObject({ kind: 'authentic' })
    expect(await from('52.67.145.8')).toEqual(rejected('foreign'))
  })

  it('keeps its delivery id when the same news is written in other bytes', async () => {
    const first = await webhooks.verify(delivery(body))
    const second = await webhooks.verify(delivery(JSON.stringify(body, null, 2)))
    expect(second).toEqual(first)
  })
})

describe('mutated deliveries', () => {
  it('are never accepted without the secret, and never throw with it', async () => {
    const mutation = fc.record({ at: fc.nat(300), byte: fc.nat(255), cut: fc.nat(300), secret: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, byte, cut, secret }) => {
        const changed = bytes(body).map((old, index) => (index === at ? byte : old))
        const headers = secret ? { [HEADER]: SECRETS[1] } : { [HEADER]: `${SECRETS[1]}x` }
        const verdict = await webhooks.verify(delivery(changed.slice(0, 300 - cut), { headers }))
        if (!secret) expect(verdict).toEqual(rejected('bad_signature'))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the signature (UNCONFIRMED)', () => {
  const KEY = 'shared-key'
  const base = { header: 'x-made-up-signature', secrets: ['old', KEY], algorithm: 'sha512' } as const
  const raw = bytes(body)
  const digest = (data: Uint8Array | string) => createHmac('sha512', KEY).update(data).digest()
  const check = (hmac: PluggyHmacOptions, signature: string) =>
    setUp({ webhook: { header: HEADER, secrets: SECRETS, hmac } }).webhooks.verify(
      delivery(raw, { headers: { [HEADER]: SECRETS[0], [base.header]: signature, 'x-time': '17' } }),
    )

  it.each(['hex', 'base64', 'base64url'] as const)('is read in %s', async (encoding) => {
    const signature = digest(raw).toString(encoding)
    expect(await check({ ...base, encoding }, signature)).toMatchObject({ kind: 'authentic' })
    expect(await check({ ...base, encoding }, `${signature}0`)).toEqual(rejected('bad_signature'))
  })

  it('covers what the host says that it covers', async () => {
    const payloadOf: PluggyHmacOptions['payload'] = ({ headers, body: sent }) =>
      Buffer.concat([Buffer.from(`${headers['x-time']}.`), sent])
    const signature = digest(Buffer.concat([Buffer.from('17.'), raw])).toString('hex')
    const hmac = { ...base, encoding: 'hex', payload: payloadOf } as const
    expect(await check(hmac, signature)).toMatchObject({ kind: 'authentic' })
    expect(await check({ ...base, encoding: 'hex' }, signature)).toEqual(rejected('bad_signature'))
  })

  it('is refused when the builder throws', async () => {
    const payloadOf = () => {
      throw new Error('no header')
    }
    expect(await check({ ...base, encoding: 'hex', payload: payloadOf }, 'x')).toEqual(
      rejected('bad_signature'),
    )
  })
})
