/** A provider that signs its bodies, for tests of the inbox: each body says what it is and what it tells. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  type EventTypeRow,
  Money,
  type ProviderEvent,
  type RawDelivery,
  type StoredDelivery,
  type Verdict,
  type WebhookSource,
} from '@lastro/core/spec'

/** What a body of this provider holds. */
export interface Said {
  readonly id: string
  readonly topic?: string
  readonly subject?: string
  readonly sequence?: string
  readonly tells?: readonly ProviderEvent[]
  readonly [more: string]: unknown
}

export const SIGNATURE = 'x-signature'
export const TYPES: readonly EventTypeRow[] = [
  { type: 'payout', does: 'applied', becomes: 'payout' },
  { type: 'item', does: 'handed_on', becomes: 'item changed' },
]

export const sign = (body: string | Uint8Array, secret: string): string =>
  createHmac('sha256', secret).update(body).digest('hex')

function isSigned({ headers, body }: RawDelivery, secrets: readonly string[]): boolean {
  const given = Buffer.from(headers[SIGNATURE] ?? '', 'utf8')
  return secrets.some((secret) => {
    const wanted = Buffer.from(sign(body, secret))
    return wanted.length === given.length && timingSafeEqual(wanted, given)
  })
}

const dated = (name: string, value: unknown) =>
  name === 'amount' && typeof value === 'string' ? Money.parse(value, 'BRL/2') : value

/** The source; unsigned deliveries are `unproven` where it says so. */
export function signedSource(options: {
  readonly secrets: readonly string[]
  readonly takesUnsigned?: boolean
  readonly more?: Partial<WebhookSource>
}): WebhookSource {
  return {
    specVersion: 1,
    maxBodyBytes: 10_000,
    eventTypes: TYPES,
    async verify(delivery): Promise<Verdict> {
      const isOpen = options.takesUnsigned === true && delivery.headers[SIGNATURE] === undefined
      if (!isOpen && !isSigned(delivery, options.secrets))
        return { kind: 'rejected', reason: 'bad_signature' }
      const {
        id,
        topic = 'payout',
        subject,
        sequence,
        old,
      } = JSON.parse(new TextDecoder().decode(delivery.body))
      if (old === true) return { kind: 'rejected', reason: 'stale' }
      if (typeof id !== 'string') return { kind: 'rejected', reason: 'malformed' }
      const place = { ...(subject && { subject }), ...(sequence && { sequence }) }
      return { kind: isOpen ? 'unproven' : 'authentic', deliveryId: id, topic, ...place }
    },
    translate: ({ body }: StoredDelivery) =>
      (JSON.parse(new TextDecoder().decode(body), dated) as Said).tells ?? [],
    ...options.more,
  }
}

/** A delivery as a framework gives it, signed. */
export function said(said: Said, secret: string | null = 's1') {
  const body = new TextEncoder().encode(
    JSON.stringify(said, (_name, value) => (typeof value === 'bigint' ? value.toString() : value)),
  )
  const headers: Record<string, string> = secret === null ? {} : { [SIGNATURE]: sign(body, secret) }
  return { url: '/webhooks/bank', headers, body }
}

/** News of an object that no rail of ours owns. */
export const changed = (ref: string, change: string): ProviderEvent => ({
  kind: 'changed',
  object: 'item',
  ref,
  change,
})

/** News of a payout, as a body of this provider writes it: with the amount as a text. */
export const payoutNews = (key: string, state: string, amount = '12.34') =>
  ({
    kind: 'payout',
    idempotencyKey: key,
    providerRef: `ref-${key}`,
    state,
    amount,
  }) as unknown as ProviderEvent
