import { Money, type ProviderEvent } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi, type FakeEfiOptions } from '@lastro/testing/efi'
import { describe, expect, it } from 'vitest'
import { efi, pixIdOf } from '../src/index.ts'
import { optionsFor } from './setup.ts'

const brl = (cents: bigint) => Money.of(cents, 'BRL/2')
const DEBTOR = { name: 'Maria Souza', document: '52998224725' }
const KEY = 'rch_01k0000000000000000000000a'
const TXID = pixIdOf(KEY)
const RECURRENCE = {
  contract: 'CT-1',
  debtor: DEBTOR,
  startsOn: '2026-12-05',
  every: 'month',
  amount: brl(29_90n),
  retries: true,
} as const

function setUp(options: FakeEfiOptions = {}) {
  const clock = manualClock()
  const events: ProviderEvent[] = []
  const fake = createFakeEfi({
    clock,
    webhookUrl: 'https://shop.example/webhooks/efi?ignorar=',
    deliver: async (request) => {
      const body = new Uint8Array(await request.arrayBuffer())
      events.push(...provider.webhooks.translate({ body, topic: '', subject: null }))
      return new Response(null)
    },
    ...options,
  })
  const provider = efi(optionsFor({ fetch: fake.fetch, clock }))
  return { clock, fake, provider, automatic: provider.automatic, events }
}

async function agreed(options: FakeEfiOptions = {}) {
  const world = setUp(options)
  const made = await world.automatic.createRecurrence(RECURRENCE)
  if (made.kind !== 'accepted') throw new Error(made.kind)
  const { idRec } = made.value
  world.fake.approveRecurrence(idRec)
  const charge = {
    idempotencyKey: KEY,
    idRec,
    dueDate: '2026-12-10',
    amount: brl(29_90n),
    receiver: { account: '12345', type: 'payment' },
  } as const
  return { ...world, idRec, charge }
}

describe('recurrences', () => {
  it('are made with a location, and show a code to agree by', async () => {
    const { automatic } = setUp()
    const location = await automatic.locations.create()
    const made = await automatic.createRecurrence({ ...RECURRENCE, locationId: location.id })
    expect(made).toMatchObject({
      kind: 'accepted',
      value: {
        status: 'CRIADA',
        contract: 'CT-1',
        amount: brl(29_90n),
        every: 'MENSAL',
        location: { id: 1 },
      },
    })
    const idRec = made.kind === 'accepted' ? made.value.idRec : ''
    expect(await automatic.findRecurrence({ idRec })).toMatchObject({
      journey: 'JORNADA_2',
      brCode: expect.stringMatching(/^000201/),
    })
    expect(await automatic.locations.find(location)).toMatchObject({ idRec })
    expect(await automatic.findRecurrence({ idRec: 'RN'.padEnd(29, 'x') })).toBeNull()
  })

  it('have no key of ours: after a lost reply the contract tells', async () => {
    const { automatic, fake, clock } = setUp()
    fake.faults.next('rec.create', 'drop_after_effect')
    expect(await automatic.createRecurrence(RECURRENCE)).toMatchObject({ kind: 'unknown' })
    const window = {
      from: new Date(clock.now().getTime() - 1_000),
      to: clock.now(),
      document: DEBTOR.document,
    }
    expect(await automatic.findByContract({ ...window, contract: 'CT-1' })).toHaveLength(1)
    expect(await automatic.findByContract({ ...window, contract: 'CT-2' })).toEqual([])
  })

  it('are put before the payer, and the answer is news', async () => {
    const { automatic, fake, events } = setUp()
    const made = await automatic.createRecurrence(RECURRENCE)
    const idRec = made.kind === 'accepted' ? made.value.idRec : ''
    const payer = { document: DEBTOR.document, ispb: '60701190', account: '1234X' }
    const asked = await automatic.requestRecurrence({ idRec, expiresAt: new Date('2026-12-01'), payer })
    expect(asked).toMatchObject({ kind: 'accepted', value: { idRec, status: 'ENVIADA' } })
    const idSolicRec = asked.kind === 'accepted' ? asked.value.idSolicRec : ''
    fake.rejectRecurrence(idRec)
    await fake.flushWebhooks()
    expect(await automatic.findRequest({ idSolicRec })).toMatchObject({ status: 'REJEITADA' })
    expect(await automatic.cancelRequest({ idSolicRec })).toMatchObject({ kind: 'declined' })
    expect(events).toMatchObject([
      {
        kind: 'changed',
        object: 'recurring_consent',
        ref: idRec,
        status: 'REJEITADA',
        facts: { code: 'AP13' },
      },
    ])
  })

  it.each([
    [{ contract: '' }, 'contract'],
    [{ contract: 'x'.repeat(36) }, 'contract'],
    [{ object: 'x'.repeat(36) }, 'object'],
    [{ debtor: { ...DEBTOR, document: '1' } }, 'debtor.document'],
    [{ debtor: { ...DEBTOR, name: ' ' } }, 'debtor.name'],
    [{ startsOn: '2026-02-30' }, 'startsOn'],
    [{ endsOn: 'x' }, 'endsOn'],
    [{ amount: brl(0n) }, 'amount'],
    [{ minimumAmount: brl(1n) }, 'minimumAmount'],
  ])('are refused by field, and nothing is sent (%#)', async (wrong, field) => {
    const { automatic, fake } = setUp()
    const outcome = await automatic.createRecurrence({ ...RECURRENCE, ...wrong })
    expect(outcome).toMatchObject({ kind: 'declined', detail: expect.stringContaining(field) })
    expect(fake.calls).toEqual([])
  })
})

describe('recurring charges', () => {
  it('a reply lost after the effect ends with exactly one charge', async () => {
    const { automatic, fake, charge } = await agreed()
    fake.faults.next('cobr.create', { kind: 'drop_after_effect', hiddenForMs: 1_000 })
    expect(await automatic.createCharge(charge)).toMatchObject({ kind: 'unknown' })
    // It cannot be seen yet: that Efí refuses the id is no proof of anything else.
    expect(await automatic.createCharge(charge)).toMatchObject({ kind: 'unknown' })
    await fake.advance(1_000)
    expect(await automatic.createCharge(charge)).toMatchObject({ kind: 'accepted', value: { txid: TXID } })
    expect(await automatic.findCharge({ idempotencyKey: KEY })).toMatchObject({
      txid: TXID,
      state: 'processing',
    })
    expect(fake.recurringCharges).toHaveLength(1)
    const other = await automatic.createCharge({ ...charge, amount: brl(1n) })
    expect(other).toMatchObject({ kind: 'unknown' })
  })

  it('once taken, the money is told, by news or by asking', async () => {
    const { automatic, fake, charge, events, provider } = await agreed()
    await automatic.createCharge(charge)
    await fake.flushWebhooks()
    events.length = 0
    fake.failRecurringCharge(TXID)
    expect(await automatic.findCharge({ txid: TXID })).toMatchObject({
      state: 'processing',
      attempts: [{ rejection: 'AM02' }],
    })
    expect(await automatic.retryCharge({ txid: TXID, date: '2026-12-12' })).toMatchObject({
      kind: 'accepted',
    })
    expect(await automatic.retryCharge({ txid: TXID, date: '2026-12-12' })).toMatchObject({
      kind: 'accepted',
    })
    expect(await automatic.retryCharge({ txid: TXID, date: '2026-12-32' })).toMatchObject({
      kind: 'declined',
    })
    fake.takeRecurringCharge(TXID)
    await fake.flushWebhooks()
    const [e2eId] = fake.received.map((receipt) => receipt.e2eId)
    const receipts = [{ ref: e2eId, amount: brl(29_90n) }]
    expect(events).toMatchObject([
      { kind: 'changed', object: 'recurring_payment', status: 'ATIVA', facts: { rejection: 'AM02' } },
      { kind: 'changed', status: 'CONCLUIDA', facts: { attempt: 'PAGA' } },
      { kind: 'hint', topic: 'cobr', ref: TXID },
      { kind: 'payment', providerRef: TXID, idempotencyKey: KEY, receipts },
    ])
    const hint = events.find(({ kind }) => kind === 'hint')
    expect(await provider.webhooks.lookUp(hint as ProviderEvent)).toMatchObject([
      { kind: 'changed', status: 'CONCLUIDA' },
      { kind: 'payment', state: 'paid', receipts },
    ])
    expect(await automatic.findCharge({ txid: TXID })).toMatchObject({ state: 'paid', receipts })
    expect(await automatic.cancelCharge({ txid: TXID })).toMatchObject({ kind: 'declined' })
  })

  it('a code that ends it is told, and a canceled one is canceled', async () => {
    const { automatic, fake, charge, idRec } = await agreed()
    await automatic.createCharge(charge)
    fake.failRecurringCharge(TXID, 'AC05')
    expect(await automatic.findCharge({ txid: TXID })).toMatchObject({
      state: 'failed',
      ending: { code: 'AC05' },
    })
    const other = { ...charge, idempotencyKey: 'another' }
    await automatic.createCharge(other)
    const canceled = await automatic.cancelCharge({ txid: pixIdOf('another') })
    expect(canceled).toMatchObject({
      kind: 'accepted',
      value: { state: 'canceled', ending: { by: 'USUARIO_RECEBEDOR' } },
    })
    expect(await automatic.cancelCharge({ txid: pixIdOf('another') })).toMatchObject({ kind: 'accepted' })
    for (let twice = 0; twice < 2; twice += 1) {
      const ended = await automatic.changeRecurrence({ idRec, status: 'CANCELADA' })
      expect(ended).toMatchObject({ kind: 'accepted', value: { status: 'CANCELADA' } })
    }
    expect(await automatic.changeRecurrence({ idRec, startsOn: '2026-12-07' })).toMatchObject({
      kind: 'declined',
    })
  })

  it('lists page by page', async () => {
    const { automatic, charge, clock, idRec } = await agreed()
    for (const key of ['a', 'b', 'c']) await automatic.createCharge({ ...charge, idempotencyKey: key })
    const window = { from: new Date(clock.now().getTime() - 1_000), to: clock.now(), pageSize: 2, idRec }
    const first = await automatic.listCharges(window)
    expect([first.items.length, first.next]).toEqual([2, 1])
    const second = await automatic.listCharges({ ...window, page: 1 })
    expect([second.items.length, second.next]).toEqual([1, null])
  })
})
