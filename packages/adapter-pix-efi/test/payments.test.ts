import { type CreatePayment, type DueTerms, Money } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi, type FakeEfiOptions } from '@lastro/testing/efi'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EfiOptions, efi, keyOfPixId, pixIdOf } from '../src/index.ts'
import { optionsFor, PIX_KEY, scripted } from './setup.ts'

const KEY = 'pay_01k0000000000000000000000a'
const TXID = 'pay01k0000000000000000000000a'
const brl = (cents: bigint) => Money.of(cents, 'BRL/2')
const PAYER = { name: 'Maria Souza', document: '52998224725' }
const LOCATION = { id: 789, location: 'pix.example.com/v2/1f2e', tipoCob: 'cob' }

const request = (given: Partial<CreatePayment> = {}): CreatePayment => ({
  idempotencyKey: KEY,
  amount: brl(49_90n),
  method: 'pix',
  ...given,
})

const due = (given: Partial<DueTerms> = {}, more: Partial<CreatePayment> = {}): CreatePayment =>
  request({ method: 'pix_due', payer: PAYER, due: { dueDate: '2026-12-10', ...given }, ...more })

const CHARGE = {
  calendario: { criacao: '2026-11-22T12:00:00Z', expiracao: 3600 },
  txid: TXID,
  revisao: 0,
  status: 'ATIVA',
  loc: LOCATION,
  location: LOCATION.location,
  valor: { original: '49.90' },
  chave: PIX_KEY,
  pixCopiaECola: '000201…',
}

function asked(answers: Parameters<typeof scripted>[0], options: Partial<EfiOptions> = {}) {
  const script = scripted(answers)
  return { ...script, provider: efi(optionsFor({ fetch: script.fetch, ...options })) }
}

function world(given: { fake?: FakeEfiOptions; options?: Partial<EfiOptions> } = {}) {
  const clock = manualClock()
  const fake = createFakeEfi({ clock, ...given.fake })
  return { clock, fake, provider: efi(optionsFor({ fetch: fake.fetch, clock, ...given.options })) }
}

const NO_COB = { status: 400, body: { nome: 'cobranca_nao_encontrada', mensagem: 'x' } }
const NO_COBV = {
  status: 404,
  body: { type: 'https://pix.bcb.gov.br/api/v2/error/CobVNaoEncontrada', title: 'x', status: 404 },
}

describe('the id of a charge', () => {
  it('is an engine’s id without its underscore, and tells it again', () => {
    expect(pixIdOf(KEY)).toBe(TXID)
    expect(keyOfPixId(TXID)).toBe(KEY)
    expect(keyOfPixId(pixIdOf('order-42'))).toBeNull()
  })

  it('fits Efí for every key, and is another for every other key', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[0-9a-z]{26}$/))
        .map((parts) => parts.join('_')),
      fc.stringMatching(/^[a-z_]{27,34}$/),
    )
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(pixIdOf(left)).toMatch(/^[a-zA-Z0-9]{26,35}$/)
        expect(pixIdOf(left) === pixIdOf(right)).toBe(left === right)
        const told = keyOfPixId(pixIdOf(left))
        expect(told === null || told === left).toBe(true)
      }),
    )
  })
})

describe('creating a charge', () => {
  it('asks for exactly what was given, and shows the code', async () => {
    const { provider, asked: calls } = asked([{ status: 201, body: CHARGE }])
    const expiresAt = new Date('2026-11-22T13:00:00.900Z')
    const outcome = await provider.payments.create(
      request({ payer: PAYER, description: 'Pedido 42', expiresAt }),
    )
    expect(calls).toEqual([
      {
        method: 'PUT',
        path: `/v2/cob/${TXID}`,
        body: {
          calendario: { expiracao: 3600 },
          devedor: { cpf: '52998224725', nome: 'Maria Souza' },
          valor: { original: '49.90' },
          chave: PIX_KEY,
          solicitacaoPagador: 'Pedido 42',
        },
      },
    ])
    expect(outcome).toEqual({
      kind: 'accepted',
      value: {
        providerRef: TXID,
        idempotencyKey: KEY,
        state: 'requires_action',
        amount: brl(49_90n),
        receipts: [],
        refunds: [],
        disputes: [],
        action: { kind: 'show_pix', brCode: '000201…', location: LOCATION.location },
      },
    })
  })

  it.each<[string, Partial<DueTerms>, object]>([
    ['a fixed fine', { fine: brl(2_00n) }, { multa: { modalidade: 1, valorPerc: '2.00' } }],
    ['a fine in percent', { fine: { bps: 205 } }, { multa: { modalidade: 2, valorPerc: '2.05' } }],
    ['interest in money', { interest: { perDay: brl(5n) } }, { juros: { modalidade: 1, valorPerc: '0.05' } }],
    [
      'interest per day',
      { interest: { bps: 3, per: 'day' } },
      { juros: { modalidade: 2, valorPerc: '0.03' } },
    ],
    [
      'interest per month',
      { interest: { bps: 100, per: 'month' } },
      { juros: { modalidade: 3, valorPerc: '1.00' } },
    ],
    [
      'interest per year',
      { interest: { bps: 1200, per: 'year' } },
      { juros: { modalidade: 4, valorPerc: '12.00' } },
    ],
    ['a fixed abatement', { abatement: brl(10_00n) }, { abatimento: { modalidade: 1, valorPerc: '10.00' } }],
    [
      'an abatement in percent',
      { abatement: { bps: 50 } },
      { abatimento: { modalidade: 2, valorPerc: '0.50' } },
    ],
    [
      'discounts in money',
      {
        discount: [
          { until: '2026-12-01', amount: brl(3_00n) },
          { until: '2026-12-05', amount: brl(1_00n) },
        ],
      },
      {
        desconto: {
          modalidade: 1,
          descontoDataFixa: [
            { data: '2026-12-01', valorPerc: '3.00' },
            { data: '2026-12-05', valorPerc: '1.00' },
          ],
        },
      },
    ],
    [
      'a discount in percent',
      { discount: [{ until: '2026-12-01', amount: { bps: 500 } }] },
      { desconto: { modalidade: 2, descontoDataFixa: [{ data: '2026-12-01', valorPerc: '5.00' }] } },
    ],
  ])('with a due date: %s', async (_name, terms, valor) => {
    const { provider, asked: calls } = asked([{ status: 201, body: { ...CHARGE, calendario: {} } }])
    await provider.payments.create(due({ payableDaysAfter: 15, ...terms }))
    expect(calls[0]).toEqual({
      method: 'PUT',
      path: `/v2/cobv/${TXID}`,
      body: {
        calendario: { dataDeVencimento: '2026-12-10', validadeAposVencimento: 15 },
        devedor: { cpf: '52998224725', nome: 'Maria Souza' },
        valor: { original: '49.90', ...valor },
        chave: PIX_KEY,
      },
    })
  })

  it.each<[CreatePayment, string]>([
    [request({ method: 'card' }), 'method'],
    [request({ capture: 'manual' }), 'capture'],
    [request({ amount: brl(0n) }), 'amount'],
    [request({ amount: brl(1_000_000_000_000n) }), 'amount'],
    [request({ amount: Money.of(1n, 'USD/2') }), 'amount'],
    [request({ description: 'x'.repeat(141) }), 'description'],
    [request({ expiresAt: new Date('2026-11-22T12:00:00Z') }), 'expiresAt'],
    [request({ expiresAt: new Date('2126-11-22T12:00:00Z') }), 'expiresAt'],
    [request({ due: { dueDate: '2026-12-10' } }), 'due'],
    [request({ payer: { document: '52998224725' } }), 'payer.name'],
    [request({ payer: { ...PAYER, document: '52998224726' } }), 'payer.document'],
    [request({ payer: { ...PAYER, document: '12ABC34501DE35' } }), 'payer.document'],
    [request({ payer: { ...PAYER, name: 'x'.repeat(201) } }), 'payer.name'],
    [request({ method: 'pix_due', payer: PAYER }), 'due'],
    [due({}, { payer: {} }), 'payer.document'],
    [due({}, { payer: { document: PAYER.document } }), 'payer.name'],
    [due({}, { expiresAt: new Date('2026-12-10') }), 'expiresAt'],
    [due({ dueDate: '2026-13-01' }), 'due.dueDate'],
    [due({ dueDate: '2026-02-30' }), 'due.dueDate'],
    [due({ dueDate: '2026-11-21' }), 'due.dueDate'],
    [due({ payableDaysAfter: -1 }), 'due.payableDaysAfter'],
    [due({ payableDaysAfter: 1.5 }), 'due.payableDaysAfter'],
    [due({ fine: { bps: 0 } }), 'due.fine.bps'],
    [due({ fine: { bps: 2.5 } }), 'due.fine.bps'],
    [due({ fine: Money.of(1n, 'USD/2') }), 'due.fine'],
    [due({ interest: { bps: 10_001, per: 'day' } }), 'due.interest.bps'],
    [due({ interest: { perDay: brl(0n) } }), 'due.interest.perDay'],
    [due({ abatement: brl(49_90n) }), 'due.abatement'],
    [due({ abatement: { bps: 10_000 } }), 'due.abatement.bps'],
    [due({ discount: [{ until: '2026-12-11', amount: brl(1n) }] }), 'due.discount[0].until'],
    [due({ discount: [{ until: 'x', amount: brl(1n) }] }), 'due.discount[0].until'],
    [due({ discount: [{ until: '2026-12-01', amount: brl(49_90n) }] }), 'due.discount[0].amount'],
    [
      due({
        discount: [
          { until: '2026-12-01', amount: brl(1n) },
          { until: '2026-12-01', amount: brl(2n) },
        ],
      }),
      'due.discount[1].until',
    ],
    [
      due({
        discount: [
          { until: '2026-12-01', amount: brl(1n) },
          { until: '2026-12-02', amount: { bps: 1 } },
        ],
      }),
      'due.discount[1].amount',
    ],
    [
      due({
        discount: Array.from({ length: 4 }, (_, day) => ({ until: `2026-12-0${day + 1}`, amount: brl(1n) })),
      }),
      'due.discount',
    ],
  ])('refuses by field, and sends nothing (%#)', async (wrong, field) => {
    const { provider, asked: calls } = asked([])
    expect(provider.payments.check(wrong)).toMatchObject({ field })
    expect(await provider.payments.create(wrong)).toMatchObject({
      kind: 'declined',
      detail: expect.stringContaining(field),
    })
    expect(calls).toEqual([])
  })

  it('takes the day at Efí for today, which may be yesterday in UTC', () => {
    const clock = manualClock(new Date('2026-12-11T02:00:00Z'))
    const { payments } = efi(optionsFor({ clock }))
    expect(payments.check(due())).toBeNull()
    expect(payments.check(due({ dueDate: '2026-12-09' }))).toMatchObject({ field: 'due.dueDate' })
  })

  it.each([
    ['another txid', { ...CHARGE, txid: 'x'.repeat(32) }],
    ['another amount', { ...CHARGE, valor: { original: '49.91' } }],
    ['a new status', { ...CHARGE, status: 'NOVA' }],
    ['no body', undefined],
  ])('is in doubt when the answer tells of %s', async (_name, body) => {
    const { provider } = asked([{ status: 201, body }])
    expect(await provider.payments.create(request())).toMatchObject({ kind: 'unknown' })
  })

  it.each([
    ['409 txid_duplicado', { status: 409, body: { nome: 'txid_duplicado', mensagem: 'x' } }],
    [
      'the Central Bank’s 400',
      { status: 400, body: { type: 'https://x/CobOperacaoInvalida', violacoes: [] } },
    ],
    [
      '400 that names the txid',
      {
        status: 400,
        body: { type: 'https://x/CobOperacaoInvalida', violacoes: [{ propriedade: 'cob.txid' }] },
      },
    ],
  ])('%s is looked up: what is there decides', async (_name, answer) => {
    const same = asked([answer, { status: 200, body: CHARGE }])
    expect(await same.provider.payments.create(request())).toMatchObject({
      kind: 'accepted',
      value: { providerRef: TXID },
    })
    const other = asked([answer, { status: 200, body: { ...CHARGE, valor: { original: '1.00' } } }])
    expect(await other.provider.payments.create(request())).toMatchObject({ kind: 'unknown' })
    const unseen = asked([answer, NO_COB, NO_COBV])
    expect(await unseen.provider.payments.create(request())).toMatchObject({ kind: 'unknown' })
    const down = asked([answer, { status: 500 }])
    expect(await down.provider.payments.create(request())).toMatchObject({ kind: 'unknown' })
  })

  it.each([
    [{ status: 400, body: { nome: 'valor_invalido' } }, 'invalid_amount'],
    [{ status: 400, body: { nome: 'documento_bloqueado' } }, 'not_permitted'],
    [
      {
        status: 400,
        body: { type: 'https://x/CobVOperacaoInvalida', violacoes: [{ propriedade: 'cobv.devedor.cpf' }] },
      },
      'refused',
    ],
  ])('a refusal stands once Efí holds nothing (%#)', async (answer, reason) => {
    const { provider } = asked([answer, NO_COB, NO_COBV])
    expect(await provider.payments.create(request())).toMatchObject({ kind: 'declined', reason })
    const arrived = asked([answer, { status: 200, body: CHARGE }])
    expect(await arrived.provider.payments.create(request())).toMatchObject({ kind: 'accepted' })
  })

  it('a key that was used for a charge of the other kind is in doubt', async () => {
    const { fake, provider } = world()
    await provider.payments.create(request())
    expect(await provider.payments.create(due())).toMatchObject({ kind: 'unknown' })
    expect(fake.charges).toHaveLength(1)
  })

  it.each(['drop_after_effect', 'error_500_after', 'truncate'] as const)(
    'a reply lost after the effect (%s) ends with exactly one charge, with nobody’s help',
    async (fault) => {
      const { fake, provider } = world()
      fake.faults.next('charge.create', fault)
      expect(await provider.payments.create(request())).toMatchObject({ kind: 'unknown' })
      const found = await provider.payments.find({ idempotencyKey: KEY })
      expect(found).toMatchObject({
        providerRef: TXID,
        state: 'requires_action',
        action: { kind: 'show_pix' },
      })
      expect(await provider.payments.create(request())).toMatchObject({ kind: 'accepted' })
      expect(fake.charges).toHaveLength(1)
    },
  )
})

describe('finding a charge', () => {
  it('tells every Pix that arrived for it', async () => {
    const { fake, provider } = world()
    await provider.payments.create(request())
    fake.payPix(TXID)
    fake.payPix(TXID)
    const found = await provider.payments.find({ idempotencyKey: KEY })
    expect(found).toMatchObject({
      state: 'paid',
      receipts: [{ amount: brl(49_90n) }, { amount: brl(49_90n) }],
    })
    expect(new Set(found?.receipts.map(({ ref }) => ref)).size).toBe(2)
    expect(found).not.toHaveProperty('action')
  })

  it('computes the end of an immediate charge, which Efí never tells', async () => {
    const { clock, provider } = world()
    await provider.payments.create(request({ expiresAt: new Date(clock.now().getTime() + 3_600_000) }))
    await clock.advance(3_600_000)
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({ state: 'requires_action' })
    await clock.advance(300_001)
    const over = await provider.payments.find({ idempotencyKey: KEY })
    expect(over).toMatchObject({ state: 'expired' })
    expect(over).not.toHaveProperty('action')
  })

  it.each([
    // A Friday and no days more: the margin for holidays runs from that Friday’s end.
    ['2026-12-11', 0, '2026-12-19T03:00:00Z'],
    // A Saturday moves to Monday, and five days more end on a Saturday, which moves again.
    ['2026-12-12', 5, '2026-12-29T03:00:00Z'],
  ])('a due charge of %s and %i days ends at %s at the latest', async (dueDate, days, ends) => {
    const body = {
      ...CHARGE,
      calendario: {
        criacao: '2026-11-22T12:00:00Z',
        dataDeVencimento: dueDate,
        validadeAposVencimento: days,
      },
    }
    const at = (ms: number) => manualClock(new Date(Date.parse(ends) + ms))
    for (const [ms, state] of [
      [0, 'requires_action'],
      [1_000, 'expired'],
    ] as const) {
      const { provider } = asked([NO_COB, { status: 200, body }], { clock: at(ms) })
      expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({ state })
    }
  })

  it.each([
    ['REMOVIDA_PELO_USUARIO_RECEBEDOR', 'canceled'],
    ['REMOVIDA_PELO_PSP', 'canceled'],
    ['REMOVIDA_PELO_USUARIO', 'canceled'],
    ['CONCLUIDA', 'paid'],
  ])('%s is %s', async (status, state) => {
    const { provider } = asked([{ status: 200, body: { ...CHARGE, status } }])
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({ state })
  })

  it('an open charge with money is being processed', async () => {
    const pix = [{ endToEndId: 'E1', valor: '49.90', horario: '2026-11-22T12:00:01Z' }]
    const { provider } = asked([{ status: 200, body: { ...CHARGE, pix } }])
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({
      state: 'processing',
      receipts: [{}],
    })
  })

  it('asks the location for the code where the answer leaves it out', async () => {
    const { pixCopiaECola: _, ...body } = CHARGE
    const answers = [
      { status: 200, body },
      { status: 200, body: { qrcode: 'code', imagemQrcode: 'data:x' } },
    ]
    const { provider, asked: calls } = asked(answers)
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({
      action: { brCode: 'code' },
    })
    expect(calls[1]?.path).toBe('/v2/loc/789/qrcode')
    const denied = asked([
      { status: 200, body },
      { status: 403, body: { error: 'insufficient_scope' } },
    ])
    expect(await denied.provider.payments.find({ idempotencyKey: KEY })).not.toHaveProperty('action')
    const down = asked([{ status: 200, body }, { status: 500 }])
    await expect(down.provider.payments.find({ idempotencyKey: KEY })).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })

  it.each([
    ['a gateway’s 404', { status: 404, body: '<html>' }],
    ['a bare NaoEncontrado', { status: 404, body: { type: 'https://x/NaoEncontrado' } }],
    ['another name', { status: 400, body: { nome: 'valor_invalido' } }],
    ['an answer that cannot be read', { status: 200, body: '[]' }],
  ])('%s is trouble, not absence', async (_name, answer) => {
    const { provider } = asked([answer])
    await expect(provider.payments.find({ idempotencyKey: KEY })).rejects.toMatchObject({ provider: 'efi' })
  })
})

describe('canceling', () => {
  it('ends an open charge of either kind, and says so again', async () => {
    const { fake, provider } = world()
    for (const made of [request(), due({}, { idempotencyKey: `${KEY.slice(0, -1)}b` })]) {
      await provider.payments.create(made)
      const ref = { idempotencyKey: made.idempotencyKey, providerRef: pixIdOf(made.idempotencyKey) }
      for (let twice = 0; twice < 2; twice += 1)
        expect(await provider.payments.cancel(ref)).toMatchObject({
          kind: 'accepted',
          value: { state: 'canceled' },
        })
    }
    expect(fake.charges.map(({ status }) => status)).toEqual(Array(2).fill('REMOVIDA_PELO_USUARIO_RECEBEDOR'))
  })

  it('is declined when it was paid meanwhile, even between reading and removing', async () => {
    const ref = { idempotencyKey: KEY, providerRef: TXID }
    const pix = [{ endToEndId: 'E1', valor: '49.90', horario: '2026-11-22T12:00:01Z' }]
    const paid = { status: 200, body: { ...CHARGE, status: 'CONCLUIDA', pix } }
    const before = asked([paid])
    expect(await before.provider.payments.cancel(ref)).toMatchObject({
      kind: 'declined',
      reason: 'not_permitted',
    })
    const between = asked([
      { status: 200, body: CHARGE },
      { status: 400, body: { nome: 'status_cobranca_invalido' } },
      paid,
    ])
    expect(await between.provider.payments.cancel(ref)).toMatchObject({
      kind: 'declined',
      reason: 'not_permitted',
    })
  })

  it('is in doubt, or never began, where Efí cannot be asked', async () => {
    const ref = { idempotencyKey: KEY, providerRef: TXID }
    const open = { status: 200, body: CHARGE }
    expect(await asked([{ status: 500 }]).provider.payments.cancel(ref)).toMatchObject({ kind: 'not_sent' })
    expect(await asked([NO_COB, NO_COBV]).provider.payments.cancel(ref)).toMatchObject({ kind: 'not_sent' })
    expect(await asked([open, { status: 500 }]).provider.payments.cancel(ref)).toMatchObject({
      kind: 'unknown',
    })
    expect(
      await asked([open, { status: 200, body: CHARGE }, open]).provider.payments.cancel(ref),
    ).toMatchObject({ kind: 'unknown' })
  })
})

describe('refunds', () => {
  const REFUND = 'rfd_01k0000000000000000000000r'

  async function paid(options: FakeEfiOptions = {}) {
    const made = world({ fake: { refundAfterMs: null, ...options } })
    await made.provider.payments.create(request())
    const { e2eId } = made.fake.payPix(TXID)
    const payment = { idempotencyKey: KEY, providerRef: TXID }
    return { ...made, wanted: { idempotencyKey: REFUND, payment, receiptRef: e2eId, amount: brl(20_00n) } }
  }

  it('begin as pending and are settled later', async () => {
    const { fake, provider, wanted } = await paid()
    const told = {
      ref: pixIdOf(REFUND),
      idempotencyKey: REFUND,
      receiptRef: wanted.receiptRef,
      amount: brl(20_00n),
    }
    expect(await provider.payments.refund(wanted)).toEqual({
      kind: 'accepted',
      value: { ...told, state: 'pending' },
    })
    expect(await provider.payments.findRefund(wanted)).toEqual({ ...told, state: 'pending' })
    fake.settleRefund(pixIdOf(REFUND))
    expect(await provider.payments.findRefund(wanted)).toMatchObject({ state: 'succeeded' })
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({
      state: 'paid',
      refunds: [{ ...told, state: 'succeeded' }],
    })
  })

  it('may fail later, with the reason', async () => {
    const { fake, provider, wanted } = await paid()
    await provider.payments.refund(wanted)
    fake.refuseRefund(pixIdOf(REFUND), 'Conta encerrada')
    expect(await provider.payments.findRefund(wanted)).toMatchObject({
      state: 'failed',
      detail: 'Conta encerrada',
    })
  })

  it.each(['efi', 'bcb'] as const)(
    'a lost reply ends with exactly one refund (refusals as %s)',
    async (errors) => {
      const { fake, provider, wanted } = await paid({ errors })
      fake.faults.next('refund.create', 'drop_after_effect')
      expect(await provider.payments.refund(wanted)).toMatchObject({ kind: 'unknown' })
      expect(await provider.payments.refund(wanted)).toMatchObject({
        kind: 'accepted',
        value: { state: 'pending' },
      })
      expect(fake.received[0]?.refunds).toHaveLength(1)
      const other = await provider.payments.refund({ ...wanted, amount: brl(1n) })
      expect(other).toMatchObject({ kind: 'unknown' })
    },
  )

  it.each(['efi', 'bcb'] as const)('more than is left is declined (refusals as %s)', async (errors) => {
    const { provider, wanted } = await paid({ errors })
    expect(await provider.payments.refund({ ...wanted, amount: brl(49_91n) })).toMatchObject({
      kind: 'declined',
    })
    expect(await provider.payments.refund({ ...wanted, receiptRef: 'E'.repeat(32) })).toMatchObject({
      kind: 'declined',
    })
    expect(await provider.payments.findRefund(wanted)).toBeNull()
  })

  it('sends the reason only where the option says so', async () => {
    const answer = {
      status: 201,
      body: { id: pixIdOf(REFUND), rtrId: 'D1', valor: '20.00', status: 'DEVOLVIDO' },
    }
    const wanted = {
      idempotencyKey: REFUND,
      payment: { idempotencyKey: KEY, providerRef: TXID },
      receiptRef: 'E1',
      amount: brl(20_00n),
      reason: 'Pedido cancelado',
    }
    const quiet = asked([answer])
    await quiet.provider.payments.refund(wanted)
    expect(quiet.asked[0]?.body).toEqual({ valor: '20.00' })
    const open = asked([answer], { sendRefundReason: true })
    await open.provider.payments.refund(wanted)
    expect(open.asked[0]?.body).toEqual({ valor: '20.00', descricao: 'Pedido cancelado' })
  })
})
