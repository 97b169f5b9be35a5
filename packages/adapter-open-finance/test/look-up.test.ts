import { Money, type ProviderEvent } from '@lastro/core/spec'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OpenFinanceOptions } from '../src/index.ts'
import { consentStatus, enrollmentStatus, paymentStatus, recurringConsentStatus } from '../src/status.ts'
import {
  API,
  BANK,
  BODY,
  bytes,
  CONSENT,
  DIRECTORY,
  delivery,
  E2E,
  handClock,
  institution,
  JWKS,
  NOW,
  never,
  otherKeys,
  ourKeys,
  PATHS,
  PAYMENT,
  ROTATED,
  readSpec,
  resource,
  type Script,
  scripted,
  setUp,
  signed,
  TOKEN,
  US,
} from './setup.ts'

const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

const PIX = 'payments/pix/payments'
const URL_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PATHS).map(([topic, path]) => [
    topic,
    `${API}/${path.replace(CONSENT, encodeURIComponent(CONSENT))}`,
  ]),
)
const PIX_URL = URL_OF[PIX] ?? ''
const json = (body: unknown, init: ResponseInit = {}) => HttpResponse.json(body as object, init)

function ask(script: Script, options: Partial<OpenFinanceOptions> = {}) {
  const fake = scripted(script)
  network.use(fake.handler)
  const { webhooks, probe } = setUp(options)
  const lookUp = async (topic = PIX, given: { body?: unknown; signal?: AbortSignal } = {}) => {
    const body = bytes(given.body ?? BODY)
    const verdict = await webhooks.verify(delivery(topic, { body }))
    const subject = verdict.kind === 'rejected' ? null : (verdict.subject ?? null)
    const [hint] = webhooks.translate({ body, topic, subject })
    return webhooks.lookUp(hint as ProviderEvent, given.signal === undefined ? {} : { signal: given.signal })
  }
  return { ...fake, lookUp, probe }
}
const answers = (given: object = {}, topic = PIX): Script => ({
  [URL_OF[topic] ?? '']: [() => signed(resource(topic, given))],
})

describe('what the institution says', () => {
  const occurredAt = new Date('2026-08-01T15:03:08Z')

  it('is a payment with its receipt, and the object that it is', async () => {
    const { lookUp, asked } = ask(answers())
    const events = await lookUp()
    const amount = Money.of(14_990n, 'BRL/2')
    expect(events).toEqual([
      {
        kind: 'payment',
        providerRef: PAYMENT,
        amount,
        state: 'paid',
        receipts: [{ ref: E2E, amount, receivedAt: occurredAt }],
        occurredAt,
      },
      {
        kind: 'changed',
        object: 'bank_payment',
        ref: PAYMENT,
        change: 'state_changed',
        status: 'ACSC',
        facts: {
          organisationId: BANK,
          version: 'v5',
          consentId: CONSENT,
          endToEndId: E2E,
          amount: '149.90',
          state: 'paid',
        },
        occurredAt,
      },
    ])
    expect(JSON.stringify(events[1])).not.toContain('maria')
    expect(asked.map(({ url }) => url)).toEqual([TOKEN, PIX_URL])
    expect(asked[1]?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-fapi-interaction-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it.each([
    [
      'payments/consents',
      'payments',
      { object: 'consent', ref: CONSENT, status: 'CONSUMED', facts: { state: 'consumed' } },
    ],
    [
      'automatic-payments/recurring-consents',
      'recurring-payments',
      {
        object: 'recurring_consent',
        status: 'REVOKED',
        facts: { state: 'revoked', revocationCode: 'REVOGADO_USUARIO' },
      },
    ],
    [
      'enrollments/enrollments',
      'payments',
      { object: 'enrollment', status: 'REJECTED', facts: { rejectionCode: 'REJEITADO_MANUALMENTE' } },
    ],
  ])('is one change for %s, read with the scope %s', async (topic, scope, told) => {
    const { lookUp, asked } = ask(answers({}, topic))
    const events = await lookUp(topic)
    expect(events).toMatchObject([{ kind: 'changed', ...told }])
    expect(JSON.stringify(events)).not.toContain('Maria')
    expect(asked[0]?.form.scope).toBe(scope)
  })

  it('is a payment and a recurring payment for automatic payments', async () => {
    const topic = 'automatic-payments/pix/recurring-payments'
    const { lookUp } = ask(
      answers(
        { status: 'RJCT', rejectionReason: { code: 'LIMITE_TENTATIVAS_EXCEDIDO', detail: 'x' } },
        topic,
      ),
    )
    expect(await lookUp(topic)).toMatchObject([
      { kind: 'payment', state: 'failed', reason: 'limit_exceeded', detail: 'LIMITE_TENTATIVAS_EXCEDIDO' },
      { kind: 'changed', object: 'recurring_payment', facts: { recurringConsentId: CONSENT } },
    ])
  })

  it('may be a status that nobody told us: no state, and the word is kept', async () => {
    const { lookUp } = ask(answers({ status: 'HELD' }))
    const [payment, changed] = await lookUp()
    expect(payment).not.toHaveProperty('state')
    expect(payment).not.toHaveProperty('receipts')
    expect(payment).toMatchObject({ detail: 'payment.status is "HELD", which is new.' })
    expect(changed).toMatchObject({ status: 'HELD', facts: { state: null } })
  })

  it('tells that data changed, where the notification says so', async () => {
    const topic = 'automatic-payments/recurring-consents'
    const { lookUp } = ask(answers({}, topic))
    const body = { data: { ...BODY.data, eventType: 'DATA_CHANGED' } }
    expect(await lookUp(topic, { body })).toMatchObject([{ change: 'data_changed' }])
  })
})

describe('our proof at the token endpoint', () => {
  it('is an assertion of ours for this endpoint, by PS256', async () => {
    const { lookUp, asked } = ask(answers())
    await lookUp()
    const form = asked[0]?.form ?? {}
    expect(form).toMatchObject({ grant_type: 'client_credentials', client_id: 'client-at-the-bank' })
    const assertion = form.client_assertion ?? ''
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'PS256', kid: 'ours-1', typ: 'JWT' })
    const { payload } = await jwtVerify(assertion, ourKeys.publicKey, {
      currentDate: new Date(NOW),
      audience: TOKEN,
    })
    expect(payload).toMatchObject({
      iss: 'client-at-the-bank',
      sub: 'client-at-the-bank',
      jti: expect.any(String),
    })
  })

  it('is the certificate alone where that was registered, and the audience is an option', async () => {
    const { lookUp, asked } = ask(answers(), { clientAuthentication: { method: 'tls_client_auth' } })
    await lookUp()
    expect(asked[0]?.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'payments',
      client_id: 'client-at-the-bank',
    })
    const other = ask(answers(), {
      institutions: [institution({ assertionAudience: 'https://issuer.example' })],
    })
    await other.lookUp()
    const { payload } = await jwtVerify(other.asked[0]?.form.client_assertion ?? '', ourKeys.publicKey, {
      currentDate: new Date(NOW),
    })
    expect(payload.aud).toBe('https://issuer.example')
  })
})

describe('a signature', () => {
  const data = resource(PIX)
  const seconds = Date.parse(NOW) / 1_000
  it.each<[string, () => Response | Promise<Response>]>([
    ['is missing', () => json({ data })],
    ['is of a key that is not theirs', () => signed(data, { keys: otherKeys })],
    ['names a key that is not theirs', () => signed(data, { keys: otherKeys, kid: 'k-2026-02' })],
    ['is by another algorithm', () => signed(data, { alg: 'RS256' })],
    ['is of another organisation', () => signed(data, { claims: { iss: US } })],
    ['is for another organisation', () => signed(data, { claims: { aud: BANK } })],
    ['is old', () => signed(data, { claims: { iat: seconds - 61 } })],
    ['is of tomorrow', () => signed(data, { claims: { iat: seconds + 61 } })],
    ['has no time', () => signed(data, { claims: { iat: undefined } })],
    ['has no jti', () => signed(data, { claims: { jti: undefined } })],
    [
      'was changed',
      async () => {
        const [header, , signature] = (await (await signed(data)).text()).split('.')
        const claims = { data: { ...data, status: 'RJCT' }, iss: BANK, aud: US, iat: seconds, jti: 'x' }
        const text = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
        return new HttpResponse(text, { headers: { 'content-type': 'application/jwt' } })
      },
    ],
    [
      'is none (alg none)',
      () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
        const claims = { data, iss: BANK, aud: US, iat: seconds, jti: 'x' }
        return new HttpResponse(`${part({ alg: 'none' })}.${part(claims)}.`, {
          headers: { 'content-type': 'application/jwt' },
        })
      },
    ],
    ['is rubbish', () => new HttpResponse('x.y', { headers: { 'content-type': 'application/jwt' } })],
  ])('that %s makes the answer count for nothing', async (_name, answer) => {
    const { lookUp } = ask({ [PIX_URL]: [answer] })
    await expect(lookUp()).rejects.toMatchObject({ provider: 'open-finance', kind: 'unexpected_answer' })
  })

  it('may be a minute off', async () => {
    const { lookUp } = ask({ [PIX_URL]: [() => signed(data, { claims: { iat: seconds - 60 } })] })
    expect(await lookUp()).toHaveLength(2)
  })

  it('is checked by the keys of the Directory, which are kept and read again for a new key', async () => {
    const clock = handClock()
    const later = () => ({ claims: { iat: clock.now().getTime() / 1_000 } })
    const { lookUp, asked } = ask(
      {
        [PIX_URL]: [
          () => signed(data),
          () => signed(data),
          () => signed(data, { keys: otherKeys, kid: 'k-2026-02', ...later() }),
          () => signed(data, { keys: otherKeys, kid: 'k-2026-03', ...later() }),
        ],
        [DIRECTORY]: [() => json(JWKS), () => json(ROTATED)],
      },
      { clock, institutions: [institution({ jwks: DIRECTORY })] },
    )
    const reads = () => asked.filter(({ url }) => url === DIRECTORY)
    await lookUp()
    await lookUp()
    expect(reads()).toHaveLength(1)
    clock.advance(30_000)
    expect(await lookUp()).toHaveLength(2)
    expect(reads()).toHaveLength(2)
    await expect(lookUp()).rejects.toMatchObject({ kind: 'unexpected_answer' })
    expect(reads()).toHaveLength(2)
    expect(reads().every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  it('cannot be checked while the Directory is down', async () => {
    const options = { institutions: [institution({ jwks: DIRECTORY })] }
    const down = ask({ ...answers(), [DIRECTORY]: [() => json({}, { status: 503 })] }, options)
    await expect(down.lookUp()).rejects.toMatchObject({ kind: 'unavailable' })
    const odd = ask({ ...answers(), [DIRECTORY]: [() => json({ nothing: 1 })] }, options)
    await expect(odd.lookUp()).rejects.toMatchObject({ kind: 'unexpected_answer' })
  })
})

describe('trouble', () => {
  it('401 replaces the token once', async () => {
    const unauthorized = () => json({ errors: [{ code: 'UNAUTHORIZED' }] }, { status: 401 })
    const { lookUp, asked } = ask({ [PIX_URL]: [unauthorized, () => signed(resource(PIX))] })
    expect(await lookUp()).toHaveLength(2)
    expect(asked.map(({ url, headers }) => (url === TOKEN ? 'token' : headers.authorization))).toEqual([
      'token',
      'Bearer token-1',
      'token',
      'Bearer token-2',
    ])
    const never401 = ask({ [PIX_URL]: [unauthorized] })
    await expect(never401.lookUp()).rejects.toMatchObject({ kind: 'unauthorized', status: 401 })
  })

  it.each<[string, () => Response | Promise<Response>, object]>([
    [
      'too many requests',
      () => json({}, { status: 429, headers: { 'retry-after': '7' } }),
      { kind: 'rate_limited', retryAfterMs: 7_000 },
    ],
    ['an overloaded site', () => json({}, { status: 529 }), { kind: 'unavailable' }],
    ['a gateway without patience', () => json({}, { status: 504 }), { kind: 'unavailable' }],
    [
      'a refusal',
      () => json({ errors: [{ code: 'PARAMETRO_INVALIDO' }] }, { status: 400 }),
      { kind: 'invalid_request', message: expect.stringContaining('(PARAMETRO_INVALIDO)') },
    ],
    [
      'a redirect',
      () => json({}, { status: 302, headers: { location: 'https://evil.example' } }),
      { kind: 'unexpected_answer' },
    ],
    ['a broken connection', () => HttpResponse.error(), { kind: 'unavailable' }],
    ['another id', () => signed(resource(PIX, { paymentId: 'other' })), { kind: 'unexpected_answer' }],
    ['another form', () => signed([resource(PIX)]), { kind: 'unexpected_answer' }],
    [
      'another currency',
      () => signed(resource(PIX, { payment: { amount: '1.00', currency: 'USD' } })),
      { kind: 'unexpected_answer' },
    ],
    [
      'an amount with parts of a centavo',
      () => signed(resource(PIX, { payment: { amount: '1.001', currency: 'BRL' } })),
      { kind: 'unexpected_answer' },
    ],
  ])('%s throws', async (_name, answer, error) => {
    const { lookUp } = ask({ [PIX_URL]: [answer] })
    await expect(lookUp()).rejects.toMatchObject({ provider: 'open-finance', ...error })
  })

  it('at the token endpoint is told as such', async () => {
    const refused = ask({ [TOKEN]: [() => json({ error: 'invalid_client' }, { status: 401 })] })
    await expect(refused.lookUp()).rejects.toMatchObject({ kind: 'unauthorized' })
    const empty = ask({ [TOKEN]: [() => json({})] })
    await expect(empty.lookUp()).rejects.toMatchObject({ kind: 'unexpected_answer' })
  })

  it('ends by itself, and when the caller gives up', async () => {
    const slow = ask({ [PIX_URL]: [never] }, { timeoutMs: 60 })
    await expect(slow.lookUp()).rejects.toMatchObject({ kind: 'unavailable' })
    const stopped = ask({ [TOKEN]: [never] })
    await expect(stopped.lookUp(PIX, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })

  it('is told when the organisation is gone from the options', async () => {
    const { webhooks } = setUp()
    const facts = { organisationId: US, version: 'v4', timestamp: BODY.data.timestamp }
    await expect(webhooks.lookUp({ kind: 'hint', topic: PIX, ref: PAYMENT, facts })).rejects.toMatchObject({
      kind: 'misconfigured',
    })
    expect(await webhooks.lookUp({ kind: 'unrecognised', topic: 'x', detail: 'y' })).toEqual([])
  })
})

describe('several authorisation servers of one organisation', () => {
  const second = institution({
    baseUrl: 'https://b.example/open-banking',
    tokenEndpoint: 'https://b.example/token',
  })
  const options = { institutions: [institution(), second] }
  const there = PIX_URL.replace(API, second.baseUrl)

  it('are asked in turn', async () => {
    expect(await ask({ [there]: [() => signed(resource(PIX))] }, options).lookUp()).toHaveLength(2)
  })

  it('do not stand in for each other when one is down and the other knows nothing', async () => {
    const down = () => json({}, { status: 500 })
    await expect(ask({ [PIX_URL]: [down] }, options).lookUp()).rejects.toMatchObject({ kind: 'unavailable' })
    const { lookUp } = ask({ [PIX_URL]: [down], [there]: [() => signed(resource(PIX))] }, options)
    expect(await lookUp()).toHaveLength(2)
  })
})

describe('news that is young', () => {
  const at = (seconds: number) => ({
    clock: handClock(new Date(Date.parse(BODY.data.timestamp) + seconds * 1_000).toISOString()),
  })
  const fresh = (status: string, seconds: number): Script => {
    const iat = Date.parse(BODY.data.timestamp) / 1_000 + seconds
    return { [PIX_URL]: [() => signed(resource(PIX, { status }), { claims: { iat } })] }
  }

  it('is asked for again while another change may have the same second', async () => {
    await expect(ask(fresh('PDNG', 1), at(1)).lookUp()).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterMs: 2_000,
    })
    expect(await ask(fresh('PDNG', 2), at(2)).lookUp()).toHaveLength(2)
  })

  it('counts at once when it is final', async () => {
    expect(await ask(fresh('ACSC', 0), at(0)).lookUp()).toHaveLength(2)
  })

  it('is not waited for when their clock is wrong', async () => {
    expect(await ask(fresh('PDNG', -10), at(-10)).lookUp()).toHaveLength(2)
  })

  it('may not be there yet, and later it is nothing', async () => {
    await expect(ask({}, at(3)).lookUp()).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 10_000 })
    expect(await ask({}, at(120)).lookUp()).toEqual([])
  })
})

describe('the probe', () => {
  it('asks every institution for a token', async () => {
    expect(await ask({}).probe.probe()).toEqual({
      ok: true,
      detail: 'open-finance: 1 institutions gave a token.',
    })
    const { probe } = ask({ [TOKEN]: [() => json({}, { status: 503 })] })
    expect(await probe.probe()).toEqual({
      ok: false,
      detail: `${BANK}: open-finance: asking for a token met status 503.`,
    })
  })
})

const SPECS = [
  ['ofb-payments-4.0.1.openapi.yaml', 'EnumPaymentStatusType', paymentStatus],
  ['ofb-payments-5.0.0.openapi.yaml', 'EnumPaymentStatusType', paymentStatus],
  ['ofb-payments-5.0.0.openapi.yaml', 'EnumAuthorisationStatusType', consentStatus],
  ['ofb-automatic-payments-2.2.0.openapi.yaml', 'EnumPaymentStatusType', paymentStatus],
  ['ofb-automatic-payments-2.2.0.openapi.yaml', 'EnumAuthorisationStatusType', recurringConsentStatus],
  ['ofb-enrollments-2.3.0.openapi.yaml', 'EnumEnrollmentStatus', enrollmentStatus],
] as const
const found = SPECS.map(([file, name, table]) => ({ file, name, table, spec: readSpec(file) }))
describe.skipIf(found.some(({ spec }) => spec === null))('the tables hold every status', () => {
  it.each(found)('$file $name', ({ name, table, spec }) => {
    const path = ['components', 'schemas', name, 'enum']
    const statuses = path.reduce<unknown>((part, key) => Reflect.get(Object(part), key), spec) as string[]
    expect(statuses.length).toBeGreaterThan(3)
    for (const status of statuses) expect(table.find(status)).toMatchObject({ kind: 'known' })
  })
})
