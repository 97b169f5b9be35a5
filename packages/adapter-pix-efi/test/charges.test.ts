import { Money, type StatementEntry } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi } from '@lastro/testing/efi'
import { describe, expect, it } from 'vitest'
import { efi, pixIdOf } from '../src/index.ts'
import { optionsFor, payout, scripted } from './setup.ts'

const brl = (cents: bigint) => Money.of(cents, 'BRL/2')
const DAY = 86_400_000

function setUp() {
  const clock = manualClock()
  const webhookUrl = 'https://shop.example/webhooks/efi?ignorar='
  const fake = createFakeEfi({ clock, balance: 10n ** 9n, webhookUrl })
  const provider = efi(optionsFor({ fetch: fake.fetch, clock }))
  const make = (idempotencyKey: string) =>
    provider.payments.create({ idempotencyKey, amount: brl(49_90n), method: 'pix' })
  return { clock, fake, provider, make, charges: provider.charges }
}

describe('charges', () => {
  it('change while they are open', async () => {
    const { charges, fake, make } = setUp()
    await make('a')
    const txid = pixIdOf('a')
    const change = { txid, kind: 'cob', amount: brl(10_00n), description: 'Novo' } as const
    expect(await charges.change(change)).toMatchObject({
      kind: 'accepted',
      value: { revision: 1, amount: brl(10_00n) },
    })
    fake.payPix(txid)
    expect(await charges.change(change)).toMatchObject({ kind: 'declined', reason: 'not_permitted' })
    expect(await charges.find({ kind: 'cob', txid })).toMatchObject({ state: 'paid', revision: 1 })
    expect(await charges.find({ kind: 'cobv', txid })).toBeNull()
  })

  it.each([
    [{ amount: brl(0n) }, 'amount'],
    [{ due: { dueDate: '2026-12-10' } }, 'due'],
    [{ expirySeconds: 0 }, 'expirySeconds'],
    [{ description: 'x'.repeat(141) }, 'description'],
    [{ payer: { name: 'Maria' } }, 'payer.document'],
    [{ payer: { document: '52998224725' } }, 'payer.name'],
    [{ kind: 'cobv', amount: brl(1n) }, 'due'],
    [{ kind: 'cobv', expirySeconds: 1 }, 'expirySeconds'],
  ] as const)('refuse a change by field, and send nothing (%#)', async (wrong, field) => {
    const { charges, fake } = setUp()
    const outcome = await charges.change({ txid: pixIdOf('a'), kind: 'cob', ...wrong })
    expect(outcome).toMatchObject({ kind: 'declined', detail: expect.stringContaining(field) })
    expect(fake.calls).toEqual([])
  })

  it('are listed page by page, by state and by time', async () => {
    const { charges, clock, fake, make } = setUp()
    for (const key of ['a', 'b', 'c']) await make(key)
    fake.payPix(pixIdOf('b'))
    const window = {
      kind: 'cob',
      from: new Date(clock.now().getTime() - 1),
      to: clock.now(),
      pageSize: 2,
    } as const
    const first = await charges.list(window)
    expect([first.items.length, first.next]).toEqual([2, 1])
    expect((await charges.list({ ...window, page: 1 })).next).toBeNull()
    expect((await charges.list({ ...window, status: 'CONCLUIDA' })).items).toMatchObject([
      { txid: pixIdOf('b') },
    ])
    expect((await charges.list({ ...window, kind: 'cobv' })).items).toEqual([])
  })

  it('are served at locations, which can be made ahead and moved', async () => {
    const { charges, make } = setUp()
    const { locations } = charges
    const ahead = await locations.create({ kind: 'cob' })
    await make('a')
    const txid = pixIdOf('a')
    await charges.change({ txid, kind: 'cob', locationId: ahead.id })
    expect(await locations.find(ahead)).toMatchObject({ txid })
    const code = await charges.qrCode({ locationId: ahead.id })
    expect(code).toMatchObject({
      brCode: expect.stringContaining(ahead.url),
      image: expect.stringMatching(/^data:image/),
    })
    await locations.release(ahead)
    expect(await locations.find(ahead)).not.toHaveProperty('txid')
    expect(await locations.find({ id: 99 })).toBeNull()
    await expect(charges.qrCode({ locationId: 99 })).rejects.toMatchObject({ kind: 'invalid_request' })
  })
})

describe('the statement', () => {
  async function all(source: ReturnType<typeof efi>['statements'], window: { from: Date; to: Date }) {
    const items: StatementEntry[] = []
    let cursor: string | null = null
    do {
      const page = await source.entries({ ...window, cursor })
      items.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    return items
  }

  it('tells every kind of movement, each in the window in which it moved', async () => {
    const { clock, fake, make, provider } = setUp()
    await make('pay_01k0000000000000000000000a')
    const txid = pixIdOf('pay_01k0000000000000000000000a')
    const { e2eId: receiptRef } = fake.payPix(txid)
    await provider.payouts.submit(payout({ idempotencyKey: 'pout_1' }))
    await clock.advance(2_000)
    const first = { from: new Date(clock.now().getTime() - 10_000), to: clock.now() }
    expect(await all(provider.statements, first)).toMatchObject([
      {
        kind: 'receipt',
        ref: receiptRef,
        providerRef: txid,
        idempotencyKey: 'pay_01k0000000000000000000000a',
        amount: brl(49_90n),
      },
      { kind: 'payout', providerRef: 'pout1', amount: brl(-12_34n), state: 'settled' },
    ])
    await clock.advance(40 * DAY)
    const idempotencyKey = 'rfd_01k0000000000000000000000a'
    const payment = { idempotencyKey: 'x', providerRef: txid }
    await provider.payments.refund({ idempotencyKey, payment, receiptRef, amount: brl(10_00n) })
    fake.returnPix('pout1', 34n)
    fake.closeClaim(fake.openClaim(receiptRef, { amount: 5_00n }), 'ACEITA')
    await clock.advance(5_000)
    const second = { from: new Date(clock.now().getTime() - 10_000), to: clock.now() }
    expect(await all(provider.statements, second)).toMatchObject([
      {
        kind: 'refund',
        ref: pixIdOf(idempotencyKey),
        idempotencyKey,
        providerRef: txid,
        amount: brl(-10_00n),
        state: 'settled',
      },
      { kind: 'dispute', providerRef: txid, amount: brl(-5_00n), state: 'settled' },
      { kind: 'payout_returned', providerRef: 'pout1', amount: brl(34n), state: 'settled' },
    ])
    expect(await all(provider.statements, first)).toHaveLength(2)
  })

  it('goes from page to page and from list to list', async () => {
    const page = (paginaAtual: number, pix: readonly object[]) => ({
      status: 200,
      body: {
        parametros: { paginacao: { paginaAtual, quantidadeDePaginas: 2, quantidadeTotalDeItens: 2 } },
        pix,
      },
    })
    const pix = (endToEndId: string) => ({ endToEndId, valor: '1.00', horario: '2026-11-22T12:00:00Z' })
    const { fetch, asked } = scripted([page(0, [pix('E1')]), page(1, [pix('E2')]), page(1, [])])
    const { statements } = efi(optionsFor({ fetch }))
    const window = { from: new Date('2026-11-22'), to: new Date('2026-11-23') }
    const first = await statements.entries(window)
    expect(first).toMatchObject({ items: [{ ref: 'E1' }], nextCursor: 'received:1' })
    const second = await statements.entries({ ...window, cursor: first.nextCursor })
    expect(second).toMatchObject({ items: [{ ref: 'E2' }], nextCursor: 'refunded:0' })
    // A page that is not the one asked for would be counted twice.
    await expect(statements.entries({ ...window, cursor: 'refunded:0' })).rejects.toMatchObject({
      kind: 'unexpected_answer',
    })
    expect(asked[2]?.path).toContain('devolucaoPresente=true')
    expect(asked[2]?.path).toContain('inicio=2026-08-23')
    await expect(statements.entries({ ...window, cursor: 'x:0' })).rejects.toMatchObject({
      kind: 'invalid_request',
    })
  })

  it.each([
    ['an odd amount', { endToEndId: 'E1', valor: 1, horario: '2026-11-22T12:00:00Z' }],
    ['no time', { endToEndId: 'E1', valor: '1.00' }],
    ['no id', { valor: '1.00', horario: '2026-11-22T12:00:00Z' }],
  ])('throws for a line with %s, rather than leave it out', async (_name, line) => {
    const parametros = { paginacao: { paginaAtual: 0, quantidadeDePaginas: 1, quantidadeTotalDeItens: 1 } }
    const { fetch } = scripted([{ status: 200, body: { parametros, pix: [line] } }])
    const { statements } = efi(optionsFor({ fetch }))
    const window = { from: new Date('2026-11-22'), to: new Date('2026-11-23') }
    await expect(statements.entries(window)).rejects.toMatchObject({ kind: 'unexpected_answer' })
  })
})
