import { Money } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi } from '@lastro/testing/efi'
import { describe, expect, it } from 'vitest'
import { type EfiOptions, efi, pixIdOf } from '../src/index.ts'
import { optionsFor, scripted } from './setup.ts'

const KEY = 'pay_01k0000000000000000000000a'
const brl = (cents: bigint) => Money.of(cents, 'BRL/2')

async function paid(options: Partial<EfiOptions> = { readClaims: true }) {
  const clock = manualClock()
  const fake = createFakeEfi({ clock })
  const provider = efi(optionsFor({ fetch: fake.fetch, clock, ...options }))
  await provider.payments.create({ idempotencyKey: KEY, amount: brl(49_90n), method: 'pix' })
  const { e2eId } = fake.payPix(pixIdOf(KEY))
  await clock.advance(60_000)
  const disputes = async () => (await provider.payments.find({ idempotencyKey: KEY }))?.disputes
  const day = 86_400_000
  const window = { from: new Date(clock.now().getTime() - day), to: new Date(clock.now().getTime() + day) }
  return { clock, fake, provider, e2eId, disputes, window }
}

describe('claims of fraud', () => {
  it('hold money back while they are open, and take it when accepted, once', async () => {
    const { clock, fake, provider, e2eId, disputes, window } = await paid()
    expect(await disputes()).toEqual([])
    const id = fake.openClaim(e2eId)
    const ref = { ref: `${e2eId}:med`, receiptRef: e2eId, amount: brl(49_90n) }
    expect(await disputes()).toMatchObject([{ ...ref, state: 'blocked', withdrawn: brl(49_90n) }])
    expect((await provider.med.list(window)).items).toMatchObject([
      { id, endToEndId: e2eId, status: 'ABERTA', situation: 'golpe' },
    ])
    const defence = { claimId: id, justification: 'O produto foi entregue.' }
    expect(await provider.med.defend(defence)).toEqual({ kind: 'accepted', value: { claimId: id } })
    expect(await provider.med.defend(defence)).toMatchObject({ kind: 'declined', reason: 'duplicate' })
    expect(await disputes()).toMatchObject([{ ...ref, state: 'blocked' }])
    await clock.advance(1_000)
    fake.closeClaim(id, 'ACEITA')
    // The claim and the refund that it made are about the same money: one dispute, and no refund of ours.
    expect(await disputes()).toMatchObject([{ ...ref, state: 'lost', withdrawn: brl(49_90n) }])
    expect(await provider.payments.find({ idempotencyKey: KEY })).toMatchObject({ refunds: [] })
  })

  it.each(['REJEITADA', 'CANCELADA_EFI'] as const)('give it back when %s', async (status) => {
    const { fake, e2eId, disputes } = await paid()
    const id = fake.openClaim(e2eId, { amount: 10_00n })
    fake.closeClaim(id, status)
    expect(await disputes()).toMatchObject([{ state: 'closed', amount: brl(10_00n), withdrawn: brl(0n) }])
  })

  it('are not asked for without the option, and trouble with them is trouble with the payment', async () => {
    const without = await paid({})
    without.fake.openClaim(without.e2eId)
    expect(await without.disputes()).toEqual([])
    expect(without.fake.calls.map(({ operation }) => operation)).not.toContain('med.list')
    const down = await paid()
    down.fake.faults.always('med.list', 'error_500_before')
    await expect(down.disputes()).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('a defence that came too late is declined, and a lost reply is in doubt', async () => {
    const { clock, fake, provider, e2eId } = await paid()
    const claimId = fake.openClaim(e2eId)
    expect(await provider.med.defend({ claimId, justification: ' ' })).toMatchObject({
      kind: 'declined',
      reason: 'refused',
    })
    fake.faults.next('med.defend', 'drop_before_send')
    expect(await provider.med.defend({ claimId, justification: 'x' })).toMatchObject({ kind: 'unknown' })
    await clock.advance(8 * 86_400_000)
    expect(await provider.med.defend({ claimId, justification: 'x' })).toMatchObject({
      kind: 'declined',
      reason: 'expired',
    })
  })

  it.each([
    ['100', 'cents', 1_00n],
    [100, 'cents', 1_00n],
    ['100', 'reais', 100_00n],
    ['100.00', 'cents', 100_00n],
  ] as const)('reads the amount %j with the option %s', async (valor, claimAmountUnit, cents) => {
    const claim = { idInfracao: 'a', endToEndId: 'E1', status: 'ABERTA', valor }
    const parametros = { paginacao: { paginaAtual: 0, quantidadeDePaginas: 1, quantidadeTotalDeItens: 1 } }
    const { fetch } = scripted([{ status: 200, body: { parametros, infracoes: [claim] } }])
    const { med } = efi(optionsFor({ fetch, claimAmountUnit }))
    const { items } = await med.list({ from: new Date('2026-11-01'), to: new Date('2026-11-30') })
    expect(items).toMatchObject([{ amount: brl(cents) }])
  })
})
