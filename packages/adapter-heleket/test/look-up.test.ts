import { Money, type ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import type { HeleketOptions } from '../src/index.ts'
import {
  answering,
  fieldsOf,
  fine,
  md5Of,
  news,
  PAYMENT_KEYS,
  PAYOUT_KEYS,
  PAYOUT_UUID,
  refused,
  setUp,
  TXID,
  UUID,
} from './setup.ts'

const UPDATED = '2026-11-22T17:00:00+03:00'
const OCCURRED = new Date('2026-11-22T14:00:00Z')

/** `/v1/payment/info`, as the sheet shows it. */
const payment = (given: object = {}) => ({
  uuid: UUID,
  order_id: 'pay_1',
  amount: '15.00',
  payment_amount: '15.00000000',
  payment_amount_usd: '15.00',
  payer_amount: '15.00000000',
  payer_currency: 'USDT',
  currency: 'USD',
  merchant_amount: '14.70000000',
  commission: '0.30000000',
  network: 'tron',
  address: 'THgEWubVc8tPKXLJ4VZ5zbiiAK7AgqSeGH',
  from: 'TDD97yguPESTpcrJMqU6h2ozZbibv4Vaqm',
  txid: TXID,
  payment_status: 'paid',
  status: 'paid',
  expired_at: 1795356000,
  is_final: true,
  discount: '0.00000000',
  convert: null,
  updated_at: UPDATED,
  ...given,
})
const payout = (given: object = {}) => ({
  uuid: PAYOUT_UUID,
  amount: '5',
  currency: 'USDT',
  commission: '1.00000000',
  merchant_amount: '6.00000000',
  network: 'tron',
  address: 'TDD97yguPESTpcrJMqU6h2ozZbibv4Vaqm',
  txid: TXID,
  status: 'paid',
  is_final: true,
  balance: 124,
  payer_currency: 'USDT',
  payer_amount: { odd: 1 },
  ...given,
})

function ask(answer: Response | (() => Promise<Response> | Response), given: Partial<HeleketOptions> = {}) {
  const { fetch, asked } = answering(answer)
  const { webhooks } = setUp({ fetch, ...given })
  const lookUp = (topic: string, fields = {}, signal?: AbortSignal) => {
    const { body } = news(topic, fields)
    const [event] = webhooks.translate({ body, topic, subject: null })
    return webhooks.lookUp(event as ProviderEvent, signal === undefined ? {} : { signal })
  }
  return { lookUp, asked }
}
const told = (topic: string, result: object, given = {}) => ask(fine(result), given).lookUp(topic)

const usdt = (amount: bigint) => Money.of(amount, 'USDT.tron/6')

describe('a payment', () => {
  it('is asked for by its id, signed with the payment key', async () => {
    const { lookUp, asked } = ask(fine(payment()))
    await lookUp('payment.paid')
    const body = `{"uuid":"${UUID}"}`
    expect(asked).toMatchObject([{ path: '/v1/payment/info', body }])
    expect(asked[0]?.headers.get('sign')).toBe(md5Of(body, PAYMENT_KEYS[0]))
  })

  it('is told with what came, and under the id of the invoice', async () => {
    expect(await told('payment.paid', payment())).toEqual([
      {
        kind: 'payment',
        providerRef: UUID,
        idempotencyKey: 'pay_1',
        state: 'paid',
        amount: Money.of(1_500n, 'USD/2'),
        receipts: [{ ref: UUID, amount: usdt(15_000_000n), fee: usdt(300_000n) }],
        detail: 'paid',
        occurredAt: OCCURRED,
      },
    ])
  })

  it('is told as it is now, not as the delivery says', async () => {
    const events = await told(
      'payment.paid',
      payment({ status: 'check', is_final: false, payment_amount: null }),
    )
    expect(events).toMatchObject([{ kind: 'payment', state: 'pending' }])
    expect(events[0]).not.toHaveProperty('receipts')
  })

  it.each([
    ['check', { state: 'pending' }, false],
    ['process', { state: 'processing' }, false],
    ['confirm_check', { state: 'processing' }, false],
    ['wrong_amount_waiting', { state: 'requires_action' }, false],
    ['paid', { state: 'paid' }, true],
    ['paid_over', { state: 'paid' }, true],
    ['wrong_amount', { state: 'failed', reason: 'invalid_amount' }, true],
    ['fail', { state: 'failed', reason: 'refused' }, false],
    ['cancel', { state: 'expired', reason: 'expired' }, false],
    ['system_fail', { state: 'failed', reason: 'refused' }, false],
    ['locked', { state: 'processing' }, false],
    ['refund_process', {}, true],
    ['refund_paid', {}, true],
    ['refund_fail', {}, true],
  ])('with status %s', async (status, facts, hasArrived) => {
    const [event, ...more] = await told('payment.paid', payment({ status, is_final: undefined }))
    expect(event).toMatchObject({ kind: 'payment', detail: status, ...facts })
    expect(event !== undefined && 'state' in event).toBe('state' in facts)
    expect(event !== undefined && 'receipts' in event).toBe(hasArrived)
    const isTold = status === 'locked' || status.startsWith('refund_')
    expect(more).toEqual(
      isTold
        ? [
            {
              kind: 'changed',
              object: 'invoice',
              ref: UUID,
              change: status,
              status,
              facts: { orderId: 'pay_1', txid: TXID },
              occurredAt: OCCURRED,
            },
          ]
        : [],
    )
  })

  it.each(['paid', 'paid_over', 'wrong_amount', 'fail', 'cancel', 'system_fail'])(
    'with status %s that is not final yet tells neither state nor money',
    async (status) => {
      const [event] = await told('payment.paid', payment({ status, is_final: false }))
      expect(event).toMatchObject({ kind: 'payment', detail: `${status}, not final yet` })
      for (const name of ['state', 'receipts', 'reason']) expect(event).not.toHaveProperty(name)
    },
  )

  it('has its status under either name', async () => {
    const events = await told('payment.paid', payment({ status: undefined, payment_status: 'paid_over' }))
    expect(events).toMatchObject([{ state: 'paid' }])
  })

  it.each(['settled', 'constructor', '', null, 'PAID'])(
    'with the status %s is never paid',
    async (status) => {
      const events = await told('payment.paid', payment({ status, payment_status: status }))
      expect(events).toMatchObject([{ kind: 'unrecognised', topic: 'payment.paid', providerRef: UUID }])
    },
  )

  it('of a status that is new is asked for too', async () => {
    const { lookUp } = ask(fine(payment()))
    expect(await lookUp('payment.settled')).toMatchObject([{ kind: 'payment', state: 'paid' }])
  })

  it.each([
    ['no payment amount', { payment_amount: null }],
    ['nothing', { payment_amount: '0.00000000' }],
  ])('that is paid with %s has no receipt', async (_name, given) => {
    const [event] = await told('payment.paid', payment(given))
    expect(event).toMatchObject({ state: 'paid' })
    expect(event).not.toHaveProperty('receipts')
  })

  it.each([
    ['does not add up', { commission: '0.40000000' }],
    ['has more places than the asset', { commission: '0.30000001', merchant_amount: '14.69999999' }],
    ['is not told', { commission: null }],
    ['is of what was converted', { convert: { to_currency: 'BTC', amount: '0.1' } }],
  ])('has no fee where it %s', async (_name, given) => {
    const [event] = await told('payment.paid', payment(given))
    expect(event).toMatchObject({ receipts: [{ ref: UUID, amount: usdt(15_000_000n) }] })
    expect(
      JSON.stringify(event, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('fee')
  })
})

describe('amounts', () => {
  it.each([
    ['USDT', 'bsc', '1.000000000000000001', Money.of(1_000_000_000_000_000_001n, 'USDT.bsc/18')],
    ['USDT', 'TRON', '0.000001', usdt(1n)],
    ['BTC', 'btc', '0.00000001', Money.of(1n, 'BTC.bitcoin/8')],
    [
      'ETH',
      'eth',
      '12345678901234567890.5',
      Money.of(12345678901234567890_500000000000000000n, 'ETH.ethereum/18'),
    ],
    ['TON', 'ton', '1.5', Money.of(1_500_000_000n, 'GRAM.ton/9')],
    ['MATIC', 'polygon', '2', Money.of(2_000_000_000_000_000_000n, 'POL.polygon/18')],
    ['XMR', 'xmr', '0.000000000001', Money.of(1n, 'XMR/12')],
  ])('of %s on %s are exact', async (payer_currency, network, payment_amount, amount) => {
    const events = await told('payment.paid', payment({ payer_currency, network, payment_amount }))
    expect(events).toMatchObject([{ receipts: [{ amount }] }])
  })

  it('that are JSON numbers are read digit by digit', async () => {
    const json = JSON.stringify({ state: 0, result: payment() }).replace('"15.00000000"', '15.100000')
    const { lookUp } = ask(new Response(json.replace('"14.70000000"', '14.80000000')))
    expect(await lookUp('payment.paid')).toMatchObject([
      { receipts: [{ amount: usdt(15_100_000n), fee: usdt(300_000n) }] },
    ])
  })

  it.each([
    ['an unknown coin', { payer_currency: 'HMSTR', network: 'ton' }],
    ['a coin without its network', { network: null }],
    ['a coin on another network', { network: 'arbitrum' }],
    ['a code that is none', { payer_currency: '<script>' }],
  ])('in %s are kept for a person', async (_name, given) => {
    const events = await told('payment.paid', payment(given))
    expect(events).toMatchObject([{ kind: 'unrecognised', providerRef: UUID }])
    expect(JSON.stringify(events)).toContain('options.assets')
    expect(JSON.stringify(events)).not.toContain('script')
  })

  it('in a coin that the host named are read', async () => {
    const assets = { 'USDT.arbitrum': 'USDT0.arbitrum/6', NGN: 'NGN/2' } as const
    const events = await told('payment.paid', payment({ network: 'arbitrum', currency: 'NGN' }), { assets })
    expect(events).toMatchObject([
      {
        amount: Money.of(1_500n, 'NGN/2'),
        receipts: [{ amount: Money.of(15_000_000n, 'USDT0.arbitrum/6') }],
      },
    ])
  })

  it('of an invoice in an unknown currency are left out', async () => {
    const [event] = await told('payment.paid', payment({ currency: 'NGN' }))
    expect(event).toMatchObject({ state: 'paid', receipts: [{ amount: usdt(15_000_000n) }] })
    expect(event).not.toHaveProperty('amount')
  })

  it.each(['15.0000001', '-1', '1e3', '1,50', '', ' 1', 'NaN'])('such as %j are refused', async (amount) => {
    const asking = told('payment.paid', payment({ payment_amount: amount }))
    await expect(asking).rejects.toMatchObject({ provider: 'heleket', kind: 'unexpected_answer' })
    await expect(asking).rejects.toThrow('payment.payment_amount')
  })
})

describe('a deposit on a static wallet', () => {
  it('is told with its transaction', async () => {
    const { lookUp, asked } = ask(fine(payment({ currency: 'USDT', wallet_address_uuid: 'w-1' })))
    expect(await lookUp('wallet.paid')).toEqual([
      {
        kind: 'changed',
        object: 'wallet_deposit',
        ref: UUID,
        change: 'paid',
        status: 'paid',
        facts: {
          state: 'paid',
          asset: 'USDT.tron/6',
          amount: '15.000000',
          merchantAmount: '14.70000000',
          commission: '0.30000000',
          orderId: 'pay_1',
          walletUuid: 'w-1',
          address: 'THgEWubVc8tPKXLJ4VZ5zbiiAK7AgqSeGH',
          txid: TXID,
          isFinal: true,
        },
        occurredAt: OCCURRED,
      },
    ])
    expect(asked[0]?.body).toBe(`{"uuid":"${UUID}"}`)
  })

  it('of another transaction than the delivery tells is kept for a person', async () => {
    const { lookUp } = ask(fine(payment({ txid: 'other' })))
    expect(await lookUp('wallet.paid')).toMatchObject([{ kind: 'unrecognised', topic: 'wallet.paid' }])
    expect(await lookUp('wallet.paid', { txid: null })).toMatchObject([{ kind: 'changed' }])
  })

  it.each([
    ['a new status', { status: 'settled' }, { kind: 'unrecognised' }],
    ['an unknown coin', { payer_currency: 'HMSTR' }, { kind: 'unrecognised' }],
    ['"paid" that is not final', { is_final: false }, { kind: 'changed', facts: { state: null } }],
  ])('with %s', async (_name, given, event) => {
    expect(await told('wallet.paid', payment(given))).toMatchObject([event])
  })
})

describe('a payout', () => {
  it('is asked for with the payout key, and told', async () => {
    const { lookUp, asked } = ask(fine(payout({ order_id: 'po_1', updated_at: '2026-11-22 17:00:00' })))
    expect(await lookUp('payout.paid')).toEqual([
      {
        kind: 'payout',
        idempotencyKey: 'po_1',
        providerRef: PAYOUT_UUID,
        state: 'paid',
        amount: usdt(5_000_000n),
        endToEndId: TXID,
        occurredAt: OCCURRED,
      },
    ])
    expect(asked[0]?.path).toBe('/v1/payout/info')
    expect(asked[0]?.headers.get('sign')).toBe(md5Of(`{"uuid":"${PAYOUT_UUID}"}`, PAYOUT_KEYS[0]))
  })

  it.each([
    ['process', { state: 'pending' }],
    ['check', { state: 'pending' }],
    ['paid', { state: 'paid', idempotencyKey: null }],
    ['fail', { state: 'failed', reason: 'refused', detail: 'fail' }],
    ['cancel', { state: 'failed', reason: 'refused', detail: 'cancel' }],
    ['system_fail', { state: 'failed', reason: 'refused', detail: 'system_fail' }],
  ])('with status %s', async (status, facts) => {
    const answer = payout({ status, is_final: undefined, txid: null })
    const [event] = await told('payout.paid', answer)
    expect(event).toMatchObject({ kind: 'payout', ...facts })
    expect(event).not.toHaveProperty('endToEndId')
  })

  it.each(['paid', 'fail', 'cancel'])('with status %s that is not final is pending', async (status) => {
    const [event] = await told('payout.paid', payout({ status, is_final: false }))
    expect(event).toMatchObject({ state: 'pending' })
    expect(event).not.toHaveProperty('reason')
  })

  it.each([
    ['a new status', { status: 'sent' }],
    ['no status', { status: null }],
    ['an unknown coin', { currency: 'CGPT' }],
    ['no amount', { amount: null }],
  ])('with %s is kept for a person', async (_name, given) => {
    expect(await told('payout.paid', payout(given))).toMatchObject([
      { kind: 'unrecognised', topic: 'payout.paid', providerRef: PAYOUT_UUID },
    ])
  })
})

describe('asking', () => {
  it('answers nothing for what is not there, and for what names nothing', async () => {
    expect(await ask(refused(404, 'Payment was not found')).lookUp('payment.paid')).toEqual([])
    const { fetch, asked } = answering(fine(payment()))
    const { webhooks } = setUp({ fetch })
    const events: ProviderEvent[] = [
      { kind: 'ignored', topic: 'payment.paid' },
      { kind: 'hint', topic: 'recurrence.paid', ref: UUID },
      { kind: 'hint', topic: 'constructor.paid', ref: UUID },
      { kind: 'hint', topic: 'payment.paid', ref: 'a b' },
      { kind: 'unrecognised', topic: 'payment.paid', detail: 'x' },
    ]
    for (const event of events) expect(await webhooks.lookUp(event)).toEqual([])
    expect(asked).toEqual([])
  })

  it.each([
    ['another object', fine(payment({ uuid: 'other' })), 'unexpected_answer'],
    ['no object', fine([]), 'unexpected_answer'],
    ['no JSON', new Response('<html>'), 'unexpected_answer'],
    ['no state', Response.json({ result: payment() }), 'unexpected_answer'],
    ['a state that is new', Response.json({ state: 2, result: payment() }), 'unexpected_answer'],
    ['a refusal with 200', refused(200, 'The network was not found'), 'invalid_request'],
    ['a success with 500', Response.json({ state: 0, result: payment() }, { status: 500 }), 'unavailable'],
    ['400', refused(400, 'x'), 'invalid_request'],
    ['401', refused(401, 'Wrong key'), 'unauthorized'],
    ['403', refused(403, 'You are forbidden'), 'unauthorized'],
    ['a page of a proxy with 404', new Response('not found', { status: 404 }), 'invalid_request'],
    [
      '422',
      Response.json({ state: 1, errors: { uuid: ['validation.uuid'] } }, { status: 422 }),
      'invalid_request',
    ],
    ['429', refused(429, 'x'), 'rate_limited'],
    ['502', new Response('bad gateway', { status: 502 }), 'unavailable'],
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: 'https://x.example' } }),
      'unexpected_answer',
    ],
    ['no answer', () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' })), 'unavailable'],
    ['an answer that never ends', () => new Response(new ReadableStream()), 'unavailable'],
  ])('that meets %s throws', async (_name, answer, kind) => {
    const { lookUp } = ask(answer, { timeoutMs: 50 })
    await expect(lookUp('payment.paid')).rejects.toMatchObject({ provider: 'heleket', kind })
  })

  it('tells what is known of a refusal, and how long to wait', async () => {
    const errors = { uuid: ['validation.uuid'], secret_field: ['x'] }
    const invalid = ask(Response.json({ state: 1, errors }, { status: 422 })).lookUp('payment.paid')
    await expect(invalid).rejects.toThrow('met status 422 (uuid).')
    await expect(ask(refused(401, 'Wrong key')).lookUp('payment.paid')).rejects.toThrow('(Wrong key)')
    const busy = new Response('{}', { status: 429, headers: { 'retry-after': '7' } })
    await expect(ask(busy).lookUp('payment.paid')).rejects.toMatchObject({ retryAfterMs: 7_000 })
  })

  it('ends with the caller', async () => {
    const { lookUp } = ask(() => new Promise<Response>(() => undefined))
    await expect(lookUp('payment.paid', {}, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })

  it('needs the key of its kind', async () => {
    const { fetch, asked } = answering(fine(payout()))
    const { webhooks } = setUp({ fetch, payoutKeys: [] })
    const hint: ProviderEvent = { kind: 'hint', topic: 'payout.paid', ref: fieldsOf('payout.paid').uuid }
    await expect(webhooks.lookUp(hint)).rejects.toMatchObject({ kind: 'misconfigured' })
    expect(asked).toEqual([])
  })
})
