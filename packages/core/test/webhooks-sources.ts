/**
 * Every webhook source that an adapter makes, with deliveries that are genuine: what the fuzz mutates, and what
 * docs/reference/webhook-events.md lists. A new adapter joins by a line.
 */
import { createHash, createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { RawDelivery, WebhookSource } from '@lastro/core/spec'

/** A source on its own, with genuine deliveries. */
export interface OpenSource {
  readonly source: WebhookSource
  readonly genuine: readonly RawDelivery[]
  /** Whether a mutated delivery lost its proof and must be refused, by an oracle of its own. */
  isForged(mutated: RawDelivery, genuine: RawDelivery): boolean
}

/** A way in which an adapter proves deliveries. */
export interface KnownSource {
  /** The adapter's factory, as it is exported. */
  readonly factory: string
  /** How it was told to prove them, where there are several ways. */
  readonly mode: string
  open(): Promise<OpenSource>
}

const CLOCK = { now: () => new Date('2026-11-22T12:00:00Z') }
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const same = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0
const arrived = (delivery: Partial<RawDelivery> & { readonly body: Uint8Array }): RawDelivery => ({
  method: 'POST',
  url: '/webhooks/provider',
  headers: { 'content-type': 'application/json' },
  receivedAt: CLOCK.now(),
  ...delivery,
})

/** Every one of these texts must still stand in its header. */
const holds = (mutated: RawDelivery, texts: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(texts).every(([header, wanted]) =>
    wanted.every((text) => (mutated.headers[header] ?? '').includes(text)),
  )

/** The proof is over the body: it is lost with one byte of it, or when a header no longer holds a part of the proof. */
export function bySignature(
  texts: (genuine: RawDelivery) => Readonly<Record<string, readonly string[]>>,
): OpenSource['isForged'] {
  return (mutated, genuine) => !same(mutated.body, genuine.body) || !holds(mutated, texts(genuine))
}

const EFI_SECRET = 'hmac-secret-0123456789'
const EFI_ADDRESS = '34.193.116.226'
/** The common name, with or without its label and with spaces around it: the host's word, not the caller's. */
const CALLED_EFI = /(^|=)\s*efi\s*([,/+\n]|$)/
const EFI_BODIES = [
  { pix: [{ endToEndId: 'E12345678202611221200abcdefghijk', txid: 'a'.repeat(26), valor: '12.34' }] },
  {
    pix: [
      {
        endToEndId: 'E09089356202611221200abcdefghijk',
        valor: '1.00',
        status: 'REALIZADO',
        gnExtras: { idEnvio: 'p1' },
      },
    ],
  },
  { evento: 'teste_webhook' },
]

async function openEfi(mode: 'hmac' | 'mtls'): Promise<OpenSource> {
  const { efi } = await import('../../adapter-pix-efi/src/index.ts')
  const { createCertificates } = await import('@lastro/testing/efi')
  const { client, ca } = await createCertificates()
  const { webhooks } = efi({
    environment: 'homologation',
    clientId: 'id',
    clientSecret: 'not-a-real-secret',
    certificate: { ...client, ca },
    pixKey: '6f1d2c3b-4a59-4e87-9c0d-1b2a3c4d5e6f',
    webhook:
      mode === 'hmac'
        ? { mode, secrets: [EFI_SECRET, 'another-secret-9876543210'] }
        : { mode, subject: 'efi' },
    clock: CLOCK,
  })
  const url = `/webhooks/efi?hmac=${EFI_SECRET}&ignorar=/pix`
  const peer =
    mode === 'hmac' ? { address: EFI_ADDRESS } : { certificateVerified: true, certificateSubject: 'CN=efi' }
  return {
    source: webhooks,
    genuine: EFI_BODIES.map((body) => arrived({ body: bytes(body), url, peer })),
    // Efí signs no bytes: what proves is who calls.
    isForged: (mutated) =>
      mode === 'hmac'
        ? !new RegExp(`[?&]hmac=${EFI_SECRET}(&|$)`).test(mutated.url) ||
          mutated.peer?.address !== EFI_ADDRESS
        : mutated.peer?.certificateVerified !== true ||
          !CALLED_EFI.test(mutated.peer.certificateSubject ?? ''),
  }
}

const SECONDS = `${CLOCK.now().getTime() / 1_000}`
const WHSEC = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const hmac = (key: string | Buffer, parts: readonly (string | Uint8Array)[]) => {
  const digest = createHmac('sha256', key)
  for (const part of parts) digest.update(part)
  return digest
}

async function openStripe(): Promise<OpenSource> {
  const { stripe } = await import('../../adapter-stripe/src/index.ts')
  const { webhooks } = stripe({
    webhook: { secrets: ['whsec_retired_0123456789', 'whsec_current_0123456789'], livemode: false },
    clock: CLOCK,
  })
  const event = (type: string, object: object) => ({
    id: `evt_1${type.length}`,
    object: 'event',
    api_version: '2025-09-30.clover',
    created: Number(SECONDS),
    livemode: false,
    type,
    data: { object },
  })
  const intent = { id: 'pi_1', object: 'payment_intent', amount: 1234, currency: 'brl', status: 'succeeded' }
  const bodies = [
    event('payment_intent.succeeded', intent),
    event('customer.created', { id: 'cus_1', object: 'customer' }),
  ]
  const genuine = bodies.map((content) => {
    const body = bytes(content)
    const signature = hmac('whsec_current_0123456789', [`${SECONDS}.`, body]).digest('hex')
    return arrived({ body, headers: { 'stripe-signature': `t=${SECONDS},v1=${signature}` } })
  })
  const isForged = bySignature(({ headers }) => ({
    'stripe-signature': (headers['stripe-signature'] ?? '').split(','),
  }))
  return { source: webhooks, genuine, isForged }
}

async function openPluggy(): Promise<OpenSource> {
  const { pluggy } = await import('../../adapter-pluggy/src/index.ts')
  const secret = 'current-secret-0123456789'
  const { webhooks } = pluggy({
    clientId: '11111111-2222-4333-8444-555555555555',
    clientSecret: 'not-a-real-secret',
    webhook: { header: 'x-shop-secret', secrets: [secret, 'previous-secret-0123456789'] },
    clock: CLOCK,
  })
  const body = bytes({
    event: 'item/updated',
    eventId: '8d9a7f44-2a5c-4a70-8f7d-6e1b0a2c3d33',
    itemId: '5f0c2f5e-1a3b-4c7d-9e21-0b6f7a8c9d10',
    clientId: '11111111-2222-4333-8444-555555555555',
  })
  return {
    source: webhooks,
    genuine: [arrived({ body, headers: { 'x-shop-secret': secret } })],
    // Pluggy signs no bytes: a shared secret in a header proves it.
    isForged: (mutated) => mutated.headers['x-shop-secret'] !== secret,
  }
}

async function openOpenFinance(): Promise<OpenSource> {
  const { openFinance } = await import('../../adapter-open-finance/src/index.ts')
  const { createCertificates } = await import('@lastro/testing/efi')
  const { client, ca } = await createCertificates()
  const bank = '6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'
  const { webhooks } = openFinance({
    organisationId: '0b7f2c1d-1111-4a6b-8c7d-9e0f1a2b3c4d',
    certificate: { ...client, ca },
    clientAuthentication: { method: 'tls_client_auth' },
    institutions: [
      {
        organisationId: bank,
        clientId: 'client-at-the-bank',
        baseUrl: 'https://api.banco.example/open-banking',
        tokenEndpoint: 'https://mtls.banco.example/token',
        jwks: { keys: [] },
      },
    ],
    clock: CLOCK,
    randomUuid: () => '00000000-0000-4000-8000-000000000000',
  })
  const genuine = arrived({
    url: '/webhooks/of/open-banking/webhook/v1/payments/v4/pix/payments/TXpRMU9UQTROMWhZV2xSU1FUazJSMDl',
    headers: { 'content-type': 'application/json', 'x-webhook-interaction-id': 'a1b2-1' },
    body: bytes({ data: { timestamp: '2026-11-22T11:59:08Z' } }),
    peer: {
      certificateVerified: true,
      certificateSubject: `CN=webhook.banco.example,UID=ss-1,organizationIdentifier=OFBBR-${bank},C=BR`,
    },
  })
  return {
    source: webhooks,
    genuine: [genuine],
    // Nothing is signed: who calls is known by the certificate alone, as the host tells it.
    isForged: ({ peer }) =>
      peer?.certificateVerified !== true || !(peer.certificateSubject ?? '').toLowerCase().includes(bank),
  }
}

/** A sender's headers by Standard Webhooks. */
function standardHeaders(body: Uint8Array, id: string): Record<string, string> {
  const key = Buffer.from(WHSEC.slice('whsec_'.length), 'base64')
  const signature = hmac(key, [`${id}.${SECONDS}.`, body]).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': SECONDS, 'webhook-signature': `v1,${signature}` }
}

const standardProof = bySignature(({ headers }) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
)

async function openPi(mode: 'secrets' | 'unproven'): Promise<OpenSource> {
  const { pi } = await import('../../adapter-pi/src/index.ts')
  const { webhooks } = pi({
    apiKey: 'not-a-real-key',
    network: 'testnet',
    clock: CLOCK,
    ...(mode === 'secrets' ? { webhook: { secrets: [WHSEC] } } : {}),
  })
  const body = bytes({ type: 'payment_completed', payment_id: 'a'.repeat(28) })
  const headers = mode === 'secrets' ? standardHeaders(body, 'msg_1') : {}
  // Without a secret nothing is ever proven.
  const isForged: OpenSource['isForged'] = mode === 'secrets' ? standardProof : () => true
  return { source: webhooks, genuine: [arrived({ body, headers })], isForged }
}

async function openStandard(): Promise<OpenSource> {
  const { standardWebhooks } = await import('../../adapter-kit/src/index.ts')
  const source = standardWebhooks({
    provider: 'custom',
    secrets: [WHSEC],
    eventTypes: [{ type: 'thing.changed', does: 'handed_on', becomes: 'item changed' }],
    translate: ({ payload }) => [
      { kind: 'changed', object: 'item', ref: String(payload.id), change: 'changed' },
    ],
  })
  const body = bytes({ type: 'thing.changed', id: 't1' })
  return {
    source,
    genuine: [arrived({ body, headers: standardHeaders(body, 'msg_1') })],
    isForged: standardProof,
  }
}

/** Whether two bodies are the same JSON, however it is written: Heleket signs what it says, not how. */
function isSameJson(left: Uint8Array, right: Uint8Array): boolean {
  try {
    const [one, other] = [left, right].map((body) => JSON.parse(new TextDecoder().decode(body)))
    return isDeepStrictEqual(one, other)
  } catch {
    return false
  }
}

async function openHeleket(): Promise<OpenSource> {
  const { heleket } = await import('../../adapter-heleket/src/index.ts')
  const address = '31.133.220.8'
  const keys = ['payment-key-current-1', 'payment-key-previous-1'] as const
  const { webhooks } = heleket({
    merchantId: '8b03432e-385b-4670-8d06-064591096795',
    paymentKeys: keys,
    clock: CLOCK,
  })
  const fields = {
    type: 'payment',
    uuid: '62f88b36-a9d5-4fa6-aa26-e040c3dbf26d',
    order_id: 'pay_1',
    amount: '15.00000000',
    is_final: true,
    status: 'paid',
    network: 'tron',
    currency: 'USDT',
  }
  const genuine = keys.map((key) => {
    const text = Buffer.from(JSON.stringify(fields)).toString('base64')
    const sign = createHash('md5').update(`${text}${key}`).digest('hex')
    return arrived({ body: bytes({ ...fields, sign }), peer: { address } })
  })
  const isForged: OpenSource['isForged'] = (mutated, { body }) =>
    mutated.peer?.address !== address || !isSameJson(mutated.body, body)
  return { source: webhooks, genuine, isForged }
}

/** One line for each. */
export const SOURCES: readonly KnownSource[] = [
  { factory: 'efi', mode: 'hmac', open: () => openEfi('hmac') },
  { factory: 'efi', mode: 'mtls', open: () => openEfi('mtls') },
  { factory: 'heleket', mode: 'sign', open: openHeleket },
  { factory: 'stripe', mode: 'signature', open: openStripe },
  { factory: 'pluggy', mode: 'shared header', open: openPluggy },
  { factory: 'openFinance', mode: 'mtls', open: openOpenFinance },
  { factory: 'pi', mode: 'secrets', open: () => openPi('secrets') },
  { factory: 'pi', mode: 'unproven', open: () => openPi('unproven') },
  { factory: 'standardWebhooks', mode: 'signature', open: openStandard },
]
