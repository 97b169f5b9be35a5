import { Money, type ProviderEvent } from '@lastro/core/spec'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  boletoStatus,
  intentStatus,
  requestStatus,
  scheduledStatus,
  smartTransferStatus,
} from '../src/status.ts'
import {
  type Answer,
  bytes,
  handClock,
  IDS,
  never,
  payload,
  readSpec,
  type Script,
  scripted,
  setUp,
} from './setup.ts'

const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

const REQUEST = `GET /payments/requests/${IDS.request}`
const INTENTS = `GET /payments/intents?paymentRequestId=${IDS.request}`
const INTENT = `GET /payments/intents/${IDS.intent}`
const SCHEDULES = `${REQUEST}/schedules`

const request = (given: object = {}): Answer => ({
  json: {
    id: IDS.request,
    amount: 149.9,
    status: 'COMPLETED',
    clientPaymentId: 'pay_01k0',
    paymentUrl: 'https://pay.pluggy.ai/x',
    errorDetail: null,
    schedule: null,
    createdAt: '2026-08-01T15:00:00.000Z',
    updatedAt: '2026-08-01T15:03:20.000Z',
    ...given,
  },
})
const intent = (given: object = {}) => ({
  id: IDS.intent,
  status: 'PAYMENT_COMPLETED',
  referenceId: 'E99999999202608011503a1b2c3d4e5f',
  paymentRequest: { id: IDS.request },
  debtor: { name: 'MARIA S', taxNumber: '***.111.222-**' },
  errorDetail: null,
  createdAt: '2026-08-01T15:01:00.000Z',
  updatedAt: '2026-08-01T15:03:20.000Z',
  ...given,
})
const page = (...results: unknown[]): Answer => ({
  json: { page: 1, total: results.length, totalPages: 1, results },
})

function ask(script: Script, options: Parameters<typeof setUp>[0] = {}) {
  const fake = scripted(script)
  network.use(fake.handler)
  const { webhooks } = setUp(options)
  const lookUp = (event: string, signal?: AbortSignal) => {
    const [hint] = webhooks.translate({ body: bytes(payload(event)), topic: event, subject: null })
    return webhooks.lookUp(hint as ProviderEvent, signal === undefined ? {} : { signal })
  }
  return { ...fake, lookUp }
}

describe('what Pluggy says', () => {
  it('is a payment with its receipt, and the objects it is made of', async () => {
    const { lookUp, asked } = ask({
      [INTENT]: [{ json: intent() }],
      [REQUEST]: [request()],
      [INTENTS]: [page(intent())],
    })
    const updatedAt = new Date('2026-08-01T15:03:20.000Z')
    expect(await lookUp('payment_intent/completed')).toEqual([
      {
        kind: 'payment',
        providerRef: IDS.request,
        idempotencyKey: 'pay_01k0',
        state: 'paid',
        amount: Money.of(14_990n, 'BRL/2'),
        receipts: [{ ref: IDS.intent, amount: Money.of(14_990n, 'BRL/2') }],
        occurredAt: updatedAt,
      },
      {
        kind: 'changed',
        object: 'bank_payment',
        ref: IDS.request,
        change: 'completed',
        status: 'COMPLETED',
        facts: { amount: '149.90', clientPaymentId: 'pay_01k0', state: 'paid' },
        occurredAt: updatedAt,
      },
      {
        kind: 'changed',
        object: 'bank_payment',
        ref: IDS.intent,
        change: 'completed',
        status: 'PAYMENT_COMPLETED',
        facts: {
          paymentRequestId: IDS.request,
          endToEndId: 'E99999999202608011503a1b2c3d4e5f',
          state: 'paid',
        },
        occurredAt: updatedAt,
      },
    ])
    expect(asked.map(({ path }) => path)).toEqual([
      '/auth',
      `/payments/intents/${IDS.intent}`,
      `/payments/requests/${IDS.request}`,
      `/payments/intents?paymentRequestId=${IDS.request}`,
    ])
    expect(asked.slice(1).every(({ key }) => key === 'key-1')).toBe(true)
  })

  it('has a receipt for each intent that was paid, and for no other', async () => {
    const other = intent({ id: 'i-2', status: 'PAYMENT_REJECTED' })
    const again = intent({ id: 'i-3', referenceId: null })
    const { lookUp } = ask({
      [REQUEST]: [request({ amount: 0.07 })],
      [INTENTS]: [page(intent(), other, again)],
    })
    const [payment] = await lookUp('payment_request/updated')
    const amount = Money.of(7n, 'BRL/2')
    expect(payment).toMatchObject({
      receipts: [
        { ref: IDS.intent, amount },
        { ref: 'i-3', amount },
      ],
    })
  })

  it('may be a failure, with its reason and without texts for people', async () => {
    const errorDetail = { code: 'SALDO_INSUFICIENTE', providerMessage: 'Maria has no money' }
    const { lookUp } = ask({ [REQUEST]: [request({ status: 'ERROR', errorDetail })], [INTENTS]: [page()] })
    const events = await lookUp('payment_request/updated')
    expect(events[0]).toMatchObject({
      state: 'failed',
      reason: 'insufficient_funds',
      detail: 'SALDO_INSUFICIENTE',
    })
    expect(events[0]).not.toHaveProperty('receipts')
    expect(JSON.stringify(events[1])).not.toContain('Maria')
  })

  it('keeps a status that nobody told us', async () => {
    const { lookUp } = ask({ [REQUEST]: [request({ status: 'ON_HOLD' })], [INTENTS]: [page()] })
    const [payment, told] = await lookUp('payment_request/updated')
    expect(payment).not.toHaveProperty('state')
    expect(payment).toMatchObject({ detail: 'paymentRequest.status is "ON_HOLD", which is new.' })
    expect(told).toMatchObject({ status: 'ON_HOLD', facts: { state: null } })
  })

  it('is a mandate, and no payment, for Pix Automático', async () => {
    const mandate = request({
      status: 'AUTHORIZED',
      amount: undefined,
      automaticPix: { interval: 'MONTHLY' },
    })
    const { lookUp, asked } = ask({ [REQUEST]: [mandate] })
    expect(await lookUp('payment_request/updated')).toMatchObject([
      { kind: 'changed', object: 'recurring_consent', status: 'AUTHORIZED' },
    ])
    expect(asked).toHaveLength(2)
  })

  it('is a series, and no payment, for a schedule of many', async () => {
    const entry = (id: string, status: string) => ({
      id,
      status,
      scheduledDate: '2026-12-01',
      description: 'x',
    })
    const { lookUp } = ask({
      [SCHEDULES]: [{ json: { page: 1, total: 2, totalPages: 2, results: [entry('s-1', 'COMPLETED')] } }],
      [`${SCHEDULES}?page=2`]: [
        { json: { page: 2, total: 2, totalPages: 2, results: [entry(IDS.scheduled, 'ERROR')] } },
      ],
      [REQUEST]: [request({ status: 'SCHEDULED', schedule: { type: 'MONTHLY' } })],
    })
    const series = await lookUp('scheduled_payment/all_completed')
    expect(series).toMatchObject([
      { object: 'scheduled_payment', ref: 's-1', facts: { state: 'paid' } },
      { object: 'scheduled_payment', ref: IDS.scheduled, facts: { state: 'failed' } },
      { object: 'bank_payment', ref: IDS.request, status: 'SCHEDULED' },
    ])
    expect((await lookUp('scheduled_payment/error')).map((event) => Reflect.get(event, 'ref'))).toEqual([
      IDS.scheduled,
      IDS.request,
    ])
  })

  const AUTOMATIC = `${REQUEST}/automatic-pix/schedules/${IDS.automatic}`
  const PREAUTHORIZATION = `GET /smart-transfers/preauthorizations/${IDS.preauthorization}`
  it.each([
    [
      'automatic_pix_payment/completed',
      AUTOMATIC,
      { id: IDS.automatic, status: 'COMPLETED', amount: 0.01, date: '2026-06-08', endToEndId: 'E1' },
      {
        object: 'recurring_payment',
        status: 'COMPLETED',
        facts: { amount: '0.01', endToEndId: 'E1', state: 'paid' },
      },
    ],
    [
      'smart_transfer_preauthorization/completed',
      PREAUTHORIZATION,
      { id: IDS.preauthorization, status: 'REVOKED', recipients: [], connector: {} },
      { object: 'recurring_consent', status: 'REVOKED', facts: { state: 'revoked' } },
    ],
    [
      'smart_transfer_payment/error',
      `GET /smart-transfers/payments/${IDS.transfer}`,
      {
        id: IDS.transfer,
        preauthorizationId: 'p',
        status: 'PAYMENT_REJECTED',
        amount: 10,
        errorDetail: { code: 'UNKNOWN_ERROR' },
      },
      { object: 'bank_payment', facts: { amount: '10.00', errorCode: 'UNKNOWN_ERROR', state: 'failed' } },
    ],
    [
      'boleto/updated',
      `GET /boletos/${IDS.boleto}`,
      {
        id: IDS.boleto,
        status: 'PAID',
        amount: 100.5,
        amountPaid: 102,
        paidAt: '2026-08-01T15:00:00Z',
        payer: { name: 'MARIA' },
      },
      { object: 'invoice', facts: { amount: '100.50', amountPaid: '102.00', state: 'paid' } },
    ],
  ])('answers %s', async (event, path, json, told) => {
    const { lookUp } = ask({ [path]: [{ json }] })
    const events = await lookUp(event)
    expect(events).toMatchObject([{ kind: 'changed', ...told }])
    expect(JSON.stringify(events)).not.toContain('MARIA')
  })

  it.each([
    'payment_intent/error',
    'payment_request/updated',
    'automatic_pix_payment/error',
    'boleto/updated',
  ])('is nothing where it knows nothing: %s', async (event) => {
    expect(await ask({}).lookUp(event)).toEqual([])
  })

  it('is not asked for what names nothing', async () => {
    const { asked } = ask({})
    const { webhooks } = setUp()
    expect(await webhooks.lookUp({ kind: 'unrecognised', topic: 'x', detail: 'y' })).toEqual([])
    expect(await webhooks.lookUp({ kind: 'hint', topic: 'new_thing/updated', ref: 'x' })).toEqual([])
    expect(asked).toEqual([])
  })
})

describe('trouble', () => {
  const fine = { [INTENTS]: [page()] }

  it.each([
    ['401', { status: 401, json: {} }],
    [
      'the 403 of a bad key',
      { status: 403, json: { code: 403, message: 'Missing or invalid authorization token' } },
    ],
  ])('%s replaces the API key once', async (_name, refused) => {
    const { lookUp, asked } = ask({ ...fine, [REQUEST]: [refused, request()] })
    expect(await lookUp('payment_request/updated')).toHaveLength(2)
    expect(asked.map(({ path, key }) => (path === '/auth' ? 'auth' : key))).toEqual([
      'auth',
      'key-1',
      'auth',
      'key-2',
      'key-2',
    ])
  })

  it.each([
    ['a key that is never taken', { status: 401, json: {} }, { kind: 'unauthorized' }],
    ['missing rights', { status: 403, json: { code: 403, message: 'Forbidden' } }, { kind: 'unauthorized' }],
    [
      'too many requests',
      { status: 429, json: {}, headers: { 'retry-after': '60' } },
      { kind: 'rate_limited', retryAfterMs: 60_000 },
    ],
    ['a server that is down', { status: 503, json: {} }, { kind: 'unavailable', status: 503 }],
    ['an error page', { status: 500, json: '<html>' }, { kind: 'unavailable' }],
    ['half an answer', { json: '{"id":"' }, { kind: 'unexpected_answer' }],
    ['a list in place of an object', { json: [] }, { kind: 'unexpected_answer' }],
    ['no status', request({ status: null }), { kind: 'unexpected_answer' }],
    ['an amount with parts of a centavo', request({ amount: 149.901 }), { kind: 'unexpected_answer' }],
    ['a negative amount', request({ amount: -1 }), { kind: 'unexpected_answer' }],
    [
      'a huge amount',
      { json: '{"id":"x","status":"COMPLETED","amount":1e30}' },
      { kind: 'unexpected_answer' },
    ],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://evil.example/' } },
      { kind: 'unexpected_answer' },
    ],
    [
      'a request that is refused',
      { status: 400, json: { codeDescription: 'PARAMETERS_WRONG' } },
      { kind: 'invalid_request', message: expect.stringContaining('PARAMETERS_WRONG') },
    ],
  ])('%s throws', async (_name, answer, error) => {
    const { lookUp } = ask({ ...fine, [REQUEST]: [answer] })
    await expect(lookUp('payment_request/updated')).rejects.toMatchObject({ provider: 'pluggy', ...error })
  })

  it('waits no longer than it should', async () => {
    const { lookUp } = ask({ [REQUEST]: [never] }, { timeoutMs: 40 })
    await expect(lookUp('payment_request/updated')).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('stops when the caller gives up, before and during', async () => {
    const { lookUp } = ask({ [REQUEST]: [never], 'POST /auth': [never] })
    await expect(lookUp('payment_request/updated', AbortSignal.abort())).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })

  it('with the credentials is told as such', async () => {
    const refused = {
      status: 401,
      json: { code: 401, message: 'x', codeDescription: 'CLIENT_KEYS_UNAUTHORIZED' },
    }
    const { lookUp } = ask({ 'POST /auth': [refused] })
    await expect(lookUp('payment_request/updated')).rejects.toMatchObject({
      kind: 'unauthorized',
      message: 'pluggy: asking for an API key met status 401 (CLIENT_KEYS_UNAUTHORIZED).',
    })
  })
})

describe('the API key', () => {
  it('is shared, and replaced before its two hours are over', async () => {
    const clock = handClock()
    const { lookUp, asked } = ask({ [REQUEST]: [request()], [INTENTS]: [page()] }, { clock })
    await Promise.all([lookUp('payment_request/updated'), lookUp('payment_request/updated')])
    const auths = () => asked.filter(({ path }) => path === '/auth').length
    expect(auths()).toBe(1)
    clock.advance(7_200_000 - 300_001)
    await lookUp('payment_request/updated')
    expect(auths()).toBe(1)
    clock.advance(2)
    await lookUp('payment_request/updated')
    expect(auths()).toBe(2)
  })
})

const spec = readSpec()
describe.skipIf(spec === null)("the tables hold every status of Pluggy's document", () => {
  const statuses = (path: string): string[] =>
    path.split('.').reduce<unknown>((part, key) => Reflect.get(Object(part), key), spec) as string[]
  it.each([
    ['PaymentRequestStatus.enum', requestStatus],
    ['PaymentIntentStatus.enum', intentStatus],
    ['SchedulePayment.properties.status.enum', scheduledStatus],
    ['SmartTransferPaymentStatus.enum', smartTransferStatus],
    ['IssuedBoleto.properties.status.enum', boletoStatus],
  ] as const)('%s', (path, table) => {
    const listed = statuses(`components.schemas.${path}`)
    expect(listed.length).toBeGreaterThan(2)
    for (const status of listed) expect(table.find(status)).toMatchObject({ kind: 'known' })
  })

  it.each([
    ['PaymentRequest', () => request().json],
    ['PaymentIntent', () => intent()],
  ] as const)('and the fields that a made-up %s has', (name, made) => {
    const known = Object.keys(Object(statuses(`components.schemas.${name}.properties`)))
    expect(known).toEqual(expect.arrayContaining(Object.keys(Object(made()))))
  })
})
