import { inspect } from 'node:util'
import { type CreatePayment, isProviderError, Money, type Outcome, reveal, secret } from '@lastro/core/spec'
import type { StripeCallFault } from '@lastro/testing/stripe'
import { describe, expect, it } from 'vitest'
import { stripe } from '../src/index.ts'
import { NOW, optionsFor } from './setup.ts'
import { requestFor, setUp } from './world.ts'

const MINUTE = 60_000
const at = (ms: number) => new Date(NOW * 1_000 + ms)
const usd = (amount: bigint) => Money.of(amount, 'USD/2')

async function made(world: ReturnType<typeof setUp>, changes: Partial<CreatePayment> = {}) {
  const request = requestFor(changes)
  const outcome = await world.provider.payments.create(request)
  if (outcome.kind !== 'accepted') throw new Error(`not made: ${inspect(outcome)}`)
  const { idempotencyKey } = request
  const ref = { idempotencyKey, providerRef: outcome.value.providerRef }
  return { request, payment: outcome.value, ref }
}

/** Made and paid, and what `find` tells of it. */
async function paid(world: ReturnType<typeof setUp>, changes: Partial<CreatePayment> = {}) {
  const given = await made(world, changes)
  const { providerRef } = given.ref
  if (providerRef.startsWith('cs_')) world.fake.payCheckout(providerRef)
  else world.fake.confirmCard(providerRef)
  const found = await world.provider.payments.find(given.ref)
  const [receipt] = found?.receipts ?? []
  if (found === null || receipt === undefined) throw new Error('not paid')
  const refund = { idempotencyKey: 'rfnd_1', payment: given.ref, receiptRef: receipt.ref, amount: usd(500n) }
  return { ...given, found, receipt, refund }
}

describe('creating', () => {
  it('a page carries our key, leads back, and its intent is known as made by it', async () => {
    const world = setUp()
    const { payment, request } = await made(world, {
      description: 'Order 7',
      cancelUrl: 'https://shop.example/cart',
      payer: { email: 'ana@example.com' },
      expiresAt: at(45 * MINUTE),
    })
    const [session] = world.fake.sessions
    expect(session).toMatchObject({
      amount_total: 1999,
      currency: 'usd',
      metadata: { lastro_key: request.idempotencyKey },
      success_url: 'https://shop.example/thanks',
      cancel_url: 'https://shop.example/cart',
      customer_email: 'ana@example.com',
      expires_at: NOW + 45 * 60,
    })
    expect(payment).toMatchObject({
      state: 'pending',
      providerRef: session?.id,
      action: { kind: 'redirect', url: session?.url },
    })
    world.fake.payCheckout(payment.providerRef)
    expect(world.fake.intents).toMatchObject([
      {
        description: 'Order 7',
        metadata: { lastro_key: request.idempotencyKey, lastro_via: 'checkout' },
      },
    ])
  })

  it('an intent waits for the payer in the browser, whose secret shows itself to nobody', async () => {
    const world = setUp()
    const { payment } = await made(world, { method: 'card', payer: { providerRef: 'cus_7' } })
    const [intent] = world.fake.intents
    expect(intent).toMatchObject({ customer: 'cus_7', allowed_payment_method_types: ['card'] })
    if (payment.action?.kind !== 'confirm_in_browser') throw new Error('no action')
    expect(reveal(payment.action.clientSecret)).toBe(intent?.client_secret)
    expect(inspect(payment) + JSON.stringify(payment.action)).not.toContain('_secret_')
  })

  it('keys follow from the intent, and long or strange ones are shortened', async () => {
    const world = setUp()
    await made(world, { idempotencyKey: 'pay_1' })
    await made(world, { idempotencyKey: `pay_${'x'.repeat(400)}` })
    await made(world, { idempotencyKey: 'café' })
    const [first, long, strange] = world.fake.calls.map(({ idempotencyKey }) => idempotencyKey)
    expect(first).toBe('lastro:create:pay_1')
    for (const key of [long, strange]) expect(key).toMatch(/^lastro:create:[0-9a-f]{64}$/)
  })

  it('asks once, whatever comes of it', async () => {
    const world = setUp()
    world.fake.faults.next('intent.create', 'drop_before_send')
    const outcome = await world.provider.payments.create(requestFor({ method: 'card' }))
    expect(outcome.kind).toBe('unknown')
    expect(world.fake.calls).toHaveLength(1)
  })

  it('the same key for another amount is doubt, and changes nothing', async () => {
    const world = setUp()
    const { request } = await made(world)
    const outcome = await world.provider.payments.create({ ...request, amount: usd(5_000n) })
    expect(outcome.kind).toBe('unknown')
    expect(world.fake.sessions).toHaveLength(1)
  })

  it.each([
    ['JPY/0', 1_999n, 1999],
    ['KWD/3', 1_230n, 1230],
    ['BRL/2', 99_999_999n, 99_999_999],
  ] as const)('in %s the amount is exact both ways', async (asset, amount, wire) => {
    const world = setUp()
    const { payment } = await made(world, { method: 'card', amount: Money.of(amount, asset) })
    expect(world.fake.intents[0]?.amount).toBe(wire)
    expect(payment.amount).toEqual(Money.of(amount, asset))
  })
})

describe('what an answer means', () => {
  const CASES: readonly (readonly [string, StripeCallFault, Partial<Outcome<never>>])[] = [
    [
      'a card that is refused',
      { kind: 'refuse', declineCode: 'card_velocity_exceeded' },
      { kind: 'declined', reason: 'limit_exceeded', detail: 'card_velocity_exceeded, card_declined' },
    ],
    [
      'a parameter that is refused',
      {
        kind: 'refuse',
        status: 400,
        type: 'invalid_request_error',
        code: 'amount_too_small',
        param: 'amount',
      },
      { kind: 'declined', reason: 'invalid_amount', detail: 'amount_too_small (amount)' },
    ],
    [
      'a time that ran out on the way',
      {
        kind: 'refuse',
        status: 400,
        type: 'invalid_request_error',
        code: 'parameter_invalid_integer',
        param: 'expires_at',
      },
      { kind: 'declined', reason: 'expired' },
    ],
    [
      'a customer that is not there',
      {
        kind: 'refuse',
        status: 404,
        type: 'invalid_request_error',
        code: 'resource_missing',
        param: 'customer',
      },
      { kind: 'declined', reason: 'refused', detail: 'resource_missing (customer)' },
    ],
    [
      'a key with other parameters',
      { kind: 'refuse', status: 400, type: 'idempotency_error' },
      { kind: 'unknown' },
    ],
    [
      'an attempt under way',
      { kind: 'refuse', status: 409, type: 'idempotency_error', code: 'idempotency_key_in_use' },
      { kind: 'unknown' },
    ],
    [
      'a refusal that is Stripe’s own trouble',
      { kind: 'refuse', status: 400, type: 'api_error' },
      { kind: 'unknown' },
    ],
    [
      'a limit told as 400',
      { kind: 'refuse', status: 400, type: 'invalid_request_error', code: 'rate_limit' },
      { kind: 'unknown' },
    ],
    ['a limit of rate', { kind: 'rate_limited' }, { kind: 'not_sent' }],
    ['an object that is busy', { kind: 'rate_limited', reason: null }, { kind: 'unknown' }],
    ['a limit of one object', { kind: 'rate_limited', reason: 'resource-specific' }, { kind: 'unknown' }],
    [
      'a key without permission',
      { kind: 'refuse', status: 403, type: 'invalid_request_error' },
      { kind: 'not_sent' },
    ],
    ['a server error', { kind: 'error_500_before' }, { kind: 'unknown' }],
    ['a gateway', { kind: 'error_500_before', status: 502, html: true }, { kind: 'unknown' }],
    ['a body that breaks off', { kind: 'truncate' }, { kind: 'unknown' }],
  ]
  it.each(CASES)('%s', async (_what, fault, wanted) => {
    for (const [method, operation] of [
      ['card', 'intent.create'],
      ['checkout', 'session.create'],
    ] as const) {
      const world = setUp()
      world.fake.faults.next(operation, fault)
      expect(await world.provider.payments.create(requestFor({ method }))).toMatchObject(wanted)
    }
  })

  it('a wrong key of the API is not_sent, and is never shown', async () => {
    const world = setUp({ apiKey: 'sk_test_wrongwrongwrong' })
    const outcome = await world.provider.payments.create(requestFor())
    expect(outcome.kind).toBe('not_sent')
    expect(inspect(outcome, { depth: 9 })).not.toContain('wrongwrong')
    const error = await world.provider.payments
      .find({ idempotencyKey: 'pay_1' })
      .catch((thrown: unknown) => thrown)
    expect(isProviderError(error) && error.kind).toBe('unauthorized')
    expect(inspect(error, { depth: 9 })).not.toContain('wrongwrong')
  })

  it('a wait that is given up is doubt', async () => {
    const world = setUp()
    world.fake.faults.next('session.create', 'slow')
    const controller = new AbortController()
    const asked = world.provider.payments.create(requestFor({ signal: controller.signal }))
    await expect.poll(() => world.fake.calls.length).toBe(1)
    controller.abort()
    expect((await asked).kind).toBe('unknown')
    expect(world.fake.sessions).toHaveLength(1)
  })
})

describe('checking', () => {
  const { provider } = setUp()
  it.each([
    ['method', { method: 'pix' }],
    ['due', { due: { dueDate: '2027-01-01' } }],
    ['amount.asset', { amount: Money.of(100n, 'EUR/2') }],
    ['amount', { amount: usd(0n) }],
    ['amount', { amount: usd(100_000_000n) }],
    ['amount', { amount: Money.of(1_234n, 'KWD/3') }],
    ['payer.providerRef', { payer: { providerRef: 'user-1' } }],
    ['expiresAt', { expiresAt: at(29 * MINUTE) }],
    ['expiresAt', { expiresAt: at(24 * 60 * MINUTE + 1) }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(501) }],
  ] as const)('names the field %s', async (field, changes) => {
    const request = requestFor(changes as Partial<CreatePayment>)
    expect(provider.payments.check(request)).toMatchObject({ field })
    expect((await provider.payments.create(request)).kind).toBe('declined')
  })

  it('a page needs somewhere to lead, and a form does not', () => {
    const { returnUrl: _none, ...request } = requestFor()
    expect(provider.payments.check(request)).toMatchObject({ field: 'returnUrl' })
    expect(provider.payments.check({ ...request, method: 'card' })).toBeNull()
  })

  it('an embedded page takes no cancelUrl, and shows itself by a secret', async () => {
    const world = setUp({ payments: { checkoutPage: 'embedded' } })
    const request = requestFor({ cancelUrl: 'https://shop.example/cart' })
    expect(world.provider.payments.check(request)).toMatchObject({ field: 'cancelUrl' })
    const { payment } = await made(world)
    expect(payment.action?.kind).toBe('confirm_in_browser')
  })

  it('from 30 minutes to 24 hours are fine for a page, and any time for a form', () => {
    for (const minutes of [30, 24 * 60])
      expect(provider.payments.check(requestFor({ expiresAt: at(minutes * MINUTE) }))).toBeNull()
    expect(provider.payments.check(requestFor({ method: 'card', expiresAt: at(MINUTE) }))).toBeNull()
  })
})

describe('finding', () => {
  it.each(['checkout', 'card'] as const)('%s: by the key alone, among many', async (method) => {
    const world = setUp()
    const { ref, payment } = await made(world, { method })
    for (let count = 0; count < 230; count++) await made(world, { method })
    const { idempotencyKey } = ref
    const found = await world.provider.payments.find({ idempotencyKey, attemptedAt: world.clock.now() })
    expect(found?.providerRef).toBe(payment.providerRef)
    expect(await world.provider.payments.find({ idempotencyKey })).toMatchObject({ state: 'pending' })
  })

  it('looks around the attempt only, where it is told when that was', async () => {
    const world = setUp()
    const { ref } = await made(world)
    const { idempotencyKey } = ref
    const attemptedAt = world.clock.now()
    await world.clock.advance(40 * 24 * 60 * MINUTE)
    expect(await world.provider.payments.find({ idempotencyKey, attemptedAt })).toMatchObject({
      state: 'expired',
    })
    expect(await world.provider.payments.find({ idempotencyKey })).toBeNull()
  })

  it('a page that was made long before it was paid is found by its intent', async () => {
    const world = setUp({ payments: { conclusiveAfterMs: 30_000 } })
    const { ref } = await made(world)
    await world.clock.advance(20 * 60 * MINUTE)
    world.fake.payCheckout(ref.providerRef)
    const attemptedAt = world.clock.now()
    const found = await world.provider.payments.find({ idempotencyKey: ref.idempotencyKey, attemptedAt })
    expect(found).toMatchObject({ providerRef: ref.providerRef, state: 'paid' })
  })

  it('a list that does not end is no absence', async () => {
    const endless: typeof fetch = async (input, init) => {
      const { searchParams } = new URL(new Request(input, init).url)
      const after = Number.parseInt(searchParams.get('starting_after')?.slice(3) ?? '0', 10)
      const data = Array.from({ length: 100 }, (_, index) => ({
        id: `cs_${after + index + 1}`,
        metadata: {},
      }))
      return Response.json({ object: 'list', data, has_more: true, url: '/' })
    }
    const world = setUp({ fetch: endless })
    await expect(world.provider.payments.find({ idempotencyKey: 'pay_1' })).rejects.toThrow(
      /more than 100 pages/,
    )
  })

  it('tells what webhooks tell: one receipt by the charge, its fee, refunds and disputes', async () => {
    const world = setUp()
    const { ref, receipt, refund } = await paid(world)
    await world.provider.payments.refund(refund)
    const dispute = world.fake.openDispute(receipt.ref, { amount: 1_499 })
    const found = await world.provider.payments.find(ref)
    const [charge] = world.fake.charges
    expect(found).toMatchObject({
      state: 'paid',
      receipts: [{ ref: charge?.id, amount: usd(1_999n), fee: usd(87n) }],
      refunds: [{ ref: world.fake.refunds[0]?.id, idempotencyKey: 'rfnd_1', receiptRef: charge?.id }],
      disputes: [{ ref: dispute, state: 'needs_response', withdrawn: usd(1_499n), fee: usd(1_500n) }],
    })
    expect(found).not.toHaveProperty('action')
  })

  it('a charge with more refunds than it tells is told with all of them', async () => {
    const world = setUp()
    const { ref, refund } = await paid(world, { method: 'card' })
    for (let count = 0; count < 13; count++)
      await world.provider.payments.refund({ ...refund, idempotencyKey: `rfnd_${count}`, amount: usd(100n) })
    const found = await world.provider.payments.find(ref)
    expect(new Set(found?.refunds.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(13)
  })
})

describe('canceling', () => {
  it.each(['checkout', 'card'] as const)(
    '%s: what was paid is not canceled, what is over stays so',
    async (method) => {
      const world = setUp()
      const first = await made(world, { method })
      expect(await world.provider.payments.cancel(first.ref)).toMatchObject({
        kind: 'accepted',
        value: { state: 'canceled' },
      })
      expect((await world.provider.payments.cancel(first.ref)).kind).toBe('accepted')
      const second = await paid(world, { method })
      expect(await world.provider.payments.cancel(second.ref)).toMatchObject({
        kind: 'declined',
        reason: 'not_permitted',
      })
    },
  )

  it('an authorization is let go, behind a page too', async () => {
    for (const method of ['checkout', 'card'] as const) {
      const world = setUp()
      const { ref } = await made(world, { method, capture: 'manual' })
      if (method === 'checkout') world.fake.payCheckout(ref.providerRef)
      else world.fake.confirmCard(ref.providerRef)
      expect(await world.provider.payments.find(ref)).toMatchObject({
        state: 'authorized',
        authorized: usd(1_999n),
      })
      expect(await world.provider.payments.cancel(ref)).toMatchObject({
        kind: 'accepted',
        value: { state: 'canceled' },
      })
      expect(world.fake.intents[0]?.status).toBe('canceled')
      expect(world.fake.balance('usd')).toBe(0)
    }
  })

  it('what is on its way is not canceled', async () => {
    const world = setUp()
    const { ref } = await made(world, { method: 'card' })
    world.fake.confirmCard(ref.providerRef, 'processing')
    expect((await world.provider.payments.cancel(ref)).kind).toBe('declined')
  })

  it('is not sent where the payment cannot be seen, and doubt where the answer is lost', async () => {
    const world = setUp()
    const { ref } = await made(world)
    world.fake.faults.next('session.find', 'error_500_before')
    expect((await world.provider.payments.cancel(ref)).kind).toBe('not_sent')
    world.fake.faults.next('session.expire', 'drop_after_effect')
    expect((await world.provider.payments.cancel(ref)).kind).toBe('unknown')
    expect((await world.provider.payments.find(ref))?.state).toBe('expired')
  })
})

describe('capturing', () => {
  const authorized = async (world: ReturnType<typeof setUp>, method: 'card' | 'checkout') => {
    const given = await made(world, { method, capture: 'manual' })
    if (method === 'checkout') world.fake.payCheckout(given.ref.providerRef)
    else world.fake.confirmCard(given.ref.providerRef)
    return given.ref
  }
  const capture = (
    payment: { idempotencyKey: string; providerRef: string },
    amount: bigint,
    isFinal: boolean,
  ) => ({
    idempotencyKey: `cap_${amount}`,
    payment,
    amount: usd(amount),
    isFinal,
  })

  it.each(['checkout', 'card'] as const)(
    '%s: a final part is taken once, and found as its receipt',
    async (method) => {
      const world = setUp()
      const ref = await authorized(world, method)
      expect((await world.provider.payments.capture(capture(ref, 500n, false))).kind).toBe('declined')
      const taken = await world.provider.payments.capture(capture(ref, 500n, true))
      expect(taken).toMatchObject({
        kind: 'accepted',
        value: { providerRef: ref.providerRef, state: 'paid', receipts: [{ amount: usd(500n) }] },
      })
      expect((await world.provider.payments.capture(capture(ref, 500n, true))).kind).toBe('accepted')
      expect((await world.provider.payments.capture(capture(ref, 600n, true))).kind).toBe('declined')
      expect(world.fake.charges[0]?.amount_captured).toBe(500)
      expect(await world.provider.payments.find(ref)).toMatchObject({ receipts: [{ amount: usd(500n) }] })
    },
  )

  it('in parts, where the account may', async () => {
    const world = setUp({ payments: { multicapture: true }, fake: { multicapture: true } })
    const ref = await authorized(world, 'card')
    const first = await world.provider.payments.capture(capture(ref, 500n, false))
    // What was taken is told: else a part whose answer is lost would be taken again once its key is forgotten.
    expect(first).toMatchObject({
      kind: 'accepted',
      value: { state: 'authorized', receipts: [{ amount: usd(500n) }] },
    })
    await world.provider.payments.capture(capture(ref, 700n, true))
    expect(world.fake.charges[0]).toMatchObject({ amount_captured: 1_200, captured: true })
    expect(await world.provider.payments.find(ref)).toMatchObject({
      state: 'paid',
      receipts: [{ amount: usd(1_200n) }],
    })
  })
})

describe('refunding', () => {
  it('what is more than is left is refused, finally', async () => {
    const world = setUp()
    const { refund } = await paid(world)
    expect(await world.provider.payments.refund({ ...refund, amount: usd(2_000n) })).toMatchObject({
      kind: 'declined',
      detail: 'invalid_request_error (amount)',
    })
  })

  it('a key that Stripe has forgotten gives nothing back twice where nothing is left', async () => {
    const world = setUp()
    const { refund, receipt } = await paid(world)
    const whole = { ...refund, amount: receipt.amount }
    await world.provider.payments.refund(whole)
    await world.clock.advance(25 * 60 * MINUTE)
    expect(await world.provider.payments.refund(whole)).toMatchObject({ kind: 'accepted' })
    expect(world.fake.refunds).toHaveLength(1)
  })

  it('tells Stripe one of its own reasons, and no text of ours', async () => {
    const world = setUp()
    const { refund } = await paid(world)
    await world.provider.payments.refund({ ...refund, reason: 'duplicate' })
    await world.provider.payments.refund({ ...refund, idempotencyKey: 'rfnd_2', reason: 'Ana was unhappy' })
    expect(world.fake.refunds.map(({ reason }) => reason)).toEqual(['duplicate', null])
  })

  it('is found by its own id, by our key, and not by another', async () => {
    const world = setUp({ fake: { refundStatus: 'pending' } })
    const { refund } = await paid(world)
    await world.provider.payments.refund(refund)
    const [held] = world.fake.refunds
    const byId = await world.provider.payments.findRefund({ ...refund, providerRef: held?.id ?? '' })
    expect(byId).toMatchObject({ ref: held?.id, state: 'pending', idempotencyKey: 'rfnd_1' })
    expect(await world.provider.payments.findRefund(refund)).toEqual(byId)
    expect(await world.provider.payments.findRefund({ ...refund, idempotencyKey: 'rfnd_9' })).toBeNull()
    world.fake.failRefund(held?.id ?? '')
    expect(await world.provider.payments.findRefund(refund)).toMatchObject({
      state: 'failed',
      detail: 'lost_or_stolen_card',
    })
  })
})

describe('statements', () => {
  it('tell each movement by what it is named elsewhere', async () => {
    const world = setUp()
    const from = world.clock.now()
    const { ref, receipt, refund } = await paid(world)
    await world.provider.payments.refund(refund)
    world.fake.failRefund(world.fake.refunds[0]?.id ?? '')
    const dispute = world.fake.openDispute(receipt.ref)
    world.fake.closeDispute(dispute, 'won')
    const { items } = await world.provider.statements.entries({ from, to: at(MINUTE) })
    expect(items.toReversed()).toMatchObject([
      {
        kind: 'receipt',
        ref: receipt.ref,
        idempotencyKey: ref.idempotencyKey,
        amount: usd(1_999n),
        fee: usd(87n),
      },
      {
        kind: 'refund',
        ref: world.fake.refunds[0]?.id,
        idempotencyKey: 'rfnd_1',
        providerRef: receipt.ref,
        amount: usd(-500n),
      },
      { kind: 'refund', idempotencyKey: 'rfnd_1', providerRef: receipt.ref, amount: usd(500n) },
      { kind: 'dispute', providerRef: receipt.ref, amount: usd(-1_999n), fee: usd(1_500n) },
      { kind: 'dispute', providerRef: receipt.ref, amount: usd(1_999n) },
    ])
    expect(new Set(items.map((item) => item.ref)).size).toBe(5)
    const sum = items.reduce((total, { amount, fee }) => total + amount.amount - (fee?.amount ?? 0n), 0n)
    expect(sum).toBe(BigInt(world.fake.balance('usd')))
  })
})

describe('options', () => {
  const payments = { currencies: ['BRL'] }
  it.each([
    ['apiKey', { payments }],
    ['payments.currencies', { apiKey: 'sk_test_0123456789', payments: { currencies: [] } }],
    ['payments.currencies[0]', { apiKey: 'sk_test_0123456789', payments: { currencies: ['REAIS'] } }],
    [
      'payments.conclusiveAfterMs',
      { apiKey: 'sk_test_0123456789', payments: { ...payments, conclusiveAfterMs: 1 } },
    ],
  ] as const)('%s is refused by name', (field, changes) => {
    expect(() => stripe(optionsFor(changes as object))).toThrow(`options.${field}`)
  })

  it('each currency is one asset, in the scale in which Stripe writes it', () => {
    const options = {
      ...optionsFor(),
      apiKey: secret('sk_test_0123456789'),
      payments: { currencies: ['brl', 'BRL', 'JPY', 'kwd'] },
    }
    expect(stripe(options).payments.assets).toEqual(['BRL/2', 'JPY/0', 'KWD/3'])
  })

  it('without them there are webhooks only', () => {
    expect(Object.keys(stripe(optionsFor()))).toEqual(['id', 'version', 'webhooks'])
  })
})
