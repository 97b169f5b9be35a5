import { createHash } from 'node:crypto'
import type { RawDelivery } from '@lastro/core/spec'
import { type HeleketOptions, heleket } from '../src/index.ts'

export const MERCHANT = '8b03432e-385b-4670-8d06-064591096795'
export const PAYMENT_KEYS = ['payment-key-current-1', 'payment-key-previous-1'] as const
export const PAYOUT_KEYS = ['payout-key-current-01', 'payout-key-previous-01'] as const
export const SENDER = '31.133.220.8'
export const NOW = new Date('2026-11-22T12:00:00Z')

export const UUID = '62f88b36-a9d5-4fa6-aa26-e040c3dbf26d'
export const PAYOUT_UUID = '92c2ac6c-9ae2-4a4c-a2f7-1f7e8b8a2a4d'
export const TXID = '6f0d9c8374db57cac0d806251473de754f361c83a03cd805f74aa9da3193486b'

/** Options that are right. */
export function optionsFor(given: Partial<HeleketOptions> = {}): HeleketOptions {
  return {
    merchantId: MERCHANT,
    paymentKeys: PAYMENT_KEYS,
    payoutKeys: PAYOUT_KEYS,
    clock: { now: () => NOW },
    ...given,
  }
}

export const setUp = (given: Partial<HeleketOptions> = {}) => heleket(optionsFor(given))

/** Heleket's formula, written a second time. */
export const md5Of = (body: string | Uint8Array, key: string): string =>
  createHash('md5')
    .update(Buffer.from(body).toString('base64') + key)
    .digest('hex')

/** As PHP writes it with `JSON_UNESCAPED_UNICODE`. */
export const phpJson = (value: unknown): string => JSON.stringify(value).replaceAll('/', '\\/')

const keyFor = (type: unknown): string => (type === 'payout' ? PAYOUT_KEYS[0] : PAYMENT_KEYS[0])

/** A body with its `sign` as the last member, as Heleket sends it. */
export function signed(fields: Readonly<Record<string, unknown>>, key = keyFor(fields.type)): string {
  return phpJson({ ...fields, sign: md5Of(phpJson(fields), key) })
}

/** A delivery as Heleket makes it. */
export function delivery(body: string | Uint8Array, given: Partial<RawDelivery> = {}): RawDelivery {
  return {
    method: 'POST',
    url: '/webhooks/heleket',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    receivedAt: NOW,
    peer: { address: SENDER },
    ...given,
  }
}

/** What a webhook of a type tells. */
export function fieldsOf(topic: string, given: Readonly<Record<string, unknown>> = {}) {
  const [type, status] = topic.split('.')
  if (type === 'payout')
    return {
      type,
      uuid: PAYOUT_UUID,
      order_id: 'po_1',
      amount: '5.00000000',
      merchant_amount: '6.00000000',
      commission: '1.00000000',
      is_final: true,
      status,
      txid: TXID,
      currency: 'USDT',
      network: 'tron',
      payer_currency: 'USDT',
      payer_amount: '5.00000000',
      ...given,
    }
  return {
    type,
    uuid: UUID,
    order_id: 'pay_1',
    amount: '15.00000000',
    payment_amount: '15.00000000',
    payment_amount_usd: '15.00',
    merchant_amount: '14.70000000',
    commission: '0.30000000',
    is_final: true,
    status,
    from: 'THgEWubVc8tPKXLJ4VZ5zbiiAK7AgqSeGH',
    wallet_address_uuid: type === 'wallet' ? 'cf0ab1b2-32c8-4e0b-bbd3-8d8d8d8d8d8d' : null,
    network: 'tron',
    currency: 'USDT',
    payer_currency: 'USDT',
    additional_data: 'pedido 7/2026 — São Paulo',
    convert: null,
    txid: TXID,
    ...given,
  }
}

/** A genuine delivery of a type. */
export const news = (topic: string, given: Readonly<Record<string, unknown>> = {}): RawDelivery =>
  delivery(signed(fieldsOf(topic, given)))

/** One request that was made. */
export interface Asked {
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

/** A Heleket that answers in order; the last answer is repeated. It refuses what is not signed as it should be. */
export function answering(...answers: (Response | (() => Promise<Response> | Response))[]) {
  const asked: Asked[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const body = await request.text()
    asked.push({ path: new URL(request.url).pathname, headers: request.headers, body })
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer === undefined) throw new Error('no answer was given')
    return typeof answer === 'function' ? answer() : answer.clone()
  }
  return { fetch, asked }
}

export const fine = (result: unknown): Response => Response.json({ state: 0, result })
export const refused = (status: number, message: string): Response =>
  Response.json({ state: 1, message }, { status })
