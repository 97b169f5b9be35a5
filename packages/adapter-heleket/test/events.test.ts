import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delivery, fieldsOf, news, setUp, signed, TXID, UUID } from './setup.ts'

const { webhooks } = setUp()
const types = webhooks.eventTypes.map(({ type }) => type)
const translate = (body: Uint8Array, topic = 'whatever') => webhooks.translate({ body, topic, subject: null })

/** Section 7 of the fact sheet: doc.heleket.com, statuses. */
const PAYMENT = [
  'check',
  'process',
  'confirm_check',
  'wrong_amount_waiting',
  'paid',
  'paid_over',
  'wrong_amount',
  'fail',
  'cancel',
  'system_fail',
  'locked',
  'refund_process',
  'refund_paid',
  'refund_fail',
]
const PAYOUT = ['process', 'check', 'paid', 'fail', 'cancel', 'system_fail']

describe('the table of events', () => {
  it('has every documented type and status, once', () => {
    const documented = [
      ...PAYMENT.map((status) => `payment.${status}`),
      ...PAYMENT.map((status) => `wallet.${status}`),
      ...PAYOUT.map((status) => `payout.${status}`),
    ]
    expect([...types].sort()).toEqual([...documented].sort())
  })

  it.each(webhooks.eventTypes)('is what verify and translate do: $type', async ({ type, does }) => {
    const given = news(type)
    expect(await webhooks.verify(given)).toMatchObject({ kind: 'authentic', topic: type })
    expect(does).toBe('asked')
    const [event, ...more] = translate(given.body)
    expect(more).toEqual([])
    expect(event).toMatchObject({ kind: 'hint', topic: type, ref: fieldsOf(type).uuid })
  })
})

describe('translate', () => {
  it('believes no amount', () => {
    expect(translate(news('payment.paid').body)).toEqual([
      {
        kind: 'hint',
        topic: 'payment.paid',
        ref: UUID,
        facts: { status: 'paid', isFinal: true, orderId: 'pay_1', txid: TXID },
      },
    ])
  })

  it('keeps what is missing as null', () => {
    const body = news('payout.fail', { txid: null, order_id: undefined, is_final: 'yes' }).body
    expect(translate(body)).toMatchObject([{ facts: { txid: null, orderId: null, isFinal: null } }])
  })

  it.each(['payment.settled', 'wallet.active', 'payout.confirm_check', 'payment.constructor'])(
    'keeps %s for a person',
    async (type) => {
      const given = news(type)
      expect(await webhooks.verify(given)).toMatchObject({ kind: 'authentic', topic: type })
      expect(translate(given.body)).toMatchObject([
        { kind: 'unrecognised', topic: type, providerRef: fieldsOf(type).uuid },
      ])
    },
  )

  it.each(['', '{}', '[]', 'no json', '{"type":"payment"}', '{"type":"a","uuid":"b","status":"c"}'])(
    'tells of bytes that are none: %s',
    (body) => {
      expect(translate(delivery(body).body, 'payment.paid')).toMatchObject([
        { kind: 'unrecognised', topic: 'payment.paid' },
      ])
    },
  )

  it('never throws, and always tells the same', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((json) => new TextEncoder().encode(json)),
      fc
        .tuple(fc.constantFrom(...types), fc.dictionary(fc.string(), fc.jsonValue()))
        .map(([type, rest]) => new TextEncoder().encode(signed({ ...fieldsOf(type), ...rest }))),
    )
    fc.assert(
      fc.property(anything, (body) => {
        const events = translate(body)
        expect(events.length).toBe(1)
        expect(translate(body)).toEqual(events)
      }),
      { numRuns: 1_000 },
    )
  })
})
