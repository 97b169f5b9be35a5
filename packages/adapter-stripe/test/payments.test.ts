import { Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { eventOf, type Json, NOW, translated } from './setup.ts'

const usd = (amount: bigint) => Money.of(amount, 'USD/2')
const occurredAt = new Date((NOW - 10) * 1_000)

const intent = (changes: Json = {}): Json => ({
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1999,
  amount_received: 0,
  amount_capturable: 0,
  currency: 'usd',
  status: 'requires_payment_method',
  latest_charge: null,
  last_payment_error: null,
  metadata: {},
  ...changes,
})

const charge = (changes: Json = {}): Json => ({
  id: 'ch_1',
  object: 'charge',
  amount: 1999,
  amount_captured: 1999,
  captured: true,
  created: NOW,
  currency: 'usd',
  status: 'succeeded',
  payment_intent: 'pi_1',
  balance_transaction: 'txn_1',
  metadata: {},
  ...changes,
})

const receipt = { ref: 'ch_1', amount: usd(1999n), receivedAt: new Date(NOW * 1_000) }
const payment = (facts: object) => [{ kind: 'payment', occurredAt, ...facts }]

describe('payment_intent', () => {
  it.each([
    ['requires_payment_method', 'pending'],
    ['requires_confirmation', 'pending'],
    ['requires_action', 'requires_action'],
    ['processing', 'processing'],
    ['canceled', 'canceled'],
  ])('of status %s is %s', (status, state) => {
    const told = translated(eventOf('payment_intent.created', intent({ status })))
    expect(told).toEqual(payment({ providerRef: 'pi_1', state, amount: usd(1999n) }))
  })

  it('paid has its charge as receipt, of what was received', () => {
    const paid = intent({ status: 'succeeded', latest_charge: 'ch_1', amount_received: 1500 })
    expect(translated(eventOf('payment_intent.succeeded', paid))).toEqual(
      payment({
        providerRef: 'pi_1',
        state: 'paid',
        amount: usd(1999n),
        receipts: [{ ref: 'ch_1', amount: usd(1500n) }],
      }),
    )
  })

  it('of a version with charges in it has those that were paid as receipts', () => {
    const charges = {
      object: 'list',
      data: [charge({ id: 'ch_0', status: 'failed', captured: false }), charge()],
    }
    const { latest_charge: _, ...old } = intent({ status: 'succeeded', amount_received: 1999, charges })
    expect(translated(eventOf('payment_intent.succeeded', old, { api_version: '2020-08-27' }))).toEqual(
      payment({ providerRef: 'pi_1', state: 'paid', amount: usd(1999n), receipts: [receipt] }),
    )
  })

  it('authorized says how much is held, and has no receipt', () => {
    const held = intent({ status: 'requires_capture', latest_charge: 'ch_1', amount_capturable: 1999 })
    expect(translated(eventOf('payment_intent.amount_capturable_updated', held))).toEqual(
      payment({ providerRef: 'pi_1', state: 'authorized', amount: usd(1999n), authorized: usd(1999n) }),
    )
  })

  it('failed waits for another method, and says why', () => {
    const error = {
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      type: 'card_error',
      message: 'Ana Souza',
    }
    const told = translated(eventOf('payment_intent.payment_failed', intent({ last_payment_error: error })))
    expect(told).toEqual(
      payment({
        providerRef: 'pi_1',
        state: 'pending',
        amount: usd(1999n),
        reason: 'insufficient_funds',
        detail: 'insufficient_funds, card_declined',
      }),
    )
  })

  it('that ran out is expired', () => {
    const gone = intent({ status: 'canceled', cancellation_reason: 'expired' })
    expect(translated(eventOf('payment_intent.canceled', gone))).toMatchObject([{ state: 'expired' }])
  })

  it('carries our key, and is found by it alone when Checkout made it', () => {
    const keyed = (metadata: Json) => translated(eventOf('payment_intent.created', intent({ metadata })))[0]
    expect(keyed({ lastro_key: 'pay_1' })).toMatchObject({ providerRef: 'pi_1', idempotencyKey: 'pay_1' })
    const ofCheckout = keyed({ lastro_key: 'pay_1', lastro_via: 'checkout' })
    expect(ofCheckout).toMatchObject({ idempotencyKey: 'pay_1' })
    expect(ofCheckout).not.toHaveProperty('providerRef')
  })

  it.each([
    ['status', { status: 'teleported' }, /payment_intent\.status is "teleported"/],
    ['currency', { currency: 'usdc4' }, /currency/],
    ['amount', { amount: 19.99 }, /amount/],
    ['amount beyond numbers', { amount: 2 ** 60 }, /amount/],
    ['amount as text', { amount: '1999' }, /amount/],
    ['id', { id: 7 }, /id/],
  ])('of a strange %s is unrecognised', (_what, changes, detail) => {
    const [told, ...more] = translated(eventOf('payment_intent.created', intent(changes)))
    expect(told).toMatchObject({ kind: 'unrecognised', detail: expect.stringMatching(detail) })
    expect(more).toEqual([])
  })

  it('of an amount in a currency without hundredths is exact', () => {
    const amountOf = (currency: string) =>
      translated(eventOf('payment_intent.created', intent({ currency })))[0]
    expect(amountOf('jpy')).toMatchObject({ amount: Money.of(1999n, 'JPY/0') })
    expect(amountOf('kwd')).toMatchObject({ amount: Money.of(1999n, 'KWD/3') })
    expect(amountOf('ugx')).toMatchObject({ amount: Money.of(1999n, 'UGX/2') })
  })
})

describe('charge', () => {
  it('captured is a receipt', () => {
    expect(translated(eventOf('charge.succeeded', charge()))).toEqual(
      payment({ providerRef: 'pi_1', state: 'paid', receipts: [receipt] }),
    )
  })

  it('that is only authorized is none', () => {
    const held = charge({ captured: false, amount_captured: 0 })
    expect(translated(eventOf('charge.succeeded', held))).toEqual(
      payment({ providerRef: 'pi_1', state: 'authorized', authorized: usd(1999n) }),
    )
    const letGo = charge({ captured: false, amount_captured: 0, refunded: true })
    expect(translated(eventOf('charge.expired', letGo))).toEqual(payment({ providerRef: 'pi_1' }))
  })

  it('captured in part is a receipt of that part', () => {
    const [told] = translated(eventOf('charge.captured', charge({ amount_captured: 500 })))
    expect(told).toMatchObject({ receipts: [{ amount: usd(500n) }] })
  })

  it('failed says why and nothing final', () => {
    const failed = charge({
      status: 'failed',
      captured: false,
      failure_code: 'card_declined',
      outcome: { reason: 'card_velocity_exceeded' },
    })
    expect(translated(eventOf('charge.failed', failed))).toEqual(
      payment({
        providerRef: 'pi_1',
        reason: 'limit_exceeded',
        detail: 'card_velocity_exceeded, card_declined',
      }),
    )
  })

  it('refunded lists the refunds that old versions carry', () => {
    const refunds = {
      object: 'list',
      data: [{ id: 're_1', amount: 500, currency: 'usd', status: 'succeeded', charge: 'ch_1' }],
    }
    const [told] = translated(eventOf('charge.refunded', charge({ refunded: false, refunds })))
    expect(told).toMatchObject({
      refunds: [{ ref: 're_1', receiptRef: 'ch_1', state: 'succeeded', amount: usd(500n) }],
    })
  })

  it('without an intent is a payment of its own', () => {
    const [told] = translated(eventOf('charge.succeeded', charge({ payment_intent: null })))
    expect(told).toMatchObject({ providerRef: 'ch_1', amount: usd(1999n), receipts: [receipt] })
  })
})

describe('refund', () => {
  const refund = (changes: Json = {}): Json => ({
    id: 're_1',
    object: 'refund',
    amount: 500,
    currency: 'usd',
    charge: 'ch_1',
    payment_intent: 'pi_1',
    status: 'succeeded',
    metadata: { lastro_key: 'ref_1' },
    ...changes,
  })

  it.each([
    ['pending', 'pending'],
    ['requires_action', 'pending'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('of status %s is %s, and its receipt finds the payment', (status, state) => {
    for (const type of ['refund.updated', 'charge.refund.updated'])
      expect(translated(eventOf(type, refund({ status })))).toEqual(
        payment({
          refunds: [{ ref: 're_1', idempotencyKey: 'ref_1', receiptRef: 'ch_1', state, amount: usd(500n) }],
        }),
      )
  })

  it('without a charge is found by its intent, and a failed one says why', () => {
    const failed = refund({ status: 'failed', charge: null, failure_reason: 'lost_or_stolen_card' })
    expect(translated(eventOf('refund.failed', failed))).toMatchObject([
      { providerRef: 'pi_1', refunds: [{ state: 'failed', detail: 'lost_or_stolen_card' }] },
    ])
  })

  it('of a new status is unrecognised', () => {
    expect(translated(eventOf('refund.updated', refund({ status: 'halfway' })))).toEqual([
      {
        kind: 'unrecognised',
        topic: 'refund.updated',
        detail: 'refund.status is "halfway"',
        providerRef: 're_1',
      },
    ])
  })
})

describe('dispute', () => {
  const taken = {
    id: 'txn_1',
    object: 'balance_transaction',
    amount: -1999,
    fee: 1500,
    net: -3499,
    currency: 'usd',
  }
  const given = { ...taken, id: 'txn_2', amount: 1999, fee: -1500, net: 3499 }
  const dispute = (changes: Json = {}): Json => ({
    id: 'du_1',
    object: 'dispute',
    amount: 1999,
    currency: 'usd',
    charge: 'ch_1',
    payment_intent: 'pi_1',
    reason: 'fraudulent',
    status: 'needs_response',
    balance_transactions: [taken],
    evidence_details: { due_by: NOW },
    ...changes,
  })
  const told = (changes: Json = {}) => translated(eventOf('charge.dispute.updated', dispute(changes)))[0]

  it('says what is taken, what it costs and until when to answer', () => {
    expect(translated(eventOf('charge.dispute.created', dispute()))).toEqual(
      payment({
        disputes: [
          {
            ref: 'du_1',
            receiptRef: 'ch_1',
            state: 'needs_response',
            amount: usd(1999n),
            withdrawn: usd(1999n),
            fee: usd(1500n),
            reason: 'fraudulent',
            respondBy: new Date(NOW * 1_000),
          },
        ],
      }),
    )
  })

  it.each([
    ['warning_needs_response', 'inquiry'],
    ['warning_under_review', 'inquiry'],
    ['warning_closed', 'closed'],
    ['needs_response', 'needs_response'],
    ['under_review', 'under_review'],
    ['won', 'won'],
    ['lost', 'lost'],
    ['prevented', 'closed'],
    ['appeal_needs_response', 'needs_response'],
    ['appeal_under_review', 'under_review'],
  ])('of status %s is %s', (status, state) => {
    expect(told({ status })).toMatchObject({ disputes: [{ state }] })
  })

  it.each([
    ['nothing', [], usd(0n)],
    ['all given back', [taken, given], usd(0n)],
    ['a part given back', [taken, { ...given, amount: 1000 }], usd(999n)],
    ['more given back than taken', [taken, { ...given, amount: 2100 }], usd(0n)],
    [
      'what is taken in the currency of settlement',
      [{ ...taken, currency: 'eur', amount: -1850 }],
      Money.of(1850n, 'EUR/2'),
    ],
  ])('with %s booked withholds that', (_what, entries, withdrawn) => {
    expect(told({ balance_transactions: entries })).toMatchObject({ disputes: [{ withdrawn }] })
  })

  it.each([
    ['ids only', ['txn_1']],
    ['two currencies', [taken, { ...given, currency: 'eur' }]],
    ['nothing told', null],
  ])('with %s says nothing of it', (_what, entries) => {
    const event = told({ balance_transactions: entries })
    expect(event).toMatchObject({ kind: 'payment' })
    expect(
      JSON.stringify(event, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('withdrawn')
  })

  it('that cannot be answered has no time for it', () => {
    for (const due_by of [0, null]) {
      const event = told({ evidence_details: { due_by } })
      expect(event).not.toHaveProperty('disputes.0.respondBy')
    }
  })
})

describe('early fraud warning', () => {
  const warning = {
    id: 'issfr_1',
    object: 'radar.early_fraud_warning',
    charge: 'ch_1',
    actionable: true,
    fraud_type: 'misc',
  }

  it('tells no amount, so Stripe is asked', () => {
    expect(translated(eventOf('radar.early_fraud_warning.created', warning))).toEqual([
      {
        kind: 'hint',
        topic: 'radar.early_fraud_warning.created',
        ref: 'issfr_1',
        facts: { charge: 'ch_1', fraudType: 'misc', actionable: true },
      },
    ])
  })
})

describe('Checkout', () => {
  const checkout = (changes: Json = {}): Json => ({
    id: 'cs_1',
    object: 'checkout.session',
    mode: 'payment',
    status: 'complete',
    payment_status: 'paid',
    amount_total: 1999,
    currency: 'usd',
    payment_intent: 'pi_1',
    metadata: { lastro_key: 'pay_1' },
    ...changes,
  })
  const told = (type: string, changes: Json = {}) =>
    translated(eventOf(`checkout.session.${type}`, checkout(changes)))
  const ref = { providerRef: 'cs_1', idempotencyKey: 'pay_1', amount: usd(1999n) }

  it.each([
    ['completed', { payment_status: 'paid' }, { state: 'paid' }],
    ['completed', { payment_status: 'no_payment_required' }, { state: 'paid' }],
    ['completed', { payment_status: 'unpaid' }, { state: 'processing' }],
    ['async_payment_succeeded', { payment_status: 'paid' }, { state: 'paid' }],
    ['async_payment_failed', { payment_status: 'unpaid' }, { state: 'failed', reason: 'refused' }],
    ['expired', { payment_status: 'unpaid', status: 'expired' }, { state: 'expired' }],
  ])('%s with %o is %o', (type, changes, state) => {
    expect(told(type, changes)).toEqual(payment({ ...ref, ...state }))
  })

  it('for a subscription is news of that subscription', () => {
    expect(
      told('completed', {
        mode: 'subscription',
        subscription: 'sub_1',
        payment_intent: null,
        customer: 'cus_1',
      }),
    ).toEqual([
      {
        kind: 'changed',
        object: 'subscription',
        ref: 'sub_1',
        change: 'checkout_completed',
        status: 'paid',
        facts: { checkout: 'cs_1', customer: 'cus_1' },
        occurredAt,
      },
    ])
  })

  it('to save a method is news of that setup', () => {
    expect(
      told('completed', { mode: 'setup', setup_intent: 'seti_1', payment_status: 'no_payment_required' }),
    ).toMatchObject([{ kind: 'changed', object: 'setup', ref: 'seti_1', status: 'no_payment_required' }])
  })

  it.each([
    ['mode', { mode: 'barter' }],
    ['payment status', { payment_status: 'halfway' }],
    ['status', { payment_status: 'unpaid', status: 'halfway' }],
  ])('of a new %s is unrecognised', (_what, changes) => {
    expect(told('completed', changes)).toMatchObject([{ kind: 'unrecognised', providerRef: 'cs_1' }])
  })
})
