import { Money, type RawDelivery } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import recorded from '../fixtures/webhooks.json' with { type: 'json' }
import { type EfiWebhookOptions, efi } from '../src/index.ts'
import { HMAC_SECRET, optionsFor, PIX_KEY, scripted, setUp } from './setup.ts'

const BODIES = recorded.bodies
const EFI_ADDRESS = '34.193.116.226'
const bytes = (body: unknown): Uint8Array =>
  Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

function delivery(given: Partial<RawDelivery> = {}): RawDelivery {
  return {
    method: 'POST',
    url: `/webhooks/efi?hmac=${HMAC_SECRET}&ignorar=/pix`,
    headers: { 'content-type': 'application/json' },
    body: bytes(BODIES.sent),
    receivedAt: new Date('2026-11-22T14:10:48Z'),
    peer: { address: EFI_ADDRESS },
    ...given,
  }
}

const sourceFor = (webhook: EfiWebhookOptions) => efi(optionsFor({ webhook })).webhooks
const hmac = sourceFor({ mode: 'hmac', secrets: [HMAC_SECRET] })

describe('verify by the secret in the URL', () => {
  it('believes the right secret from the right address', async () => {
    const deliveryId = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(await hmac.verify(delivery())).toEqual({
      kind: 'authentic',
      deliveryId,
      topic: 'PIX_ENVIADO',
      subject: 'wd20261122A001',
    })
  })

  it('gives the same bytes the same id, and other bytes another', async () => {
    const first = await hmac.verify(delivery())
    expect(await hmac.verify(delivery({ url: `/x?hmac=${HMAC_SECRET}`, headers: {} }))).toEqual(first)
    const other = await hmac.verify(delivery({ body: bytes(BODIES.rejected) }))
    expect(other).toMatchObject({ kind: 'authentic' })
    expect(other).not.toEqual(first)
  })

  it.each([
    '/webhooks/efi',
    '/webhooks/efi?ignorar=/pix',
    '/webhooks/efi?hmac=&ignorar=/pix',
    '/webhooks/efi?hmac=wrong-secret-0123456789&ignorar=/pix',
    `/webhooks/efi?hmac=${HMAC_SECRET.toUpperCase()}&ignorar=/pix`,
    `/webhooks/efi?hmac=${HMAC_SECRET.slice(0, -1)}&ignorar=/pix`,
    // What a URL without "ignorar=" brings about is not repaired.
    `/webhooks/efi?hmac=${HMAC_SECRET}/pix`,
    `/webhooks/efi?hmac=${HMAC_SECRET}%2Fpix`,
    `/webhooks/efi?hmac=${HMAC_SECRET.replace('h', '%68')}`,
    `/webhooks/efi?hmac=${HMAC_SECRET}&hmac=other`,
    `/webhooks/efi?hmac=other&hmac=${HMAC_SECRET}`,
    `/webhooks/efi?xhmac=${HMAC_SECRET}`,
    `/webhooks/efi#?hmac=${HMAC_SECRET}x`,
    `/webhooks/${HMAC_SECRET}`,
  ])('rejects %s', async (url) => {
    expect(await hmac.verify(delivery({ url }))).toEqual({ kind: 'rejected', reason: 'bad_signature' })
  })

  it('takes any of several secrets, so that one can be replaced', async () => {
    const next = 'hmac-secret-abcdefghij'
    const both = sourceFor({ mode: 'hmac', secrets: [next, HMAC_SECRET] })
    for (const secret of [next, HMAC_SECRET]) {
      expect(await both.verify(delivery({ url: `/x?hmac=${secret}&ignorar=/pix` }))).toMatchObject({
        kind: 'authentic',
      })
    }
    expect(await both.verify(delivery({ url: '/x?hmac=hmac-secret-klmnopqrst' }))).toMatchObject({
      kind: 'rejected',
    })
  })

  it.each([{ address: '10.0.0.1' }, { address: '' }, {}, { address: `${EFI_ADDRESS}0` }])(
    'calls %j foreign, whatever the secret',
    async (peer) => {
      expect(await hmac.verify(delivery({ peer }))).toEqual({ kind: 'rejected', reason: 'foreign' })
    },
  )

  it('without a peer there is no address to allow', async () => {
    const { peer: _peer, ...rest } = delivery()
    expect(await hmac.verify(rest)).toEqual({ kind: 'rejected', reason: 'foreign' })
    const anywhere = sourceFor({ mode: 'hmac', secrets: [HMAC_SECRET], allowedAddresses: [] })
    expect(await anywhere.verify(rest)).toMatchObject({ kind: 'authentic' })
  })

  it('knows an IPv4 address in IPv6 dress', async () => {
    const peer = { address: `::ffff:${EFI_ADDRESS}` }
    expect(await hmac.verify(delivery({ peer }))).toMatchObject({ kind: 'authentic' })
  })

  it('does not take a client certificate for the secret', async () => {
    const peer = { address: EFI_ADDRESS, certificateVerified: true }
    expect(await hmac.verify(delivery({ url: '/x', peer }))).toMatchObject({ reason: 'bad_signature' })
  })
})

describe('verify by mutual TLS', () => {
  const mtls = sourceFor({ mode: 'mtls' })
  const named = sourceFor({ mode: 'mtls', subject: 'webhook.efipay.com.br' })

  it('believes the host that a certificate was verified', async () => {
    expect(await mtls.verify(delivery({ url: '/x', peer: { certificateVerified: true } }))).toMatchObject({
      kind: 'authentic',
      topic: 'PIX_ENVIADO',
    })
  })

  it.each([{}, { certificateVerified: false }, { certificateSubject: 'CN=webhook.efipay.com.br' }])(
    'rejects %j, the secret notwithstanding',
    async (peer) => {
      expect(await mtls.verify(delivery({ peer }))).toEqual({ kind: 'rejected', reason: 'bad_signature' })
    },
  )

  it.each([
    'webhook.efipay.com.br',
    'CN=webhook.efipay.com.br',
    'C=BR, O=Efi, CN=webhook.efipay.com.br',
    '/C=BR/O=Efi/CN=webhook.efipay.com.br',
    'C=BR\nCN=webhook.efipay.com.br',
  ])('reads the subject %j', async (certificateSubject) => {
    const peer = { certificateVerified: true, certificateSubject }
    expect(await named.verify(delivery({ peer }))).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    'CN=evil.example',
    'O=CN webhook.efipay.com.br',
    'OU=webhook.efipay.com.br',
    'CN=webhook.efipay.com.br.evil.example',
    'CN=evil.example, CN=webhook.efipay.com.br',
    '',
  ])('calls the subject %j foreign', async (certificateSubject) => {
    const peer = { certificateVerified: true, certificateSubject }
    expect(await named.verify(delivery({ peer }))).toEqual({ kind: 'rejected', reason: 'foreign' })
  })
})

describe('what is not of Efí’s form', () => {
  it.each(['', '{', 'null', '[]', '"pix"', '7', '{"pix":{}}', '{"pix":"x"}', Buffer.from([0xff, 0xfe])])(
    'rejects %j as malformed',
    async (body) => {
      const verdict = await hmac.verify(delivery({ body: typeof body === 'string' ? bytes(body) : body }))
      expect(verdict).toEqual({ kind: 'rejected', reason: 'malformed' })
    },
  )

  it('reads no body of a caller it does not know', async () => {
    expect(await hmac.verify(delivery({ body: bytes('{'), url: '/x' }))).toMatchObject({
      reason: 'bad_signature',
    })
  })

  it('rejects other methods, and bodies above its limit', async () => {
    expect(await hmac.verify(delivery({ method: 'GET' }))).toMatchObject({ reason: 'malformed' })
    const body = bytes({ pix: [], filler: 'x'.repeat(hmac.maxBodyBytes) })
    expect(await hmac.verify(delivery({ body }))).toMatchObject({ reason: 'malformed' })
  })

  it.each([
    [{ pix: [] }, 'pix'],
    [{ novidade: 1 }, 'unrecognised'],
  ])('names the topic (%#)', async (body, topic) => {
    expect(await hmac.verify(delivery({ body: bytes(body) }))).toMatchObject({ kind: 'authentic', topic })
  })

  it('never throws, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), async (body) => {
        expect(['authentic', 'rejected']).toContain((await hmac.verify(delivery({ body }))).kind)
      }),
    )
  })
})

describe('register', () => {
  const BASE = 'https://shop.example/webhooks/efi'

  it.each<[EfiWebhookOptions, string, string, string]>([
    [{ mode: 'mtls' }, BASE, `${BASE}?ignorar=`, 'false'],
    [{ mode: 'mtls' }, `${BASE}?`, `${BASE}?&ignorar=`, 'false'],
    [{ mode: 'mtls' }, 'http://127.0.0.1:8080/x', 'http://127.0.0.1:8080/x?ignorar=', 'false'],
    [{ mode: 'mtls' }, `${BASE}?a=1`, `${BASE}?a=1&ignorar=`, 'false'],
    [{ mode: 'hmac', secrets: [HMAC_SECRET] }, BASE, `${BASE}?hmac=${HMAC_SECRET}&ignorar=`, 'true'],
    [
      { mode: 'hmac', secrets: [HMAC_SECRET] },
      `${BASE}?a=1`,
      `${BASE}?a=1&hmac=${HMAC_SECRET}&ignorar=`,
      'true',
    ],
  ])('%#', async (webhook, url, webhookUrl, skips) => {
    const { fetch, asked } = scripted([{ status: 200, body: {} }])
    const headers: (string | null)[] = []
    const spying = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      if (input instanceof Request) headers.push(input.headers.get('x-skip-mtls-checking'))
      return fetch(input, init)
    }
    const pixKey = '+5531999998888'
    await efi(optionsFor({ fetch: spying, webhook, pixKey })).webhooks.register({ url })
    expect(asked).toEqual([{ method: 'PUT', path: '/v2/webhook/%2B5531999998888', body: { webhookUrl } }])
    expect(headers.at(-1)).toBe(skips)
  })

  it('registers Pix Automático too, where it is asked for', async () => {
    const { fetch, asked } = scripted(Array(3).fill({ status: 200, body: {} }))
    const notifications = ['pix', 'rec', 'cobr'] as const
    await efi(optionsFor({ fetch, notifications })).webhooks.register({ url: BASE })
    expect(asked.map(({ path }) => path)).toEqual([
      `/v2/webhook/${PIX_KEY}`,
      '/v2/webhookrec',
      '/v2/webhookcobr',
    ])
    expect(new Set(asked.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it.each([
    'http://shop.example/x',
    'nonsense',
    `${BASE}?hmac=x`,
    `${BASE}?ignorar=`,
    `${BASE}#x`,
    `${BASE}#`,
  ])('refuses the URL %s without asking', async (url) => {
    const { fetch, asked } = scripted([])
    const { webhooks } = efi(optionsFor({ fetch }))
    await expect(webhooks.register({ url })).rejects.toMatchObject({ kind: 'invalid_request' })
    expect(asked).toEqual([])
  })

  it('says what is wrong when Efí refuses', async () => {
    const refused = { status: 400, body: { nome: 'webhook_invalido', mensagem: 'x' } }
    const { fetch } = scripted([
      refused,
      { status: 400, body: { nome: 'valor_invalido', mensagem: 'x' } },
      { status: 500 },
    ])
    const { webhooks } = efi(optionsFor({ fetch }))
    await expect(webhooks.register({ url: BASE })).rejects.toMatchObject({ kind: 'misconfigured' })
    await expect(webhooks.register({ url: BASE })).rejects.toMatchObject({ kind: 'invalid_request' })
    await expect(webhooks.register({ url: BASE })).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('passes Efí’s test call, and the notifications that follow', async () => {
    const verdicts: unknown[] = []
    const events: unknown[] = []
    const { fake, provider } = setUp({
      fake: {
        deliver: async (request, { address }) => {
          const url = request.url.replace('https://shop.example', '')
          const body = new Uint8Array(await request.arrayBuffer())
          const verdict = await provider.webhooks.verify(delivery({ url, body, peer: { address } }))
          verdicts.push(verdict.kind === 'authentic' ? verdict.topic : verdict)
          events.push(...provider.webhooks.translate({ body, topic: 'pix', subject: null }))
          return new Response(null, { status: verdict.kind === 'authentic' ? 200 : 401 })
        },
      },
    })
    await provider.webhooks.register({ url: BASE })
    await provider.payouts.submit({
      idempotencyKey: 'pout_1',
      amount: Money.of(1234n, 'BRL/2'),
      destination: { kind: 'pix_key', key: 'maria@example.com' },
    })
    fake.settle('pout1')
    await fake.flushWebhooks()
    fake.returnPix('pout1', 34n)
    await fake.flushWebhooks()
    expect(verdicts).toEqual(['teste_webhook', 'PIX_ENVIADO', 'DEVOLUCAO_RECEBIDA'])
    expect(events).toMatchObject([
      { kind: 'ignored', topic: 'teste_webhook' },
      { kind: 'payout', providerRef: 'pout1', state: 'paid' },
      { kind: 'unrecognised', providerRef: 'pout1' },
    ])
  })
})
