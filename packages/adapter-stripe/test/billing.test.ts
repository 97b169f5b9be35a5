import { describe, expect, it } from 'vitest'
import { bytes, eventOf, type Json, NOW, sourceFor, thinOf, translated } from './setup.ts'

const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString()
const OLD = { api_version: '2025-02-24.acacia' }
const only = (event: Json): Json => {
  const [told, ...more] = translated(event)
  expect(more).toEqual([])
  return told as unknown as Json
}

describe('customer.subscription', () => {
  const item = (id: string, end: number): Json => ({
    id,
    quantity: 2,
    current_period_start: end - 1_000,
    current_period_end: end,
    price: { id: `price_${id}`, object: 'price' },
  })
  const subscription = (changes: Json = {}): Json => ({
    id: 'sub_1',
    object: 'subscription',
    status: 'active',
    customer: 'cus_1',
    cancel_at_period_end: false,
    latest_invoice: 'in_1',
    items: { object: 'list', data: [item('si_1', NOW + 200), item('si_2', NOW + 100)] },
    ...changes,
  })

  it('tells of the item whose period ends first, and of each', () => {
    const told = only(
      eventOf('customer.subscription.updated', subscription(), {
        previous_attributes: { status: 'past_due' },
      }),
    )
    expect(told).toEqual({
      kind: 'changed',
      object: 'subscription',
      ref: 'sub_1',
      change: 'updated',
      status: 'active',
      occurredAt: new Date((NOW - 10) * 1_000),
      facts: {
        customer: 'cus_1',
        currentPeriodStart: iso(NOW - 900),
        currentPeriodEnd: iso(NOW + 100),
        'periodEnd:si_1': iso(NOW + 200),
        'periodEnd:si_2': iso(NOW + 100),
        cancelAtPeriodEnd: false,
        latestInvoice: 'in_1',
        price: 'price_si_1',
        quantity: '2',
        previousStatus: 'past_due',
      },
    })
  })

  it('of a version before basil tells its own period', () => {
    const old = subscription({
      current_period_start: NOW,
      current_period_end: NOW + 300,
      items: { object: 'list', data: [{ id: 'si_1', plan: { id: 'plan_1' } }] },
    })
    const { facts } = only(eventOf('customer.subscription.updated', old, OLD))
    expect(facts).toMatchObject({
      currentPeriodStart: iso(NOW),
      currentPeriodEnd: iso(NOW + 300),
      price: 'plan_1',
    })
  })

  it.each([
    'created',
    'deleted',
    'paused',
    'resumed',
    'trial_will_end',
    'pending_update_applied',
    'pending_update_expired',
  ])('%s is told as that change', (change) => {
    expect(only(eventOf(`customer.subscription.${change}`, subscription()))).toMatchObject({
      change,
      ref: 'sub_1',
    })
  })

  it('keeps a status that nobody ever told us', () => {
    expect(
      only(eventOf('customer.subscription.updated', subscription({ status: 'hibernating' }))),
    ).toMatchObject({
      kind: 'changed',
      status: 'hibernating',
    })
  })

  it('paused and ending says why and when', () => {
    const { facts } = only(
      eventOf(
        'customer.subscription.paused',
        subscription({
          status_details: { paused: { subscription: { type: 'trial_end_without_payment_method' } } },
          pause_collection: { behavior: 'void', resumes_at: NOW },
          cancellation_details: { reason: 'payment_failed', comment: 'private' },
          cancel_at: NOW + 1,
        }),
      ),
    )
    expect(facts).toMatchObject({
      pausedBecause: 'trial_end_without_payment_method',
      pauseCollection: 'void',
      resumesAt: iso(NOW),
      cancellationReason: 'payment_failed',
      cancelAt: iso(NOW + 1),
    })
    expect(JSON.stringify(facts)).not.toContain('private')
  })
})

describe('invoice', () => {
  const invoice = (changes: Json = {}): Json => ({
    id: 'in_1',
    object: 'invoice',
    status: 'paid',
    billing_reason: 'subscription_cycle',
    currency: 'usd',
    amount_due: 1999,
    amount_paid: 1999,
    amount_remaining: 0,
    total: 1999,
    customer: 'cus_1',
    attempt_count: 1,
    attempted: true,
    next_payment_attempt: null,
    customer_email: 'ana@example.com',
    hosted_invoice_url: 'https://invoice.example/private',
    ...changes,
  })
  const line = (changes: Json): Json => ({
    id: 'il_1',
    object: 'line_item',
    period: { start: NOW, end: NOW + 500 },
    ...changes,
  })
  const parent = { type: 'subscription_details', subscription_details: { subscription: 'sub_new' } }
  const lines = (data: Json[]): Json => ({ object: 'list', has_more: false, data })
  const ofLine = {
    type: 'subscription_item_details',
    subscription_item_details: { subscription: 'sub_line' },
  }

  it('tells amounts as text, with their asset, and nothing personal', () => {
    const told = only(eventOf('invoice.payment_succeeded', invoice({ parent, lines: lines([line({})]) })))
    expect(told).toMatchObject({
      kind: 'changed',
      object: 'invoice',
      ref: 'in_1',
      change: 'payment_succeeded',
      status: 'paid',
      facts: {
        subscription: 'sub_new',
        isPaid: true,
        asset: 'USD/2',
        total: '1999',
        amountDue: '1999',
        amountRemaining: '0',
        attemptCount: '1',
        periodEnd: iso(NOW + 500),
      },
    })
    expect(JSON.stringify(told)).not.toMatch(/ana@|private/)
  })

  it.each([
    ['where it stands since basil', { parent, subscription: 'sub_old' }, 'sub_new'],
    [
      'where it stood before',
      { subscription: 'sub_old', lines: lines([line({ parent: ofLine })]) },
      'sub_old',
    ],
    ['on a line since basil', { lines: lines([line({}), line({ parent: ofLine })]) }, 'sub_line'],
    ['on a line before', { lines: lines([line({ subscription: 'sub_line' })]) }, 'sub_line'],
    ['expanded', { subscription: { id: 'sub_whole', object: 'subscription' } }, 'sub_whole'],
    ['nowhere', {}, undefined],
  ])('finds its subscription %s', (_where, changes, wanted) => {
    const { facts } = only(eventOf('invoice.finalized', invoice(changes)))
    expect((facts as Json).subscription).toBe(wanted)
  })

  it('finds its payment where it stood before basil, and where it is expanded since', () => {
    const before = only(
      eventOf(
        'invoice.paid',
        invoice({ payment_intent: 'pi_1', charge: 'ch_1', paid_out_of_band: true }),
        OLD,
      ),
    )
    expect(before.facts).toMatchObject({ paymentIntent: 'pi_1', charge: 'ch_1', isPaidOffStripe: true })
    const payments = lines([{ payment: { type: 'payment_intent', payment_intent: 'pi_2' } }])
    const since = only(eventOf('invoice.paid', invoice({ payments, amount_paid_off_stripe: 5 })))
    expect(since.facts).toMatchObject({ paymentIntent: 'pi_2', isPaidOffStripe: true })
  })

  it('that will not be asked for again has no next attempt', () => {
    const failed = invoice({ status: 'open', amount_paid: 0 })
    expect(only(eventOf('invoice.payment_failed', failed)).facts).not.toHaveProperty('nextPaymentAttempt')
    const again = { ...failed, next_payment_attempt: NOW }
    expect(only(eventOf('invoice.payment_failed', again)).facts).toMatchObject({
      nextPaymentAttempt: iso(NOW),
      isPaid: false,
    })
  })

  it('that is only a preview is news of its subscription, or of its customer', () => {
    const { id: _, ...preview } = invoice({ status: 'draft', parent })
    expect(only(eventOf('invoice.upcoming', preview))).toMatchObject({
      object: 'subscription',
      ref: 'sub_new',
      change: 'invoice_upcoming',
    })
    const { parent: __, ...alone } = preview as Json
    expect(only(eventOf('invoice.upcoming', alone))).toMatchObject({ object: 'customer', ref: 'cus_1' })
    expect(only(eventOf('invoice.upcoming', { ...alone, customer: null }))).toMatchObject({
      kind: 'unrecognised',
    })
  })

  it('is joined to its payment intent', () => {
    const joined = {
      id: 'inpay_1',
      invoice: 'in_1',
      status: 'paid',
      currency: 'jpy',
      amount_paid: 1999,
      payment: { type: 'payment_intent', payment_intent: 'pi_1' },
    }
    expect(only(eventOf('invoice_payment.paid', joined))).toMatchObject({
      object: 'invoice',
      ref: 'in_1',
      change: 'payment_paid',
      facts: { invoicePayment: 'inpay_1', paymentIntent: 'pi_1', asset: 'JPY/0', amountPaid: '1999' },
    })
  })
})

describe('customers and their methods', () => {
  it('are told without what is personal', () => {
    const customer = {
      id: 'cus_1',
      object: 'customer',
      email: 'ana@example.com',
      name: 'Ana',
      invoice_settings: { default_payment_method: 'pm_1' },
    }
    const told = only(eventOf('customer.updated', customer))
    expect(told).toMatchObject({
      object: 'customer',
      ref: 'cus_1',
      facts: { isDeleted: false, defaultPaymentMethod: 'pm_1' },
    })
    expect(JSON.stringify(told)).not.toMatch(/ana/i)
    expect(only(eventOf('customer.deleted', customer))).toMatchObject({
      change: 'deleted',
      facts: { isDeleted: true },
    })
  })

  it('tell whose method was detached', () => {
    const method = {
      id: 'pm_1',
      customer: null,
      type: 'card',
      card: { brand: 'visa', exp_month: 8, exp_year: 2030, last4: '4242' },
    }
    const told = only(
      eventOf('payment_method.detached', method, { previous_attributes: { customer: 'cus_1' } }),
    )
    expect(told).toMatchObject({
      object: 'payment_method',
      change: 'detached',
      facts: { formerCustomer: 'cus_1', brand: 'visa', expiryMonth: '8', expiryYear: '2030' },
    })
    expect(JSON.stringify(told)).not.toContain('4242')
  })

  it('tell of setups, and of what hangs on a customer', () => {
    const setup = {
      id: 'seti_1',
      status: 'requires_payment_method',
      customer: 'cus_1',
      last_setup_error: { code: 'card_declined' },
    }
    expect(only(eventOf('setup_intent.setup_failed', setup))).toMatchObject({
      object: 'setup',
      status: 'requires_payment_method',
      facts: { error: 'card_declined' },
    })
    expect(only(eventOf('customer.discount.created', { id: 'di_1', customer: 'cus_1' }))).toMatchObject({
      object: 'customer',
      ref: 'cus_1',
      change: 'discount_created',
      facts: { discount: 'di_1' },
    })
    const schedule = { id: 'sub_sched_1', status: 'active', subscription: 'sub_1', customer: 'cus_1' }
    expect(only(eventOf('subscription_schedule.updated', schedule))).toMatchObject({
      object: 'subscription',
      ref: 'sub_1',
      change: 'schedule_updated',
    })
  })
})

describe('thin events', () => {
  it('are hints of their object', () => {
    expect(only(thinOf('v1.customer.subscription.past_due'))).toEqual({
      kind: 'hint',
      topic: 'v1.customer.subscription.past_due',
      ref: 'sub_1',
      facts: { event: 'evt_test_61X0001', snapshotEvent: null, object: 'subscription' },
    })
  })

  it('without an object are unrecognised', () => {
    expect(only(thinOf('v1.invoice.paid', null))).toMatchObject({ kind: 'unrecognised' })
  })
})

describe('versions', () => {
  const event = (api_version: unknown) =>
    eventOf('customer.created', { id: 'cus_1', object: 'customer' }, { api_version })

  it.each([
    '2020-08-27',
    '2024-09-30.acacia',
    '2025-03-31.basil',
    '2025-09-30.clover',
    '2026-03-25.dahlia',
    '2027-01-01.endive',
    null,
  ])('%s is known', (version) => {
    expect(translated(event(version))).toHaveLength(1)
  })

  it.each(['2027-09-29.falcon', '2024-10-01', 'newest', '2026-10-28.preview'])(
    '%s is read, and said to be unknown',
    (version) => {
      expect(translated(event(version))).toEqual([
        expect.objectContaining({ kind: 'changed', ref: 'cus_1' }),
        {
          kind: 'unrecognised',
          topic: 'customer.created',
          detail: expect.stringContaining(version),
          providerRef: 'cus_1',
        },
      ])
    },
  )
})

describe('translate', () => {
  it.each([
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"object":"event"}',
    '{"id":1,"object":"event","type":"a","data":{"object":{}}}',
  ])('never throws: %s', (text) => {
    const told = sourceFor().translate({ body: bytes(text), topic: 'invoice.paid', subject: null })
    expect(told).toMatchObject([{ kind: 'unrecognised', topic: 'invoice.paid' }])
  })

  it('refuses a body of another type than the delivery', () => {
    const body = bytes(JSON.stringify(eventOf('invoice.paid', { id: 'in_1' })))
    const told = sourceFor().translate({ body, topic: 'charge.succeeded', subject: null })
    expect(told).toMatchObject([{ kind: 'unrecognised' }])
  })
})
