import { Money, type RawDelivery } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import {
  type PayoutFault,
  type PayoutWorld,
  payoutCases,
  registerCases,
  type WebhookWorld,
  webhookCases,
} from '@lastro/testing/conformance'
import { createFakeEfi, type Deliver, type FakeEfi } from '@lastro/testing/efi'
import { describe, it } from 'vitest'
import { type EfiWebhookOptions, efi } from '../src/index.ts'
import { certificates, HMAC_SECRET, optionsFor, PIX_KEY } from './setup.ts'

/** For how long Efí may not show a payout whose answer was lost, as far as the fake is concerned. */
const HIDDEN_MS = 30_000

const FAULTS: Readonly<Record<Exclude<PayoutFault, 'unreachable'>, (faults: FakeEfi['faults']) => void>> = {
  lost_reply: (faults) => faults.next('pix.send', { kind: 'drop_after_effect', hiddenForMs: HIDDEN_MS }),
  cut_reply: (faults) => faults.next('pix.send', { kind: 'truncate', clean: true }),
  no_reply: (faults) => faults.next('pix.send', { kind: 'slow', delayMs: 86_400_000 }),
  server_error: (faults) => faults.next('pix.send', { kind: 'refuse', status: 503 }),
  server_error_after_effect: (faults) => faults.next('pix.send', { kind: 'error_500_after' }),
  refuse: (faults) => faults.next('pix.send', { kind: 'refuse', status: 400, nome: 'documento_bloqueado' }),
  lookup_trouble(faults) {
    for (const operation of ['pix.find_by_id', 'pix.find_by_e2e', 'pix.list_sent'] as const)
      faults.always(operation, 'error_500_before')
  },
}

/** A key in the directory's form for the n-th payee. */
const payeeKey = (count: number): string => `6f1d2c3b-4a59-4e87-9c0d-${String(count).padStart(12, '0')}`

function requests(): PayoutWorld['request'] {
  let count = 0
  return (amount = Money.of(12_34n, 'BRL/2')) => {
    count += 1
    const destination = { kind: 'pix_key', key: payeeKey(count) } as const
    return { idempotencyKey: `pout_01k00000000000000000${count}`, amount, destination }
  }
}

/** Over mutual TLS on a real socket; an unreachable Efí is a port where nobody listens. */
async function createPayoutWorld(): Promise<PayoutWorld> {
  const clock = manualClock()
  const webhookUrl = 'https://shop.example/webhooks/efi?ignorar='
  const fake = createFakeEfi({ balance: 10n ** 15n, clock, settleAfterMs: null, certificates, webhookUrl })
  const server = await fake.server()
  const gone = await createFakeEfi({ certificates }).server()
  await gone.close()
  let isDown = false
  const fetchFrom: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    const url = isDown ? request.url.replace(server.url, gone.url) : request.url
    return fetch(new Request(url, request), init)
  }
  const instance = () => efi(optionsFor({ baseUrl: server.url, clock, fetch: fetchFrom })).payouts
  return {
    provider: instance(),
    restarted: instance,
    request: requests(),
    smallest: Money.of(1n, 'BRL/2'),
    largest: Money.of(999_999_999_999n, 'BRL/2'),
    refusalReason: 'not_permitted',
    async arrived({ destination }) {
      const key = destination.kind === 'pix_key' ? destination.key : ''
      const sent = fake.sent.filter(({ payee }) => payee.chave === key)
      return sent.flatMap(({ amount, movements }) => Array(movements).fill(Money.of(amount, 'BRL/2')))
    },
    fault(kind) {
      if (kind === 'unreachable') isDown = true
      else FAULTS[kind](fake.faults)
    },
    mend() {
      isDown = false
      fake.faults.clear()
    },
    pass: (ms) => fake.advance(ms),
    async close() {
      await server.close()
      fake.close()
    },
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Scheme {
  readonly options: EfiWebhookOptions
  /** The two sides of the TLS layer: what it says of Efí, and of others. */
  readonly peer: RawDelivery['peer']
  readonly deliver: Deliver
  forge(delivery: RawDelivery): readonly (Partial<RawDelivery> & { readonly what: string })[]
}

const SCHEMES: Readonly<Record<'hmac' | 'mtls', Scheme>> = {
  hmac: {
    options: { mode: 'hmac', secrets: [HMAC_SECRET] },
    peer: { address: '34.193.116.226' },
    deliver: () => new Response(null),
    forge: ({ url }) => [
      { what: 'no secret', url: url.replace(`hmac=${HMAC_SECRET}&`, '') },
      { what: 'an empty secret', url: url.replace(HMAC_SECRET, '') },
      { what: 'another secret', url: url.replace(HMAC_SECRET, HMAC_SECRET.toUpperCase()) },
      { what: 'half of the secret', url: url.replace(HMAC_SECRET, HMAC_SECRET.slice(0, 12)) },
      { what: 'the secret among others', url: url.replace('?', '?hmac=another-secret-0001&') },
      { what: 'another address', peer: { address: '203.0.113.7' } },
      { what: 'an unknown address', peer: {} },
    ],
  },
  mtls: {
    options: { mode: 'mtls', subject: 'webhook.efipay.com.br' },
    peer: { certificateVerified: true, certificateSubject: 'CN=webhook.efipay.com.br' },
    // Efí tries without its certificate first, and wants to be refused.
    deliver: (_request, { presentsCertificate }) =>
      new Response(null, { status: presentsCertificate ? 200 : 401 }),
    forge: () => [
      { what: 'no word of a certificate', peer: {} },
      { what: 'a certificate that does not verify', peer: { certificateVerified: false } },
      {
        what: 'the certificate of somebody else under the same CA',
        peer: { certificateVerified: true, certificateSubject: 'CN=stranger' },
      },
      {
        what: 'the right name, unverified',
        peer: { certificateVerified: false, certificateSubject: 'CN=webhook.efipay.com.br' },
      },
    ],
  },
}

/** The host registers itself at Efí, payouts are made and settled, and what Efí writes about them is the news. */
async function createWebhookWorld({ options, peer, deliver, forge }: Scheme): Promise<WebhookWorld> {
  const clock = manualClock()
  const fake = createFakeEfi({ clock, settleAfterMs: null, deliver, keys: [PIX_KEY] })
  const { payouts, webhooks } = efi(optionsFor({ fetch: fake.fetch, clock, webhook: options }))
  await webhooks.register({ url: 'https://shop.example/webhooks/efi' })
  const request = requests()
  const deliveryOf = async (body: Uint8Array): Promise<RawDelivery> => {
    await clock.advance(60_000)
    const { pathname, search } = new URL(fake.webhooks.at(-1)?.url ?? '')
    const headers = { 'content-type': 'application/json' }
    return {
      method: 'POST',
      url: pathname + search,
      headers,
      body,
      receivedAt: clock.now(),
      ...(peer && { peer }),
    }
  }
  return {
    source: webhooks,
    proof: 'sender',
    async news() {
      const outcome = await payouts.submit(request())
      if (outcome.kind !== 'accepted') throw new Error(`No payout was made: ${outcome.kind}.`)
      fake.settle(outcome.value.providerRef)
      const told = fake.webhooks.find(({ idEnvio }) => idEnvio === outcome.value.providerRef)
      return bytes(told?.body ?? '')
    },
    deliver: deliveryOf,
    async forge(body) {
      const delivery = await deliveryOf(body)
      return forge(delivery).map(({ what, ...other }) => ({ what, delivery: { ...delivery, ...other } }))
    },
    malformed: ['{"pix":[{"endToEndId":"E', '[]', 'null', '"pix"', 'pix=1', '{"pix":1}', '\u0000'].map(bytes),
    close: async () => fake.close(),
  }
}

describe('payouts', () => registerCases(it, { cases: payoutCases, createWorld: createPayoutWorld }))

describe.each(Object.entries(SCHEMES))('webhooks, %s', (_mode, scheme) => {
  registerCases(it, { cases: webhookCases, createWorld: () => createWebhookWorld(scheme) })
})
