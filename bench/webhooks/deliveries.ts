/** Deliveries of the benchmark: signed bodies of the same size, as two senders make them. */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'

/** One delivery, as a framework gives it. */
export interface Delivered {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The size of every body, in bytes. */
export const BODY_BYTES = 1_024

const key = randomBytes(32)
/** The secret of deliveries by Standard Webhooks. */
export const STANDARD_SECRET = `whsec_${key.toString('base64')}`
/** The secret of deliveries by Stripe. */
export const STRIPE_SECRET = `whsec_${randomBytes(24).toString('hex')}`

const standardKey = createSecretKey(key)
const stripeKey = createSecretKey(Buffer.from(STRIPE_SECRET))
const secondsNow = () => String(Math.floor(Date.now() / 1_000))

/** The text of exactly so many bytes that `write` gives when its filler is long enough. ASCII. */
function filled(write: (filler: string) => string): Buffer {
  const missing = BODY_BYTES - write('').length
  if (missing < 0) throw new Error('The body is larger than it should be without any filler.')
  return Buffer.from(write('lorem ipsum dolor sit amet '.repeat(64).slice(0, missing)))
}

/** A delivery signed by Standard Webhooks, of a payment. */
export function standardDelivery(place: { readonly number: number; readonly subjects: number }): Delivered {
  const { number, subjects } = place
  const subject = `pay_${String(number % subjects).padStart(8, '0')}`
  const body = filled((filler) =>
    JSON.stringify({
      type: 'payment.paid',
      timestamp: '2026-11-22T12:00:00.000Z',
      data: { id: subject, number, state: 'paid', amount: '1234.56', asset: 'BRL/2', description: filler },
    }),
  )
  const id = `msg_${randomBytes(14).toString('hex')}`
  const timestamp = secondsNow()
  const mac = createHmac('sha256', standardKey).update(`${id}.${timestamp}.`).update(body).digest('base64')
  return {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac}`,
      'content-type': 'application/json',
    },
    body,
  }
}

/** A delivery as Stripe writes and signs it, of a refund. */
export function stripeDelivery(number: number): Delivered {
  const name = String(number).padStart(24, '0')
  const body = filled((filler) =>
    JSON.stringify({
      id: `evt_${name}`,
      object: 'event',
      api_version: '2026-10-28.dahlia',
      created: 1_763_812_800,
      data: {
        object: {
          id: `re_${name}`,
          object: 'refund',
          amount: 123_456,
          charge: `ch_${name}`,
          created: 1_763_812_799,
          currency: 'brl',
          description: filler,
          metadata: {},
          payment_intent: `pi_${name}`,
          reason: null,
          status: 'succeeded',
        },
      },
      livemode: true,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: 'refund.updated',
    }),
  )
  const timestamp = secondsNow()
  const mac = createHmac('sha256', stripeKey).update(`${timestamp}.`).update(body).digest('hex')
  return { headers: { 'stripe-signature': `t=${timestamp},v1=${mac}` }, body }
}
