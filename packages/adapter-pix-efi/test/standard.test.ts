import { Money } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi, type FakeEfi } from '@lastro/testing/efi'
import { describe, expect, it } from 'vitest'
import { type EfiProvider, efi, pixIdOf } from '../src/index.ts'
import { optionsFor } from './setup.ts'
import { type Checked, createStandard, standardFile } from './standard.ts'

if (standardFile === null)
  console.warn('Skipped: the Central Bank’s OpenAPI file is not here (see LASTRO_SPECS).')

const brl = (cents: bigint) => Money.of(cents, 'BRL/2')
const PAYER = { name: 'Maria Souza', document: '52998224725' }
const DEBTOR = { name: 'Maria Souza', document: '52998224725' }

/**
 * Where Efí is known to differ from the contract (its pages and SDK against the document):
 * the list of locations is called `locs`, and the contract's own name is `loc`.
 */
const KNOWN_DIFFERENCES: ReadonlySet<string> = new Set(['GET /loc answer'])

function setUp(file: string) {
  const clock = manualClock()
  const standard = createStandard(file)
  const checked: Checked[] = []
  const fake = createFakeEfi({
    clock,
    pixInRecurringNews: true,
    recurringAmountAs: 'text',
    webhookUrl: 'https://shop.example/webhooks/efi?ignorar=',
    deliver: async (request) => {
      const body: unknown = await request.json()
      const isTest = Object.hasOwn(Object(body), 'evento')
      // Sent Pix are Efí's own: the contract knows only what is received.
      const isSent = JSON.stringify(body).includes('idEnvio')
      const name = request.url.endsWith('/rec')
        ? 'WebhookRecBody'
        : request.url.endsWith('/cobr')
          ? 'WebhookCobRBody'
          : 'WebhookPixBody'
      if (!isTest && !isSent) checked.push(standard.webhook(name, body))
      return new Response(null)
    },
  })
  const checking: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.clone().text()
    const response = await fake.fetch(request)
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => null)
    const path = new URL(request.url).pathname.replace(/^\/v2/, '')
    const { status } = response
    const asked: unknown = text === '' ? undefined : JSON.parse(text)
    checked.push(...standard.call({ method: request.method, path, request: asked, status, answer }))
    if (response.headers.get('content-type') === 'application/problem+json')
      checked.push(standard.problem(answer))
    return response
  }
  const provider = efi(optionsFor({ fetch: checking, clock, notifications: ['pix', 'rec', 'cobr'] }))
  return { clock, fake, provider, checked }
}

type World = ReturnType<typeof setUp>

const accepted = (outcome: { readonly kind: string }): void =>
  expect(outcome).toMatchObject({ kind: 'accepted' })

async function driveCharges({ provider, fake, clock }: World): Promise<void> {
  const { payments, charges } = provider
  const window = {
    from: new Date(clock.now().getTime() - 3_600_000),
    to: new Date(clock.now().getTime() + 7_200_000),
  }
  for (const [index, more] of [{}, { description: 'Pedido 42', payer: PAYER }].entries())
    accepted(
      await payments.create({ idempotencyKey: `cob${index}`, amount: brl(49_90n), method: 'pix', ...more }),
    )
  accepted(
    await charges.change({
      txid: pixIdOf('cob1'),
      kind: 'cob',
      amount: brl(10_00n),
      description: 'x',
      expirySeconds: 60,
    }),
  )
  await payments.find({ idempotencyKey: 'cob0' })
  const paid = fake.payPix(pixIdOf('cob0'))
  const found = await payments.find({ idempotencyKey: 'cob0' })
  const payment = { idempotencyKey: 'cob0', providerRef: found?.providerRef ?? '' }
  accepted(
    await payments.refund({ idempotencyKey: 'r1', payment, receiptRef: paid.e2eId, amount: brl(10_00n) }),
  )
  await clock.advance(5_000)
  expect(await payments.findRefund({ idempotencyKey: 'r1', payment, receiptRef: paid.e2eId })).toMatchObject({
    state: 'succeeded',
  })
  await payments.find({ idempotencyKey: 'cob0' })
  accepted(await payments.cancel({ idempotencyKey: 'cob1', providerRef: pixIdOf('cob1') }))
  await charges.list({ ...window, kind: 'cob' })
  await provider.webhooks.lookUp({ kind: 'hint', topic: 'PIX_RECEBIDO', ref: paid.e2eId })
  let cursor: string | null = null
  do cursor = (await provider.statements.entries({ ...window, cursor })).nextCursor
  while (cursor !== null)
  const location = await charges.locations.create({ kind: 'cob' })
  await charges.locations.find(location)
  await charges.locations.list(window)
  await charges.locations.release(location)
}

async function driveDueCharges({ provider, fake, clock }: World): Promise<void> {
  const { payments, charges } = provider
  const due = { dueDate: '2027-01-15', payableDaysAfter: 15 }
  const terms = [
    {},
    { fine: brl(2_00n), interest: { perDay: brl(10n) }, abatement: brl(5_00n) },
    { fine: { bps: 200 }, interest: { bps: 100, per: 'day' }, abatement: { bps: 50 } },
    { interest: { bps: 100, per: 'month' }, discount: [{ until: '2027-01-10', amount: brl(1_00n) }] },
    {
      interest: { bps: 1200, per: 'year' },
      discount: [
        { until: '2027-01-05', amount: { bps: 500 } },
        { until: '2027-01-10', amount: { bps: 250 } },
      ],
    },
  ] as const
  for (const [index, more] of terms.entries()) {
    const request = {
      amount: brl(1234_56n),
      payer: { ...PAYER, email: 'maria@example.com' },
      method: 'pix_due',
    } as const
    accepted(await payments.create({ idempotencyKey: `cobv${index}`, ...request, due: { ...due, ...more } }))
  }
  const txid = pixIdOf('cobv0')
  accepted(
    await charges.change({ txid, kind: 'cobv', amount: brl(1_00n), due: { ...due, fine: { bps: 200 } } }),
  )
  fake.payPix(txid, 1_02n)
  expect(await payments.find({ idempotencyKey: 'cobv0' })).toMatchObject({ state: 'paid' })
  accepted(await payments.cancel({ idempotencyKey: 'cobv1', providerRef: pixIdOf('cobv1') }))
  await charges.list({ from: clock.now(), to: clock.now(), kind: 'cobv' })
}

async function driveAutomatic({ provider, fake, clock }: World): Promise<void> {
  const { automatic } = provider
  const location = await automatic.locations.create()
  await automatic.locations.find(location)
  const terms = { debtor: DEBTOR, startsOn: '2026-12-05', every: 'month', retries: true } as const
  const made = await automatic.createRecurrence({
    ...terms,
    contract: 'CT-1',
    amount: brl(29_90n),
    locationId: location.id,
  })
  const more = {
    object: 'Plano',
    endsOn: '2027-12-05',
    minimumAmount: brl(10_00n),
    activationTxid: 'a'.repeat(32),
  }
  const other = await automatic.createRecurrence({ ...terms, ...more, contract: 'CT-2', retries: false })
  if (made.kind !== 'accepted' || other.kind !== 'accepted') throw new Error('no recurrence was made')
  const { idRec } = made.value
  const payer = { document: PAYER.document, ispb: '60701190', account: '12345', branch: '1' }
  const asked = await automatic.requestRecurrence({
    idRec,
    expiresAt: new Date(clock.now().getTime() + 86_400_000),
    payer,
  })
  if (asked.kind !== 'accepted') throw new Error('no request was made')
  await automatic.findRequest(asked.value)
  accepted(await automatic.cancelRequest(asked.value))
  accepted(await automatic.changeRecurrence({ idRec, startsOn: '2026-12-06', debtorName: 'Maria S Souza' }))
  fake.approveRecurrence(idRec)
  await automatic.findRecurrence({ idRec })
  const charge = {
    idRec,
    dueDate: '2026-12-10',
    amount: brl(29_90n),
    receiver: { account: '12345', type: 'payment' },
  } as const
  for (const key of ['c1', 'c2', 'c3'])
    accepted(await automatic.createCharge({ ...charge, idempotencyKey: key }))
  fake.failRecurringCharge(pixIdOf('c1'))
  accepted(await automatic.retryCharge({ txid: pixIdOf('c1'), date: '2026-12-12' }))
  fake.takeRecurringCharge(pixIdOf('c1'))
  fake.failRecurringCharge(pixIdOf('c2'), 'AC05')
  accepted(await automatic.cancelCharge({ txid: pixIdOf('c3') }))
  await automatic.findCharge({ idempotencyKey: 'c1' })
  const window = {
    from: new Date(clock.now().getTime() - 1_000),
    to: new Date(clock.now().getTime() + 1_000),
  }
  await automatic.listCharges(window)
  await automatic.listRecurrences(window)
  accepted(await automatic.changeRecurrence({ idRec: other.value.idRec, status: 'CANCELADA' }))
  await automatic.locations.release(location)
}

async function driveErrors({ provider }: World): Promise<void> {
  expect(await provider.payments.find({ idempotencyKey: 'nobody' })).toBeNull()
  expect(await provider.automatic.findCharge({ idempotencyKey: 'nobody' })).toBeNull()
}

const drives: Readonly<Record<string, (world: World) => Promise<void>>> = {
  charges: driveCharges,
  dueCharges: driveDueCharges,
  automatic: driveAutomatic,
  errors: driveErrors,
  webhooks: ({ provider }: { provider: EfiProvider; fake: FakeEfi }) =>
    provider.webhooks.register({ url: 'https://shop.example/webhooks/efi' }),
}

/** Every part of the contract that the adapter and the fake must have shown. */
const COVERED: Readonly<Record<string, readonly string[]>> = {
  charges: [
    ...['PUT /cob/{txid} request', 'PUT /cob/{txid} answer', 'GET /cob/{txid} answer', 'GET /cob answer'],
    ...[
      'PATCH /cob/{txid} request',
      'PATCH /cob/{txid} answer',
      'GET /pix/{e2eid} answer',
      'GET /pix answer',
    ],
    ...['PUT /pix/{e2eid}/devolucao/{id} request', 'PUT /pix/{e2eid}/devolucao/{id} answer'],
    ...['GET /pix/{e2eid}/devolucao/{id} answer', 'WebhookPixBody'],
    ...['POST /loc request', 'POST /loc answer', 'GET /loc/{id} answer', 'DELETE /loc/{id}/txid answer'],
  ],
  dueCharges: [
    ...['PUT /cobv/{txid} request', 'PUT /cobv/{txid} answer', 'GET /cobv/{txid} answer', 'GET /cobv answer'],
    ...['PATCH /cobv/{txid} request', 'PATCH /cobv/{txid} answer'],
  ],
  automatic: [
    ...['POST /rec request', 'POST /rec answer', 'GET /rec/{idRec} answer', 'GET /rec answer'],
    ...[
      'PATCH /rec/{idRec} request',
      'PATCH /rec/{idRec} answer',
      'POST /solicrec request',
      'POST /solicrec answer',
    ],
    ...[
      'GET /solicrec/{idSolicRec} answer',
      'PATCH /solicrec/{idSolicRec} request',
      'PATCH /solicrec/{idSolicRec} answer',
    ],
    ...['PUT /cobr/{txid} request', 'PUT /cobr/{txid} answer', 'GET /cobr/{txid} answer', 'GET /cobr answer'],
    ...[
      'PATCH /cobr/{txid} request',
      'PATCH /cobr/{txid} answer',
      'POST /cobr/{txid}/retentativa/{data} answer',
    ],
    ...['POST /locrec answer', 'GET /locrec/{id} answer', 'DELETE /locrec/{id}/idRec answer'],
    ...['WebhookRecBody', 'WebhookCobRBody'],
  ],
  errors: ['Problema'],
  webhooks: ['PUT /webhook/{chave} request', 'PUT /webhookrec request', 'PUT /webhookcobr request'],
}

describe.skipIf(standardFile === null)('the Central Bank’s contract', () => {
  it.each(Object.keys(drives))('%s: every request and every answer of the fake fits', async (name) => {
    const world = setUp(standardFile ?? '')
    await drives[name]?.(world)
    await world.fake.flushWebhooks({ everything: true })
    const wrong = world.checked.filter(
      ({ what, errors }) => errors.length > 0 && !KNOWN_DIFFERENCES.has(what),
    )
    expect(wrong).toEqual([])
    expect([...new Set(world.checked.map(({ what }) => what))]).toEqual(
      expect.arrayContaining([...(COVERED[name] ?? [])]),
    )
  })

  it('refuses what does not fit', () => {
    const standard = createStandard(standardFile ?? '')
    const request = (body: object) =>
      standard.call({
        method: 'PUT',
        path: `/cob/${'a'.repeat(32)}`,
        request: body,
        status: 500,
        answer: null,
      })
    const right = { calendario: { expiracao: 60 }, valor: { original: '1.00' }, chave: 'x' }
    expect(request(right)).toEqual([{ what: 'PUT /cob/{txid} request', errors: [] }])
    const wrong = [
      { ...right, valor: { original: '1.0' } },
      { ...right, valor: { original: 'x1.00' } },
      { ...right, valor: {} },
      { ...right, calendario: { expiracao: '60' } },
      { ...right, devedor: { cpf: '5299822472', nome: 'Maria' } },
      { ...right, devedor: { cpf: '52998224725' } },
      { ...right, novidade: true },
      { ...right, calendario: { expiracao: 60, novidade: 1 } },
    ]
    for (const body of wrong) expect(request(body)[0]?.errors, JSON.stringify(body)).not.toEqual([])
  })
})
