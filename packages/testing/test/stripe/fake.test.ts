import { manualClock } from '@lastro/testing/clock'
import { createFakeStripe, STRIPE_API_URL, type StripeCallFault } from '@lastro/testing/stripe'
import { describe, expect, it } from 'vitest'

interface Told {
  readonly id: string
  readonly has_more?: boolean
  readonly error: { readonly type: string; readonly code?: string }
  readonly data: readonly {
    readonly id: string
    readonly created: number
    readonly latest_charge: { readonly balance_transaction: unknown }
  }[]
}

const INTENT = { amount: '1999', currency: 'usd', 'metadata[order]': '7' }

function setUp(options: Parameters<typeof createFakeStripe>[0] = {}) {
  const clock = manualClock()
  const fake = createFakeStripe({ clock, ...options })
  const call = async (path: string, form?: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fake.fetch(`${STRIPE_API_URL}${path}`, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${fake.apiKey}`, ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Told }
  }
  const create = (key?: string, changes: Record<string, string> = {}) =>
    call(
      '/v1/payment_intents',
      { ...INTENT, ...changes },
      key === undefined ? {} : { 'idempotency-key': key },
    )
  return { clock, fake, call, create }
}

describe('idempotency keys', () => {
  it('one key makes one intent, and repeats its answer', async () => {
    const { fake, create } = setUp()
    const first = await create('k1')
    const second = await create('k1')
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(fake.intents).toHaveLength(1)
    expect(fake.calls.map(({ isReplay }) => isReplay)).toEqual([false, true])
  })

  it('a key with other parameters is refused', async () => {
    const { fake, create } = setUp()
    await create('k1')
    const { status, body } = await create('k1', { amount: '2000' })
    expect([status, body.error.type]).toEqual([400, 'idempotency_error'])
    expect(fake.intents).toHaveLength(1)
  })

  it('a key is forgotten after a day, and then makes another', async () => {
    const { fake, create, clock } = setUp()
    await create('k1')
    await clock.advance(86_400_000)
    await create('k1')
    expect(fake.intents).toHaveLength(1)
    await clock.advance(1)
    await create('k1')
    expect(fake.intents).toHaveLength(2)
  })

  it('what was turned away before it began is not kept', async () => {
    const { create } = setUp()
    expect((await create('k1', { amount: '1' })).body.error.code).toBe('amount_too_small')
    expect((await create('k1')).status).toBe(200)
  })

  it.each(['slow', 'late_effect'] as const)('%s: a second call meanwhile is told so', async (kind) => {
    const { fake, create, clock } = setUp()
    fake.faults.next('intent.create', { kind, delayMs: 1_000 })
    const first = create('k1')
    await expect.poll(() => fake.calls.length).toBe(1)
    const second = await create('k1')
    expect([second.status, second.body.error.code]).toEqual([409, 'idempotency_key_in_use'])
    await clock.advance(1_000)
    expect((await first).status).toBe(200)
    expect((await create('k1')).body.id).toBe((await first).body.id)
    expect(fake.intents).toHaveLength(1)
  })

  it('a server error that came after the effect is repeated', async () => {
    const { fake, create } = setUp()
    fake.faults.next('intent.create', 'error_500_after')
    expect((await create('k1')).status).toBe(500)
    expect((await create('k1')).status).toBe(500)
    expect(fake.intents).toHaveLength(1)
  })

  it.each([
    [false, 200],
    [true, 500],
  ])('a server error before it, kept: %s', async (isKept, status) => {
    const { fake, create } = setUp()
    fake.faults.next('intent.create', { kind: 'error_500_before', isKept })
    await create('k1')
    expect((await create('k1')).status).toBe(status)
  })
})

describe('requests', () => {
  it('need the right key', async () => {
    const { call } = setUp()
    expect((await call('/v1/charges', undefined, { authorization: 'Bearer sk_test_other' })).status).toBe(401)
  })

  it.each([
    ['payment_method_types[0]', 'card', 'payment_method_types_no_longer_supported'],
    ['colour', 'red', 'parameter_unknown'],
    ['amount', '100000000', 'amount_too_large'],
  ])('%s=%s is refused: %s', async (name, value, code) => {
    const { create } = setUp()
    expect((await create(undefined, { [name]: value })).body.error.code).toBe(code)
  })

  it('an older version still takes what endive took away', async () => {
    const { call } = setUp()
    const form = { ...INTENT, 'payment_method_types[0]': 'card' }
    const { status, body } = await call('/v1/payment_intents', form, {
      'stripe-version': '2025-02-24.acacia',
    })
    expect(status).toBe(200)
    expect(body).toHaveProperty('invoice', null)
    expect(body).not.toHaveProperty('payment_record')
  })

  it('lists are paged, newest first, within a window, and expand what they hold', async () => {
    const { fake, call, create, clock } = setUp()
    const start = Math.floor(clock.now().getTime() / 1_000)
    for (let count = 0; count < 5; count++) {
      const { body } = await create()
      fake.confirmCard(body.id)
      await clock.advance(1_000)
    }
    const page = (await call('/v1/payment_intents?limit=2&expand[]=data.latest_charge.balance_transaction'))
      .body
    expect(page).toMatchObject({ has_more: true, data: [{ created: start + 4 }, { created: start + 3 }] })
    expect(page.data[0]?.latest_charge.balance_transaction).toMatchObject({ type: 'charge', net: 1_912 })
    const next = (await call(`/v1/payment_intents?limit=100&starting_after=${page.data[1]?.id}`)).body
    expect(next).toMatchObject({ has_more: false, data: { length: 3 } })
    const some = (await call(`/v1/payment_intents?created[gte]=${start + 1}&created[lt]=${start + 3}`)).body
    expect(some.data).toHaveLength(2)
    expect((await call('/v1/payment_intents?expand[]=data.colour')).status).toBe(400)
  })
})

describe('money', () => {
  it('a declined attempt leaves the intent open, and moves nothing', async () => {
    const { fake, create } = setUp()
    const { body } = await create()
    fake.confirmCard(body.id, { declines: 'insufficient_funds' })
    expect(fake.intents[0]).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { decline_code: 'insufficient_funds' },
    })
    expect(fake.balance('usd')).toBe(0)
    fake.confirmCard(body.id)
    expect(() => fake.confirmCard(body.id)).toThrow(/succeeded/)
    expect(fake.events.map(({ type }) => type)).toEqual([
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
      'charge.succeeded',
      'payment_intent.succeeded',
    ])
  })

  it('refunds and disputes move what they say, and no more', async () => {
    const { fake, call, create } = setUp()
    const { body } = await create()
    const charge = fake.confirmCard(body.id) ?? ''
    const warning = fake.warnFraud(charge)
    expect((await call('/v1/refunds', { charge, amount: '2000' })).status).toBe(400)
    expect((await call('/v1/refunds', { charge, amount: '500' })).status).toBe(200)
    const dispute = fake.openDispute(charge, { amount: 1_499 })
    expect((await call('/v1/refunds', { charge })).body.error.code).toBe('charge_disputed')
    expect(fake.balance('usd')).toBe(1_999 - 87 - 500 - 1_499 - 1_500)
    expect(fake.warnings).toMatchObject([{ id: warning, actionable: false }])
    fake.closeDispute(dispute, 'won')
    expect(fake.balance('usd')).toBe(1_999 - 87 - 500 - 1_500)
    expect(() => fake.closeDispute(dispute, 'warning_closed')).toThrow()
  })
})

describe('webhooks go wrong on request', () => {
  const brought = async (fault: Parameters<ReturnType<typeof createFakeStripe>['faults']['next']>[1]) => {
    const seen: string[] = []
    const deliver = async (request: Request) => {
      seen.push((JSON.parse(await request.text()) as { type: string }).type)
      return new Response()
    }
    const { fake, create } = setUp({
      deliver,
      endpoints: [{ url: 'https://shop.example/', secrets: ['whsec_1'] }],
    })
    fake.faults.next('webhook.deliver', fault as never)
    fake.confirmCard((await create()).body.id)
    await fake.flushWebhooks()
    await fake.flushWebhooks()
    return seen.map((type) => type.split('.').at(-1))
  }
  it.each([
    ['duplicate_webhook', ['created', 'created', 'succeeded', 'succeeded']],
    ['lost_webhook', ['succeeded', 'succeeded']],
    ['late_webhook', ['succeeded', 'succeeded']],
    ['out_of_order_webhooks', ['succeeded', 'created', 'succeeded']],
  ] as const)('%s', async (kind, wanted) => {
    const seen = await brought({ kind } as unknown as StripeCallFault)
    expect(seen.toSorted()).toEqual([...wanted].toSorted())
    if (kind === 'out_of_order_webhooks') expect(seen[0]).toBe('succeeded')
  })
})
