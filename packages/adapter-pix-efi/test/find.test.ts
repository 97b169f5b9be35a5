import { Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import recorded from '../fixtures/answers.json' with { type: 'json' }
import { efi } from '../src/index.ts'
import { ID_ENVIO, optionsFor, payout, scripted, setUp } from './setup.ts'

const KEY = 'wd20261122A001'
const FOUND = recorded.answers.found.body
const ABSENT = recorded.answers.absent
const DEVOLVIDO = { status: 'DEVOLVIDO' }

const ask = (answers: Parameters<typeof scripted>[0], more: { providerRef?: string } = {}) => {
  const { fetch, asked } = scripted(answers)
  const { payouts } = efi(optionsFor({ fetch }))
  return { asked, answer: payouts.find({ idempotencyKey: KEY, ...more }) }
}

describe('find', () => {
  it('reads the recorded answer: paid, and all of it returned', async () => {
    const { asked, answer } = ask([recorded.answers.found])
    expect(await answer).toEqual({
      idempotencyKey: KEY,
      providerRef: KEY,
      state: 'returned',
      amount: Money.of(1234n, 'BRL/2'),
      endToEndId: 'E09089356202611221410APIa1b2c3d4',
      returnedAmount: Money.of(1234n, 'BRL/2'),
    })
    expect(asked).toEqual([{ method: 'GET', path: `/v2/gn/pix/enviados/id-envio/${KEY}`, body: null }])
  })

  it('is null for an id Efí never saw', async () => {
    expect(await ask([ABSENT]).answer).toBeNull()
  })

  it('follows a payout to its end, and what comes back', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.submit(payout())
    expect(await provider.payouts.find(payout())).toMatchObject({ state: 'pending', providerRef: ID_ENVIO })
    fake.settle(ID_ENVIO)
    expect(await provider.payouts.find(payout())).toMatchObject({ state: 'paid' })
    fake.returnPix(ID_ENVIO, 234n)
    const partly = await provider.payouts.find(payout())
    expect(partly).toMatchObject({ state: 'paid', returnedAmount: Money.of(234n, 'BRL/2') })
    fake.returnPix(ID_ENVIO)
    const whole = await provider.payouts.find(payout())
    expect(whole).toMatchObject({ state: 'returned', returnedAmount: Money.of(1234n, 'BRL/2') })
  })

  it('tells a failed one', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.submit(payout())
    fake.reject(ID_ENVIO)
    expect(await provider.payouts.find(payout())).toMatchObject({ state: 'failed' })
  })

  it('finds what a lost reply left behind', async () => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', 'drop_after_effect')
    await provider.payouts.submit(payout())
    expect(await provider.payouts.find(payout())).toMatchObject({ state: 'pending', amount: payout().amount })
  })

  it('asks by the end-to-end id too, when that is the ref and the id is not found', async () => {
    const providerRef = FOUND.endToEndId
    const { asked, answer } = ask([ABSENT, { status: 200, body: FOUND }], { providerRef })
    expect(await answer).toMatchObject({ providerRef: KEY, state: 'returned' })
    expect(asked[1]?.path).toBe(`/v2/gn/pix/enviados/${providerRef}`)
    expect(await ask([ABSENT, ABSENT], { providerRef }).answer).toBeNull()
    expect(await ask([ABSENT], { providerRef: KEY }).answer).toBeNull()
  })

  it('counts a return once, and only when it is final', async () => {
    const one = { rtrId: 'D1', valor: '1.00', horario: '2026-11-23T10:00:00.000Z' }
    const others = [
      { rtrId: 'D2', valor: '2.00', status: 'EM_PROCESSAMENTO' },
      { rtrId: 'D3', valor: '3.00', status: 'NAO_REALIZADO' },
      { rtrId: 'D4', valor: '4.00', ...DEVOLVIDO },
    ]
    const body = { ...FOUND, devolucoes: [one, one, ...others] }
    expect(await ask([{ status: 200, body }]).answer).toMatchObject({
      state: 'paid',
      returnedAmount: Money.of(500n, 'BRL/2'),
    })
  })
})

describe('find throws rather than guess', () => {
  it.each([
    ['a gateway that says 404', { status: 404, body: '<html>' }, 'invalid_request'],
    ['a 404 of shape A', { status: 404, body: { nome: 'nao_encontrado', mensagem: '' } }, 'invalid_request'],
    ['a 404 of another type', { status: 404, body: { type: 'https://x/NaoEncontrado' } }, 'invalid_request'],
    ['a 400 that says not found', { status: 400, body: ABSENT.body }, 'invalid_request'],
    ['500', { status: 500, body: ABSENT.body }, 'unavailable'],
    ['429', { status: 429 }, 'rate_limited'],
    ['403', { status: 403, body: { error: 'insufficient_scope' } }, 'unauthorized'],
    ['204', { status: 202, body: FOUND }, 'unexpected_answer'],
    ['a body that is no JSON', { status: 200, body: '' }, 'unexpected_answer'],
    ['another payout', { status: 200, body: { ...FOUND, idEnvio: 'other' } }, 'unexpected_answer'],
    ['a status never seen', { status: 200, body: { ...FOUND, status: 'CONCLUIDA' } }, 'unexpected_answer'],
    ['no status', { status: 200, body: { ...FOUND, status: null } }, 'unexpected_answer'],
    ['an amount as a number', { status: 200, body: { ...FOUND, valor: 12.34 } }, 'unexpected_answer'],
    ['more returned than sent', { status: 200, body: { ...FOUND, valor: '1.00' } }, 'unexpected_answer'],
    [
      'money returned from a failed one',
      { status: 200, body: { ...FOUND, status: 'NAO_REALIZADO' } },
      'unexpected_answer',
    ],
    [
      'a return with a status never seen',
      { status: 200, body: { ...FOUND, devolucoes: [{ rtrId: 'D1', valor: '1.00', status: 'NOVO' }] } },
      'unexpected_answer',
    ],
  ])('%s', async (_name, answer, kind) => {
    await expect(ask([answer]).answer).rejects.toMatchObject({ name: 'ProviderError', provider: 'efi', kind })
  })

  it('a token that cannot be had', async () => {
    const { fake, provider } = setUp()
    fake.faults.always('oauth.token', 'error_500_before')
    await expect(provider.payouts.find(payout())).rejects.toMatchObject({ kind: 'unavailable', status: 500 })
  })

  it.each(['drop_before_send', 'truncate', 'error_500_before', 'rate_limited'] as const)(
    '%s',
    async (fault) => {
      const { fake, provider } = setUp()
      fake.faults.next('pix.find_by_id', fault)
      await expect(provider.payouts.find(payout())).rejects.toMatchObject({ name: 'ProviderError' })
    },
  )

  it('wrong credentials, named as such', async () => {
    const { provider } = setUp({ options: { clientSecret: 'wrong' } })
    const rejected = expect(provider.payouts.find(payout())).rejects
    await rejected.toMatchObject({ kind: 'unauthorized', message: expect.stringContaining('invalid_client') })
  })
})

describe('balance and probe', () => {
  it('reads the balance', async () => {
    const { provider } = setUp({ fake: { balance: 12_345n } })
    expect(await provider.payouts.balance('BRL/2')).toEqual(Money.of(12_345n, 'BRL/2'))
    await expect(provider.payouts.balance('USD/2')).rejects.toMatchObject({ kind: 'invalid_request' })
  })

  it('reads a balance below zero', async () => {
    const { fetch } = scripted([{ status: 200, body: { saldo: '-3.50' } }])
    expect(await efi(optionsFor({ fetch })).payouts.balance('BRL/2')).toEqual(Money.of(-350n, 'BRL/2'))
  })

  it('probes: fine, and in trouble', async () => {
    const { fake, provider } = setUp()
    expect(await provider.probe.probe()).toMatchObject({ ok: true })
    fake.faults.next('balance.read', 'error_500_before')
    expect(await provider.probe.probe()).toEqual({ ok: false, detail: expect.stringContaining('status 500') })
    expect(await provider.probe.probe(AbortSignal.abort())).toMatchObject({ ok: false })
  })
})

describe('refFor', () => {
  it('tells the ref before anything is sent', async () => {
    const { fake, provider } = setUp()
    const ref = provider.payouts.refFor(payout().idempotencyKey)
    await provider.payouts.submit(payout())
    expect(fake.sent[0]?.idEnvio).toBe(ref)
    expect(provider.payouts.refFor('a b')).toBe('a b')
  })
})
