import { isProviderError, Money, type ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { stripe } from '../src/index.ts'
import { API_KEY, type Json, NOW, optionsFor, sourceFor } from './setup.ts'

interface Asked {
  readonly path: string
  readonly headers: Headers
  readonly method: string
}

/** A Stripe that knows these objects by path, and what it was asked. */
function remote(objects: Readonly<Record<string, Json>>) {
  const asked: Asked[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { url, headers, method } = new Request(input, init)
    const { pathname, search } = new URL(url)
    asked.push({ path: decodeURIComponent(pathname + search), headers, method })
    const found = objects[pathname]
    if (found !== undefined) return Response.json(found)
    const error = {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such object: ${pathname}`,
    }
    return Response.json({ error }, { status: 404 })
  }
  return { asked, fetch }
}

const lookUp = (
  event: ProviderEvent,
  fetch: typeof globalThis.fetch,
  more: { account?: string; signal?: AbortSignal } = {},
) => {
  const { signal, ...changes } = more
  const source = sourceFor({ apiKey: API_KEY, fetch, ...changes })
  if (source.lookUp === undefined) throw new Error('no lookUp')
  return source.lookUp(event, signal === undefined ? {} : { signal })
}
const hint = (topic: string, ref: string): ProviderEvent => ({ kind: 'hint', topic, ref })
const usd = (amount: bigint) => Money.of(amount, 'USD/2')

const charge = {
  id: 'ch_1',
  object: 'charge',
  amount: 1999,
  amount_captured: 1999,
  captured: true,
  created: NOW,
  currency: 'usd',
  disputed: true,
  status: 'succeeded',
  payment_intent: { id: 'pi_1', object: 'payment_intent', metadata: { lastro_key: 'pay_1' } },
  balance_transaction: { id: 'txn_1', amount: 1999, fee: 88, currency: 'usd' },
  refunds: {
    object: 'list',
    data: [{ id: 're_1', amount: 500, currency: 'usd', status: 'pending', charge: 'ch_1' }],
  },
}
const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1999,
  amount_received: 1999,
  currency: 'usd',
  status: 'succeeded',
  latest_charge: { ...charge, payment_intent: 'pi_1' },
  metadata: { lastro_key: 'pay_1' },
}
const dispute = {
  id: 'du_1',
  object: 'dispute',
  amount: 1999,
  currency: 'usd',
  charge: 'ch_1',
  payment_intent: { id: 'pi_1', metadata: { lastro_key: 'pay_1' } },
  status: 'needs_response',
  balance_transactions: [],
}
const receipt = { ref: 'ch_1', amount: usd(1999n), fee: usd(88n), receivedAt: new Date(NOW * 1_000) }
const refunds = [{ ref: 're_1', receiptRef: 'ch_1', state: 'pending', amount: usd(500n) }]

describe('looking up', () => {
  it('a payment tells its receipts with their fees, its refunds and its disputes', async () => {
    const { asked, fetch } = remote({
      '/v1/payment_intents/pi_1': intent,
      '/v1/disputes': { object: 'list', data: [dispute], has_more: false, url: '/v1/disputes' },
    })
    const told = await lookUp(hint('v1.payment_intent.succeeded', 'pi_1'), fetch)
    expect(told).toEqual([
      {
        kind: 'payment',
        providerRef: 'pi_1',
        idempotencyKey: 'pay_1',
        state: 'paid',
        amount: usd(1999n),
        receipts: [receipt],
        refunds,
      },
      {
        kind: 'payment',
        providerRef: 'pi_1',
        idempotencyKey: 'pay_1',
        disputes: [
          {
            ref: 'du_1',
            receiptRef: 'ch_1',
            state: 'needs_response',
            amount: usd(1999n),
            withdrawn: usd(0n),
          },
        ],
      },
    ])
    expect(asked.map(({ path }) => path)).toEqual([
      '/v1/payment_intents/pi_1?expand[0]=latest_charge.refunds&expand[1]=latest_charge.balance_transaction',
      '/v1/disputes?charge=ch_1&limit=100&expand[0]=data.payment_intent',
    ])
    for (const { method, headers } of asked) {
      expect(method).toBe('GET')
      expect(headers.get('authorization')).toBe(`Bearer ${API_KEY}`)
      expect(headers.get('stripe-version')).toBe('2026-10-28.endive')
      expect(headers.get('stripe-account')).toBeNull()
    }
  })

  it('a fraud warning tells the amount at risk, and whose payment it is', async () => {
    const warning = {
      id: 'issfr_1',
      object: 'radar.early_fraud_warning',
      actionable: true,
      fraud_type: 'misc',
      charge,
    }
    const { fetch } = remote({ '/v1/radar/early_fraud_warnings/issfr_1': warning })
    const wanted = { ref: 'issfr_1', receiptRef: 'ch_1', state: 'warned', amount: usd(1999n), reason: 'misc' }
    expect(await lookUp(hint('radar.early_fraud_warning.created', 'issfr_1'), fetch)).toEqual([
      { kind: 'payment', providerRef: 'pi_1', idempotencyKey: 'pay_1', disputes: [wanted] },
    ])
    const past = remote({ '/v1/radar/early_fraud_warnings/issfr_1': { ...warning, actionable: false } })
    expect(await lookUp(hint('radar.early_fraud_warning.updated', 'issfr_1'), past.fetch)).toMatchObject([
      { disputes: [{ state: 'closed' }] },
    ])
  })

  it.each([
    ['requires_payment_method', 'failed'],
    ['processing', 'processing'],
    ['requires_capture', 'authorized'],
  ])(
    'a Checkout page that is through and unpaid, by its intent of status %s, is %s',
    async (status, state) => {
      const page = {
        id: 'cs_1',
        object: 'checkout.session',
        mode: 'payment',
        status: 'complete',
        payment_status: 'unpaid',
        amount_total: 1999,
        currency: 'usd',
        payment_intent: {
          ...intent,
          status,
          latest_charge: null,
          metadata: { lastro_key: 'pay_1', lastro_via: 'checkout' },
        },
        metadata: { lastro_key: 'pay_1' },
      }
      const { fetch } = remote({ '/v1/checkout/sessions/cs_1': page })
      expect(await lookUp(hint('v1.checkout.session.completed', 'cs_1'), fetch)).toMatchObject([
        { kind: 'payment', providerRef: 'cs_1', idempotencyKey: 'pay_1', state },
      ])
    },
  )

  it.each([
    [
      'v1.charge.succeeded',
      '/v1/charges/x',
      { ...charge, id: 'x' },
      { kind: 'payment', idempotencyKey: 'pay_1' },
    ],
    ['v1.refund.updated', '/v1/refunds/x', { ...charge.refunds.data[0], id: 'x' }, { kind: 'payment' }],
    [
      'v1.charge.dispute.created',
      '/v1/disputes/x',
      { ...dispute, id: 'x' },
      { kind: 'payment', idempotencyKey: 'pay_1' },
    ],
    [
      'v1.customer.subscription.active',
      '/v1/subscriptions/x',
      { id: 'x', status: 'active' },
      { object: 'subscription', change: 'active' },
    ],
    ['v1.invoice.paid', '/v1/invoices/x', { id: 'x', status: 'paid' }, { object: 'invoice', status: 'paid' }],
    [
      'v1.invoice_payment.open',
      '/v1/invoice_payments/x',
      { id: 'x', status: 'open', invoice: 'in_1' },
      { object: 'invoice', ref: 'in_1' },
    ],
    [
      'v1.customer.deleted',
      '/v1/customers/x',
      { id: 'x', deleted: true },
      { object: 'customer', facts: { isDeleted: true } },
    ],
    [
      'v1.payment_method.updated',
      '/v1/payment_methods/x',
      { id: 'x', type: 'card' },
      { object: 'payment_method' },
    ],
    [
      'v1.setup_intent.succeeded',
      '/v1/setup_intents/x',
      { id: 'x', status: 'succeeded' },
      { object: 'setup' },
    ],
    [
      'v1.subscription_schedule.updated',
      '/v1/subscription_schedules/x',
      { id: 'x', status: 'active' },
      { object: 'subscription' },
    ],
  ])('%s asks for its object', async (topic, path, object, wanted) => {
    const { asked, fetch } = remote({ [path]: object })
    expect(await lookUp(hint(topic, 'x'), fetch)).toMatchObject([wanted])
    expect(asked[0]?.path).toMatch(path)
  })

  it.each<[string, ProviderEvent, string]>([
    ['a payment', { kind: 'payment', providerRef: 'pi_1', state: 'paid' }, '/v1/payment_intents/pi_1'],
    ['a Checkout payment', { kind: 'payment', providerRef: 'cs_1' }, '/v1/checkout/sessions/cs_1'],
    ['a receipt', { kind: 'payment', receipts: [{ ref: 'ch_1', amount: usd(1n) }] }, '/v1/charges/ch_1'],
    [
      'a refund',
      { kind: 'payment', refunds: [{ ref: 're_1', state: 'pending', amount: usd(1n) }] },
      '/v1/refunds/re_1',
    ],
    [
      'a dispute',
      { kind: 'payment', disputes: [{ ref: 'du_1', state: 'won', amount: usd(1n) }] },
      '/v1/disputes/du_1',
    ],
    [
      'a warning',
      { kind: 'payment', disputes: [{ ref: 'issfr_1', state: 'warned', amount: usd(1n) }] },
      '/v1/radar/early_fraud_warnings/issfr_1',
    ],
    ['a change', { kind: 'changed', object: 'invoice', ref: 'in_1', change: 'paid' }, '/v1/invoices/in_1'],
    [
      'something strange',
      { kind: 'unrecognised', topic: 'refund.updated', detail: '', providerRef: 're_1' },
      '/v1/refunds/re_1',
    ],
  ])('%s asks for what it names, and nothing there is nothing', async (_what, event, path) => {
    const { asked, fetch } = remote({})
    expect(await lookUp(event, fetch)).toEqual([])
    expect(asked.map((each) => each.path.split('?')[0])).toEqual([path])
  })

  it.each<[string, ProviderEvent]>([
    ['a type that nobody reads', hint('v1.product.created', 'prod_1')],
    ['a type that nobody knows', { kind: 'unrecognised', topic: 'x.y', detail: '', providerRef: 'x_1' }],
    ['nothing by name', { kind: 'unrecognised', topic: 'refund.updated', detail: '' }],
    ['what is ignored', { kind: 'ignored', topic: 'product.created' }],
  ])('%s asks for nothing', async (_what, event) => {
    const { asked, fetch } = remote({})
    expect(await lookUp(event, fetch)).toEqual([])
    expect(asked).toEqual([])
  })

  it('an id cannot lead to another address', async () => {
    const { asked, fetch } = remote({})
    await lookUp(hint('v1.charge.succeeded', '../customers/cus_1?x=1'), fetch).catch(() => undefined)
    for (const { path } of asked) expect(path).toMatch(/^\/v1\/charges\//)
  })

  it('for a connected account says so', async () => {
    const { asked, fetch } = remote({})
    await lookUp(hint('v1.invoice.paid', 'in_1'), fetch, { account: 'acct_1' })
    expect(asked[0]?.headers.get('stripe-account')).toBe('acct_1')
  })
})

describe('trouble', () => {
  const CANARY = 'canary-of-an-answer'
  const answers: readonly [string, () => Promise<Response>, string][] = [
    ['401', async () => Response.json({ error: { message: CANARY } }, { status: 401 }), 'unauthorized'],
    ['403', async () => Response.json({ error: { message: CANARY } }, { status: 403 }), 'unauthorized'],
    ['400', async () => Response.json({ error: { message: CANARY } }, { status: 400 }), 'invalid_request'],
    ['404 of a stranger', async () => new Response(CANARY, { status: 404 }), 'invalid_request'],
    ['409', async () => Response.json({ error: { message: CANARY } }, { status: 409 }), 'invalid_request'],
    ['429', async () => Response.json({ error: { message: CANARY } }, { status: 429 }), 'rate_limited'],
    ['500', async () => new Response(CANARY, { status: 500 }), 'unavailable'],
    [
      'a redirect',
      async () => new Response(null, { status: 302, headers: { location: `https://x.example/${CANARY}` } }),
      'unexpected_answer',
    ],
    ['no JSON', async () => new Response(CANARY), 'unexpected_answer'],
    [
      'a reset',
      () => Promise.reject(Object.assign(new Error(CANARY), { code: 'ECONNRESET' })),
      'unavailable',
    ],
    [
      'a refused connection',
      () => Promise.reject(Object.assign(new Error(CANARY), { code: 'ECONNREFUSED' })),
      'unavailable',
    ],
  ]

  it.each(answers)(
    'of %s is thrown after one attempt, and shows no key and no answer',
    async (_what, answer, kind) => {
      let calls = 0
      const error = await lookUp(hint('v1.invoice.paid', 'in_1'), () => {
        calls += 1
        return answer()
      }).catch((thrown: unknown) => thrown)
      expect(isProviderError(error)).toBe(true)
      expect(error).toMatchObject({ kind, provider: 'stripe' })
      const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack} ${String((error as Error).cause)}`
      expect(shown).not.toContain(CANARY)
      expect(shown).not.toContain(API_KEY)
      expect(calls).toBe(1)
    },
  )

  it('given up by the caller is unavailable', async () => {
    const never: typeof globalThis.fetch = () => new Promise(() => undefined)
    const controller = new AbortController()
    const asking = lookUp(hint('v1.invoice.paid', 'in_1'), never, { signal: controller.signal })
    controller.abort()
    await expect(asking).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('without a key there is nobody to ask', () => {
    expect(stripe(optionsFor()).webhooks).not.toHaveProperty('lookUp')
  })
})
