import { createHash, createHmac } from 'node:crypto'
import type { ProviderEvent, RawDelivery, Verdict, WebhookSource } from '@lastro/core/spec'
import { Money } from '@lastro/core/spec'
import type { CreateWorld, Forgery, WebhookWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'

/** The decisions of a webhook adapter, one by one. */
interface WebhookParts {
  /** True when the signature is of these bytes. */
  isSigned(delivery: RawDelivery): boolean
  /** The body in the provider's form, or null. May throw when broken. */
  read(body: Uint8Array): News | null
  deliveryId(delivery: RawDelivery, news: News): string
  authentic: 'authentic' | 'unproven'
  /** The type in the table of event types. */
  listed: string
  events(news: News): readonly ProviderEvent[]
}

interface News {
  readonly id: string
  readonly amount: string
}

type Replace = (correct: WebhookParts) => Partial<WebhookParts>

const SECRET = 'a secret shared with the provider'
const MAX_BODY_BYTES = 4_096

const signature = (body: Uint8Array | string, secret = SECRET): string =>
  createHmac('sha256', secret).update(body).digest('hex')
const textOf = (body: Uint8Array): string => new TextDecoder().decode(body)

function isNews(value: unknown): value is News {
  if (typeof value !== 'object' || value === null) return false
  return typeof Reflect.get(value, 'id') === 'string' && typeof Reflect.get(value, 'amount') === 'string'
}

const correctParts: WebhookParts = {
  isSigned: ({ headers, body }) => headers['x-signature'] === signature(body),
  read(body) {
    try {
      const value: unknown = JSON.parse(textOf(body))
      return isNews(value) ? value : null
    } catch {
      return null
    }
  },
  deliveryId: ({ body }) => createHash('sha256').update(body).digest('hex'),
  authentic: 'authentic',
  listed: 'payout',
  events: ({ id, amount }) => [
    {
      kind: 'payout',
      idempotencyKey: id,
      providerRef: id,
      state: 'paid',
      amount: Money.parse(amount, 'BRL/2'),
    },
  ],
}

function createSource(parts: WebhookParts): WebhookSource {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: [{ type: parts.listed, does: 'applied', becomes: 'payout paid' }],
    async verify(delivery): Promise<Verdict> {
      if (!parts.isSigned(delivery)) return { kind: 'rejected', reason: 'bad_signature' }
      if (delivery.body.byteLength > MAX_BODY_BYTES) return { kind: 'rejected', reason: 'malformed' }
      const news = parts.read(delivery.body)
      if (news === null) return { kind: 'rejected', reason: 'malformed' }
      return { kind: parts.authentic, deliveryId: parts.deliveryId(delivery, news), topic: 'payout' }
    },
    translate({ body }) {
      const news = correctParts.read(body)
      return news === null ? [] : parts.events(news)
    },
  }
}

function forge(delivery: RawDelivery): readonly Forgery[] {
  const { 'x-signature': signed = '', ...bare } = delivery.headers
  const withSignature = (text: string) => ({ ...delivery, headers: { ...bare, 'x-signature': text } })
  return [
    { what: 'no signature', delivery: { ...delivery, headers: bare } },
    { what: 'an empty signature', delivery: withSignature('') },
    { what: 'half a signature', delivery: withSignature(signed.slice(0, 32)) },
    { what: 'the signature of another secret', delivery: withSignature(signature(delivery.body, 'guessed')) },
  ]
}

function createWorld(replace: Replace = () => ({})): WebhookWorld {
  let count = 0
  let time = Date.UTC(2026, 2, 2)
  const deliver = (body: Uint8Array): RawDelivery => {
    time += 60_000
    const headers = { 'x-signature': signature(body), 'x-sent-at': `${time}` }
    return { method: 'POST', url: '/webhooks/reference', headers, body, receivedAt: new Date(time) }
  }
  return {
    source: createSource({ ...correctParts, ...replace(correctParts) }),
    proof: 'body',
    news() {
      count += 1
      return new TextEncoder().encode(JSON.stringify({ id: `pout_${count}`, amount: `${count}.50` }))
    },
    deliver,
    forge: (body) => forge(deliver(body)),
    malformed: ['{"id":"pout_1"', '{}', '[]', 'null', 'id=pout_1'].map((text) =>
      new TextEncoder().encode(text),
    ),
  }
}

/** A correct webhook adapter of a provider that signs bodies. */
export const webhookReference: CreateWorld<WebhookWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<WebhookWorld> => ({
  id: `webhook/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Deduplicates inside `translate`, which is the engine's work. */
function tellsOnce(correct: WebhookParts): Partial<WebhookParts> {
  const seen = new Set<string>()
  return {
    events(news) {
      if (seen.has(news.id)) return []
      seen.add(news.id)
      return correct.events(news)
    },
  }
}

/** Ways to break a webhook adapter, at least one for each rule. */
export const webhookFlaws: readonly Flaw<WebhookWorld>[] = [
  flaw('authentic_accepted', 'trusts nobody', { replace: () => ({ authentic: 'unproven' }) }),
  flaw('forged_rejected', 'checks the signature only when there is one', {
    replace: (correct) => ({
      isSigned: (delivery) => !delivery.headers['x-signature'] || correct.isSigned(delivery),
    }),
  }),
  flaw('forged_rejected', 'compares as much of the signature as was given', {
    replace: () => ({
      isSigned: ({ headers: { 'x-signature': given = '' }, body }) =>
        given !== '' && signature(body).startsWith(given),
    }),
  }),
  flaw('verify_reads_bytes', 'checks a body that was parsed and written again', {
    replace: (correct) => ({
      isSigned(delivery) {
        const news = correct.read(delivery.body)
        const body = news === null ? delivery.body : JSON.stringify(news)
        return delivery.headers['x-signature'] === signature(body)
      },
    }),
  }),
  flaw('duplicate_same_id', 'names a delivery by the time it was sent', {
    replace: () => ({ deliveryId: ({ headers }) => headers['x-sent-at'] ?? '' }),
  }),
  flaw('duplicate_same_id', 'gives all deliveries of a topic one name', {
    replace: () => ({ deliveryId: () => 'payout' }),
  }),
  flaw('types_listed', 'has a type that its table does not know', {
    replace: () => ({ listed: 'payouts' }),
  }),
  flaw('translate_pure', 'tells each fact once', { replace: tellsOnce }),
  flaw('malformed_rejected', 'throws on what it cannot parse', {
    replace: () => ({ read: (body) => JSON.parse(textOf(body)) as News }),
  }),
  flaw('malformed_rejected', 'takes any JSON for news', {
    replace: (correct) => ({
      read: (body) => correct.read(body) ?? (textOf(body) === '{}' ? { id: '', amount: '0.00' } : null),
    }),
  }),
]
