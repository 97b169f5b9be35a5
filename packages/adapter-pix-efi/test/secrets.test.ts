import { inspect } from 'node:util'
import { Money } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { type EfiOptions, type EfiProvider, efi } from '../src/index.ts'
import { certificates, optionsFor, payout } from './setup.ts'

const CANARY = {
  clientSecret: 'canary-client-secret-1',
  hmac: 'canary-hmac-secret-0001',
  token: 'canary-access-token-1',
  answer: 'canary-answer-body-1',
  document: '52998224725',
  email: 'canary.payee@example.com',
} as const
const CLIENT_ID = 'Client_Id_visible'
const BASIC = Buffer.from(`${CLIENT_ID}:${CANARY.clientSecret}`).toString('base64')
const KEY_LINE = certificates.client.key.split('\n')[2] ?? ''
const FORBIDDEN = [...Object.values(CANARY), BASIC, KEY_LINE]

/** Everything a value could show: to logs, to JSON, to a debugger. */
function shownBy(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  const json =
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part)) ?? ''
  return [inspect(value, { depth: null, showHidden: true, getters: true }), json, error].join('\n')
}

const expectClean = (value: unknown): void => {
  const shown = shownBy(value)
  for (const canary of FORBIDDEN) expect(shown).not.toContain(canary)
}

const options = (fetch: typeof globalThis.fetch): EfiOptions =>
  optionsFor({
    fetch,
    clientId: CLIENT_ID,
    clientSecret: CANARY.clientSecret,
    webhook: { mode: 'hmac', secrets: [CANARY.hmac] },
  })

const order = payout({
  destination: { kind: 'pix_key', key: CANARY.email, ownerDocument: CANARY.document },
  amount: Money.of(1234n, 'BRL/2'),
})

/** Gives tokens, and for the rest what the case says. */
function answering(answer: () => Response | Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    if (!request.url.endsWith('/oauth/token')) return answer()
    return Response.json({ access_token: CANARY.token, expires_in: 3600 })
  }
}

const leaky = (): Promise<never> =>
  Promise.reject(
    Object.assign(new Error(CANARY.answer), { request: { headers: BASIC }, body: CANARY.answer }),
  )

const ANSWERS: readonly [string, () => Response | Promise<Response>][] = [
  [
    'refused',
    () =>
      Response.json(
        { nome: 'chave_invalida', mensagem: `${CANARY.answer} ${CANARY.document}` },
        { status: 400 },
      ),
  ],
  [
    'refused by an odd name',
    () => Response.json({ nome: `x ${CANARY.answer}`, mensagem: '' }, { status: 400 }),
  ],
  [
    'refused by fields',
    () =>
      Response.json(
        {
          type: `https://x/${CANARY.answer} y`,
          violacoes: [{ propriedade: `${CANARY.answer} y`, razao: CANARY.document }],
        },
        { status: 400 },
      ),
  ],
  ['unreadable', () => new Response(CANARY.answer, { status: 201 })],
  [
    'odd',
    () =>
      Response.json({ idEnvio: CANARY.answer, valor: CANARY.answer, status: CANARY.answer }, { status: 200 }),
  ],
  [
    'a new status',
    () => Response.json({ idEnvio: 'x', valor: '1.00', status: `${CANARY.answer} ${'x'.repeat(50)}` }),
  ],
  ['down', () => new Response(CANARY.answer, { status: 500, headers: { 'x-debug': CANARY.answer } })],
  [
    'denied',
    () => Response.json({ error: `${CANARY.answer} x`, error_description: CANARY.answer }, { status: 403 }),
  ],
  ['broken', leaky],
]

const payment = { idempotencyKey: 'x', providerRef: 'x'.repeat(26) }
const person = { name: 'Maria', document: CANARY.document }

/** What takes money or gives it back, with the personal data that each may be given. */
function moneyIn({ payments, automatic }: Pick<EfiProvider, 'payments' | 'automatic'>) {
  const amount = Money.of(1234n, 'BRL/2')
  const payer = { ...person, email: CANARY.email }
  const asked = { idempotencyKey: 'x', amount, payer, description: CANARY.email }
  return Promise.all([
    payments.create({ ...asked, method: 'pix' }),
    payments.create({ ...asked, method: 'pix_due', due: { dueDate: '2026-12-10' } }),
    payments.cancel(payment),
    payments.refund({ idempotencyKey: 'x', payment, receiptRef: 'E1', amount }),
    automatic.createRecurrence({
      contract: 'CT-1',
      debtor: person,
      startsOn: '2026-12-05',
      every: 'month',
      amount,
      retries: true,
    }),
    automatic.createCharge({
      idempotencyKey: 'x',
      idRec: 'RN1',
      dueDate: '2026-12-05',
      amount,
      receiver: { account: '1', type: 'payment' },
    }),
  ])
}

describe('secrets and bodies', () => {
  it('are not in the provider', () => {
    expectClean(efi(options(answering(() => new Response()))))
  })

  it.each(ANSWERS)('are not in what a call tells (%s)', async (_name, answer) => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    )
    const { payouts, webhooks, probe, ...more } = efi(options(answering(answer)))
    const outcome = await payouts.submit(order)
    expect(outcome.kind).not.toBe('accepted')
    expectClean(outcome)
    for (const other of await moneyIn(more)) {
      expect(other.kind).not.toBe('accepted')
      expectClean(other)
    }
    const window = { from: new Date('2026-11-22'), to: new Date('2026-11-23') }
    for (const call of [
      more.payments.find({ idempotencyKey: 'x' }),
      more.payments.findRefund({ idempotencyKey: 'x', payment, receiptRef: 'E1' }),
      more.statements.entries(window),
      more.charges.list({ ...window, kind: 'cob' }),
      more.automatic.listCharges(window),
      more.med.list(window),
      webhooks.lookUp({ kind: 'hint', topic: 'cobr', ref: 'x' }),
      payouts.find({ idempotencyKey: 'x', providerRef: 'E09089356202611221410APIa1b2c3d4' }),
      payouts.balance('BRL/2'),
      webhooks.register({ url: 'https://shop.example/x' }),
    ]) {
      expectClean(await call.catch((error: unknown) => error))
    }
    expectClean(await probe.probe())
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('are not in what a failed token call tells', async () => {
    const fetches: (typeof globalThis.fetch)[] = [
      async () =>
        Response.json({ error: 'invalid_client', error_description: CANARY.answer }, { status: 401 }),
      async () => Response.json({ access_token: CANARY.token }),
      async () => new Response(CANARY.answer, { status: 500 }),
      leaky,
    ]
    for (const fetch of fetches) {
      const { payouts } = efi(options(fetch))
      const outcome = await payouts.submit(order)
      expect(outcome).toMatchObject({ kind: 'not_sent' })
      expectClean(outcome)
      expectClean(await payouts.find(order).catch((error: unknown) => error))
    }
  })

  it('are not in the errors of wrong options', () => {
    const wrong: Partial<Record<keyof EfiOptions, unknown>>[] = [
      { clientSecret: [CANARY.clientSecret] },
      { certificate: { cert: CANARY.answer, key: CANARY.answer } },
      { certificate: { cert: certificates.client.cert, key: certificates.client.key, passphrase: 7 } },
      { webhook: { mode: 'hmac', secrets: [`${CANARY.hmac}/`] } },
      { webhook: { mode: CANARY.hmac } },
      { pixKey: CANARY.email.toUpperCase() },
      { timeoutMs: CANARY.answer },
    ]
    for (const given of wrong) {
      const make = (): unknown => efi({ ...options(globalThis.fetch), ...given } as EfiOptions)
      expect(make).toThrow(/^efi: options\./)
      try {
        make()
      } catch (error) {
        expectClean(error)
      }
    }
  })

  it('are not in what is said of a wrong destination', async () => {
    const { payouts } = efi(options(globalThis.fetch))
    const destination = { kind: 'pix_key', key: `${CANARY.email} ` } as const
    expectClean(payouts.checkDestination(destination))
    const outcome = await payouts.submit(payout({ destination }))
    expect(outcome).toMatchObject({ kind: 'declined', reason: 'invalid_destination' })
    expectClean(outcome)
  })

  it('are not in the verdict on a delivery', async () => {
    const { webhooks } = efi(options(globalThis.fetch))
    const verdict = await webhooks.verify({
      method: 'POST',
      url: `/x?hmac=${CANARY.hmac}`,
      headers: {},
      body: Buffer.from(JSON.stringify({ pix: [] })),
      receivedAt: new Date('2026-11-22T12:00:00Z'),
      peer: { address: '34.193.116.226' },
    })
    expect(verdict).toMatchObject({ kind: 'authentic' })
    expectClean(verdict)
  })
})
