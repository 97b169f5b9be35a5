import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { FakeEfiOptions } from '../../src/efi/index.ts'
import { PAYER, setUp } from './client.ts'

const TXID = '9d36b84fc70b478fb95c12729b90ca25'
const CHARGE = { calendario: { expiracao: 3600 }, valor: { original: '49.90' }, chave: PAYER }
const DUE = {
  calendario: { dataDeVencimento: '2026-12-10' },
  devedor: { cpf: '52998224725', nome: 'Maria Souza' },
  valor: { original: '49.90' },
  chave: PAYER,
}

function world(options: FakeEfiOptions = {}) {
  const clock = manualClock(new Date('2026-11-22T14:00:00Z'))
  const made = setUp({ clock, tokenLifetimeSeconds: 10 ** 8, ...options })
  const ask = (method: string, path: string, body?: unknown) =>
    made.client.ask(path, { method, ...(body === undefined ? {} : { body }) })
  return { ...made, clock, ask, put: (body: unknown = CHARGE) => ask('PUT', `/v2/cob/${TXID}`, body) }
}

describe('charges', () => {
  test('are made, paid and told, and the money is there', async () => {
    const { ask, fake, put, told } = world({ balance: 0n })
    const made = await put()
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      txid: TXID,
      status: 'ATIVA',
      revisao: 0,
      pixCopiaECola: expect.any(String),
    })
    const { e2eId } = fake.payPix(TXID)
    await fake.flushWebhooks()
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
      pix: [{ endToEndId: e2eId, txid: TXID, valor: '49.90' }],
    })
    expect(fake.balance()).toBe(4990n)
    expect((await ask('GET', `/v2/cob/${TXID}`)).body).toMatchObject({
      status: 'CONCLUIDA',
      pix: [{ endToEndId: e2eId }],
    })
    expect((await ask('GET', `/v2/pix/${e2eId}`)).body).toMatchObject({ txid: TXID })
  })

  test.each([
    ['efi', 409, { nome: 'txid_duplicado' }, 400, { nome: 'cobranca_nao_encontrada' }],
    ['bcb', 400, { type: /CobOperacaoInvalida$/ }, 404, { type: /CobNaoEncontrado$/ }],
  ] as const)('a used txid stays used, in the ways of %s', async (errors, used, name, absent, none) => {
    const { ask, put } = world({ errors })
    await put()
    const again = await put()
    const missing = await ask('GET', `/v2/cob/${'x'.repeat(32)}`)
    expect([again.status, missing.status]).toEqual([used, absent])
    for (const [reply, wanted] of [
      [again, name],
      [missing, none],
    ] as const)
      for (const [field, value] of Object.entries(wanted)) expect(reply.body[field]).toMatch(value)
  })

  test.each([
    [{ ...CHARGE, valor: { original: '49.9' } }],
    [{ ...CHARGE, valor: { original: '0.00' } }],
    [{ ...CHARGE, calendario: {} }],
    [{ ...CHARGE, chave: 'outra' }],
    [{ ...CHARGE, devedor: { cpf: '52998224725' } }],
    [{ ...CHARGE, devedor: { cpf: '1', nome: 'Maria' } }],
    [{ ...CHARGE, solicitacaoPagador: 'x'.repeat(141) }],
    [{ ...CHARGE, loc: { id: 99 } }],
    ['{'],
  ])('a charge that breaks a rule is refused (%#)', async (body) => {
    const { fake, put } = world()
    expect((await put(body)).status).toBe(400)
    expect(fake.charges).toEqual([])
  })

  test.each([
    [{ multa: { modalidade: 3, valorPerc: '1.00' } }],
    [{ juros: { modalidade: 9, valorPerc: '1.00' } }],
    [{ abatimento: { modalidade: 1, valorPerc: '1' } }],
    [{ desconto: { modalidade: 1, valorPerc: '1.00' } }],
    [{ desconto: { modalidade: 1, descontoDataFixa: [{ data: '2026-12-11', valorPerc: '1.00' }] } }],
  ])('a due charge with odd terms is refused (%#)', async (terms) => {
    const { ask } = world()
    const path = `/v2/cobv/${TXID}`
    expect((await ask('PUT', path, { ...DUE, valor: { original: '49.90', ...terms } })).status).toBe(400)
    expect((await ask('PUT', path, DUE)).status).toBe(201)
  })

  test('one that was removed, or whose time is over, cannot be paid', async () => {
    const { ask, clock, fake, put } = world()
    await put()
    await ask('PATCH', `/v2/cob/${TXID}`, { status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' })
    expect(() => fake.payPix(TXID)).toThrow(/cannot be paid/)
    expect((await ask('PATCH', `/v2/cob/${TXID}`, { solicitacaoPagador: 'x' })).status).toBe(400)
    const other = 'a'.repeat(32)
    await ask('PUT', `/v2/cob/${other}`, CHARGE)
    await clock.advance(3_600_001)
    expect((await ask('GET', `/v2/cob/${other}`)).body.status).toBe('ATIVA')
    expect(() => fake.payPix(other)).toThrow(/over/)
  })

  test('a fault after the effect hides the charge for a while', async () => {
    const { ask, clock, fake, put } = world()
    fake.faults.next('charge.create', { kind: 'drop_after_effect', hiddenForMs: 1_000 })
    await expect(put()).rejects.toThrow('fetch failed')
    expect((await ask('GET', `/v2/cob/${TXID}`)).status).toBe(400)
    await clock.advance(1_000)
    expect((await ask('GET', `/v2/cob/${TXID}`)).status).toBe(200)
    expect(fake.charges).toHaveLength(1)
  })

  test('sandbox: small ones are paid by themselves, a refund of one cent is refused', async () => {
    const { ask, clock, fake, put } = world({ homologation: true })
    await put({ ...CHARGE, valor: { original: '10.00' } })
    const large = 'b'.repeat(32)
    await ask('PUT', `/v2/cob/${large}`, { ...CHARGE, valor: { original: '10.01' } })
    await clock.advance(5_000)
    expect(fake.charges.map(({ status }) => status)).toEqual(['CONCLUIDA', 'ATIVA'])
    const [receipt] = fake.received
    expect((await ask('PUT', `/v2/pix/${receipt?.e2eId}/devolucao/R1`, { valor: '0.01' })).status).toBe(400)
  })
})

describe('refunds', () => {
  test('are settled later, never above what is left, and each id once', async () => {
    const { ask, clock, fake, put, told } = world()
    await put()
    const { e2eId } = fake.payPix(TXID)
    const refund = (id: string, valor: string) => ask('PUT', `/v2/pix/${e2eId}/devolucao/${id}`, { valor })
    const before = fake.balance()
    expect((await refund('R1', '40.00')).body).toMatchObject({ id: 'R1', status: 'EM_PROCESSAMENTO' })
    expect((await refund('R1', '40.00')).status).toBe(409)
    expect((await refund('R2', '9.91')).status).toBe(400)
    await clock.advance(2_000)
    expect((await ask('GET', `/v2/pix/${e2eId}/devolucao/R1`)).body.status).toBe('DEVOLVIDO')
    expect(before - fake.balance()).toBe(4000n)
    expect(JSON.parse(told.at(-1)?.body ?? '')).toMatchObject({
      pix: [{ devolucoes: [{ id: 'R1', status: 'DEVOLVIDO' }] }],
    })
    await clock.advance(91 * 86_400_000)
    expect((await refund('R3', '1.00')).status).toBe(400)
  })

  test('one that fails gives the money back to the account', async () => {
    const { ask, fake, put } = world({ refundAfterMs: null })
    await put()
    const { e2eId } = fake.payPix(TXID)
    const before = fake.balance()
    await ask('PUT', `/v2/pix/${e2eId}/devolucao/R1`, { valor: '49.90' })
    fake.refuseRefund('R1')
    expect(fake.balance()).toBe(before)
    expect(() => fake.settleRefund('R1')).toThrow(/EM_PROCESSAMENTO/)
    expect((await ask('PUT', `/v2/pix/${e2eId}/devolucao/R2`, { valor: '49.90' })).status).toBe(201)
  })
})

test('a claim holds money back, and takes it when it is accepted', async () => {
  const { ask, fake, put } = world({ balance: 0n })
  await put()
  const { e2eId } = fake.payPix(TXID)
  const id = fake.openClaim(e2eId)
  expect((await ask('GET', '/v2/gn/saldo?bloqueios=true')).body.bloqueios).toMatchObject({ med: '49.90' })
  fake.closeClaim(id, 'ACEITA')
  expect(() => fake.closeClaim(id, 'REJEITADA')).toThrow(/already/)
  expect(fake.balance()).toBe(0n)
  expect((await ask('GET', `/v2/pix/${e2eId}`)).body.devolucoes).toMatchObject([{ natureza: 'MED_FRAUDE' }])
})

test('a re-send tells of what was received again, once', async () => {
  const { ask, fake, put, told } = world()
  await put()
  const { e2eId } = fake.payPix(TXID)
  await fake.flushWebhooks()
  const resend = await ask('POST', '/v2/gn/webhook/reenviar', { tipo: 'PIX_RECEBIDO', e2eids: [e2eId] })
  expect(resend.status).toBe(202)
  await fake.flushWebhooks()
  expect(told.map(({ body }) => body)).toEqual([told[0]?.body, told[0]?.body])
})
