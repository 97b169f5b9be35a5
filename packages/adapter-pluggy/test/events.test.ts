import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, delivery, IDS, payload, readSpec, setUp } from './setup.ts'

const { webhooks } = setUp()
const types = webhooks.eventTypes.map(({ type }) => type)
const spec = readSpec()

const translate = (body: unknown) =>
  webhooks.translate({ body: bytes(body), topic: 'whatever', subject: null })

const schemaOf = (name: string): Record<string, unknown> => {
  const path = ['components', 'schemas', name]
  return path.reduce<unknown>((part, key) => Reflect.get(Object(part), key), spec) as Record<string, unknown>
}

/** What a row's `does` promises of the one event that it becomes. */
const KIND = { handed_on: 'changed', asked: 'hint', applied: 'payment', ignored: 'ignored' } as const

describe('the table of events', () => {
  it.skipIf(spec === null)("is Pluggy's, without the wildcard", () => {
    const documented = schemaOf('WebhookEventType').enum as string[]
    expect([...types].sort()).toEqual(documented.filter((name) => name !== 'all').sort())
  })

  it('names each event once', () => {
    expect(new Set(types).size).toBe(types.length)
    expect(types.length).toBe(31)
  })

  it.each(webhooks.eventTypes)('is what translate does: $type', ({ type, does, becomes }) => {
    const [event, ...more] = translate(payload(type))
    expect(more).toEqual([])
    expect(event?.kind).toBe(KIND[does])
    if (event?.kind === 'changed') expect(becomes).toContain(event.object)
  })

  it.each(types)('has a subject for %s', async (type) => {
    const verdict = await webhooks.verify(delivery(payload(type)))
    expect(verdict).toMatchObject({ kind: 'authentic', topic: type, deliveryId: IDS.event })
    expect(verdict).toHaveProperty('subject', expect.any(String))
  })
})

describe('translate', () => {
  it('tells of an item that failed, without its texts for people', () => {
    const error = { code: 'SITE_NOT_AVAILABLE', message: 'call Maria on +55 31 99999' }
    expect(translate(payload('item/error', { error, clientUserId: 'maria@example.com' }))).toEqual([
      {
        kind: 'changed',
        object: 'item',
        ref: IDS.item,
        change: 'error',
        facts: { triggeredBy: 'SYNC', errorCode: 'SITE_NOT_AVAILABLE' },
      },
    ])
  })

  it.each([
    ['connectorId as a number', { connectorId: 201 }],
    ['connectorId as a text', { connectorId: '201' }],
    ['only id', { connectorId: undefined, id: '201' }],
  ])('reads a connector by %s', (_name, given) => {
    const [event] = translate(payload('connector/status_updated', given))
    expect(event).toMatchObject({ kind: 'changed', object: 'connector', ref: '201', status: 'UNSTABLE' })
  })

  it('tells the ids of transactions that went away', () => {
    const [event] = translate(payload('transactions/deleted'))
    expect(event).toMatchObject({
      object: 'transactions',
      ref: IDS.account,
      change: 'deleted',
      facts: { itemId: IDS.item, transactionIds: 't-1,t-2' },
    })
  })

  it('reads both spellings of a scheduled payment', () => {
    const given = { scheduledPaymentId: undefined, schedulePaymentId: IDS.scheduled }
    const [event] = translate(payload('scheduled_payment/completed', given))
    expect(event).toMatchObject({
      kind: 'hint',
      ref: IDS.scheduled,
      facts: { paymentRequestId: IDS.request },
    })
  })

  it('believes no status of a payment', () => {
    const [event] = translate(payload('payment_request/updated', { status: 'COMPLETED' }))
    expect(event).toEqual({
      kind: 'hint',
      topic: 'payment_request/updated',
      ref: IDS.request,
      facts: {},
    })
  })

  it.each([
    ['an event of tomorrow', payload('payment_refund/completed'), 'payment_refund/completed'],
    ['an item without its id', payload('item/updated', { itemId: null }), 'item/updated'],
    ['an id that is no id', payload('boleto/updated', { boletoId: '../../auth' }), 'boleto/updated'],
    [
      'an automatic Pix without its request',
      payload('automatic_pix_payment/error', { paymentRequestId: '../x' }),
      'automatic_pix_payment/error',
    ],
  ])('keeps %s for a person', (_name, body, topic) => {
    expect(translate(body)).toEqual([expect.objectContaining({ kind: 'unrecognised', topic })])
  })

  it('never throws, whatever the bytes', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map(bytes),
      fc
        .record({
          event: fc.constantFrom(...types),
          eventId: fc.uuid(),
          rest: fc.dictionary(fc.string(), fc.jsonValue()),
        })
        .map(({ event, eventId, rest }) => bytes({ ...payload(event), ...rest, event, eventId })),
      fc
        .record({ event: fc.constantFrom(...types), at: fc.nat(400), byte: fc.nat(255) })
        .map(({ event, at, byte }) => bytes(payload(event)).map((old, index) => (index === at ? byte : old))),
    )
    fc.assert(
      fc.property(anything, (body) => {
        const events = webhooks.translate({ body, topic: 'x', subject: null })
        expect(events.length).toBe(1)
        expect(webhooks.translate({ body, topic: 'x', subject: null })).toEqual(events)
      }),
      { numRuns: 1_000 },
    )
  })
})
