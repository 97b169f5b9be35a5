import type { PaymentId } from '@lastro/core'
import type { TestDatabase } from '@lastro/testing/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, describe, expect, it } from 'vitest'
import { AT_FIRST, brl, type EfiGiven, type EfiWorld, openEfi } from './efi-world.ts'
import { createMortal, HOUR, MINUTE } from './stage.ts'

/** Every way in which a call has its effect and its answer is lost. */
const LOST = [
  { kind: 'drop_after_effect', hiddenForMs: 40_000 },
  { kind: 'error_500_after', html: true },
  { kind: 'truncate', clean: true },
  // A real time-out: the bank answers in half a minute of its time, and the adapter does not wait that long.
  { kind: 'slow', hiddenForMs: 20_000 },
] as const

const IMPATIENT = { timeoutMs: 500 }
const PAYEE = { kind: 'pix_key', key: 'maria@example.com' } as const

/** What the bank did, by its own count: charges, Pix received, given back, and sent. */
const countOf = ({ bank }: EfiWorld) => ({
  charges: bank.charges.length,
  received: bank.received.length,
  refunds: bank.received.flatMap(({ refunds }) => refunds).length,
  sent: bank.sent.map(({ movements, status }) => [movements, status]),
})
const ONCE = { charges: 1, received: 1, refunds: 1, sent: [[1, 'REALIZADO']] }

/** The books after one charge of 100.00, 30.00 of it given back, and a payout of 20.00. */
const BOOKS = {
  'clearing:payments:BRL/2': 70_00n,
  'clearing:payouts:BRL/2': -20_00n,
  'provider:efi:BRL/2': -20_00n,
  'receivable:efi:BRL/2': 70_00n,
}

const create = ({ lastro }: EfiWorld) =>
  lastro.payments.create({ provider: 'efi', amount: brl(100_00n), method: 'pix', idempotencyKey: 'order' })
const giveBack = ({ lastro }: EfiWorld, id: PaymentId) =>
  lastro.payments.refund({ id, amount: brl(30_00n), idempotencyKey: 'back' })
const payOut = ({ lastro }: EfiWorld) =>
  lastro.payouts.create({ provider: 'efi', amount: brl(20_00n), destination: PAYEE, idempotencyKey: 'out' })
/** The payer pays what the shop shows. */
const pay = async (world: EfiWorld, id: PaymentId) =>
  world.bank.payPix((await world.lastro.payments.get(id)).providerRef ?? '')

/** Everything is over, once, and the books say what the bank says. */
async function expectOnce(world: EfiWorld, id: PaymentId) {
  expect(countOf(world)).toEqual(ONCE)
  expect(await world.stage.books()).toEqual(BOOKS)
  expect(world.arrived()).toBe(BOOKS['receivable:efi:BRL/2'] + BOOKS['provider:efi:BRL/2'])
  const { payment, refunds, receipts } = await world.lastro.payments.details(id)
  expect(payment).toMatchObject({
    state: 'paid',
    refunded: brl(30_00n),
    refunding: brl(0n),
    contradiction: null,
  })
  expect([receipts.length, refunds.length]).toEqual([1, 1])
}

eachDatabase((db: TestDatabase) => {
  let world: EfiWorld
  const open = async (given: EfiGiven = {}) => {
    world = await openEfi(db, given)
  }
  afterEach(() => world.close())

  it.each(LOST)(
    'every answer lost after the effect ($kind): one charge, one refund, one send',
    async (fault) => {
      await open({ adapter: fault.kind === 'slow' ? IMPATIENT : {} })
      const { bank, lastro, stage } = world
      // No webhook helps either.
      bank.faults.always('webhook.deliver', 'lost_webhook')
      bank.faults.next('charge.create', fault)
      const { id } = await create(world)
      await lastro.tick()
      expect((await lastro.payments.get(id)).state).toBe('unknown')
      await stage.pass(5 * MINUTE)
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'requires_action', attempts: 1 })

      await pay(world, id)
      await stage.pass(10 * MINUTE)
      expect((await lastro.payments.get(id)).state).toBe('paid')

      bank.faults.next('refund.create', fault)
      const refund = await giveBack(world, id)
      bank.faults.next('pix.send', fault)
      const payout = await payOut(world)
      await lastro.tick()
      expect((await lastro.payments.operation(refund.id)).state).toBe('unknown')
      expect((await lastro.payouts.get(payout.id)).state).toBe('unknown')
      await stage.pass(2 * HOUR)
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
      await expectOnce(world, id)
      expect(bank.faults.pending).toBe(0)
      expect(bank.calls.filter(({ operation }) => operation === 'charge.create')).toHaveLength(1)
      expect(bank.calls.filter(({ operation }) => operation === 'refund.create')).toHaveLength(1)
      expect(bank.sent.map(({ attempts }) => attempts)).toEqual([1])
    },
  )

  it('requests that never arrived are sent again with the same key, and have one effect', async () => {
    await open()
    const { bank, lastro, stage } = world
    for (const operation of ['charge.create', 'refund.create', 'pix.send'] as const)
      for (const kind of ['drop_before_send', 'error_500_before'] as const) bank.faults.next(operation, kind)
    const { id } = await create(world)
    await stage.pass(15 * MINUTE)
    await pay(world, id)
    await world.settle()
    await giveBack(world, id)
    await payOut(world)
    await stage.pass(2 * HOUR)
    await expectOnce(world, id)
    expect((await lastro.payments.get(id)).attempts).toBe(3)
  })

  describe.each(['before the request', 'after the effect'] as const)('a process that dies %s', (when) => {
    it('of a charge, a refund and a send: the next one finishes each, once', async () => {
      await open()
      const { bank } = world
      /** A process that dies at its next call of this path, and another one some time after. */
      const dieAt = async (path: RegExp, work: () => Promise<unknown>) => {
        const mortal = createMortal(db.storage)
        let died = 0
        world.lastro = world.start(mortal.storage, async (input, init) => {
          const request = new Request(input, init)
          const isIt = request.method === 'PUT' && path.test(new URL(request.url).pathname)
          if (!isIt) return bank.fetch(request)
          died += 1
          if (when === 'before the request') {
            mortal.die()
            throw new Error('the process is gone')
          }
          const answer = await bank.fetch(request)
          mortal.die()
          return answer
        })
        await work()
        await world.lastro.tick().catch(() => undefined)
        expect(died).toBe(1)
        world.lastro = world.start()
        await world.stage.pass(10 * MINUTE)
      }
      let id = '' as PaymentId
      await dieAt(/\/cob\//, async () => {
        id = (await create(world)).id
      })
      expect(await world.lastro.payments.get(id)).toMatchObject({ state: 'requires_action' })
      await pay(world, id)
      await world.settle()
      await dieAt(/\/devolucao\//, () => giveBack(world, id))
      await dieAt(/\/gn\/pix\//, () => payOut(world))
      await world.stage.pass(HOUR)
      await expectOnce(world, id)
    })
  })

  describe('webhooks', () => {
    /** Each payment with its lists and the books, without what only counts the news. */
    const picture = async (ids: readonly PaymentId[]) => ({
      payments: await Promise.all(ids.map((id) => world.lastro.payments.view(id))).then((views) =>
        views.map(({ updatedAt: _, ...view }) => view),
      ),
      books: await world.stage.books(),
      count: countOf(world),
    })

    it('again, in any order and in other bytes, change nothing', async () => {
      await open()
      const { bank, post, stage, settle } = world
      const { id, txid } = await world.paid(100_00n)
      await giveBack(world, id)
      await payOut(world)
      await stage.pass(10_000, 1_000)
      bank.payPix(txid)
      await settle()
      const before = await picture([id])
      const mails = [...post.all].reverse()
      expect(mails.length).toBeGreaterThan(4)
      for (const mail of mails) {
        expect(await post.bring(mail)).toBe(200)
        // To the inbox other bytes are other news.
        const again = { ...mail, body: JSON.stringify(JSON.parse(mail.body), null, 1) }
        expect(await post.bring(again)).toBe(200)
      }
      await stage.pass(HOUR)
      expect(await picture([id])).toEqual(before)
    })

    it.each([
      ['backwards', (mails: unknown[]) => [...mails].reverse()],
      ['each twice, the last first', (mails: unknown[]) => [mails.at(-1), ...mails, ...mails]],
    ] as const)(
      'kept back and then delivered %s: the same payment and the same books',
      async (_how, order) => {
        await open()
        const { post, stage, lastro } = world
        const { id, txid } = await world.ask(100_00n, { idempotencyKey: 'order' })
        post.isHeld = true
        world.bank.payPix(txid)
        await world.bank.flushWebhooks()
        await lastro.payments.verify(id)
        await giveBack(world, id)
        await payOut(world)
        await stage.pass(10_000, 1_000)
        post.isHeld = false
        for (const mail of order(post.takeKept())) await post.bring(mail as never)
        await stage.pass(HOUR)
        await expectOnce(world, id)
      },
    )

    it('that tell another amount are asked about, and not believed', async () => {
      await open()
      const { bank, lastro, stage } = world
      bank.faults.next('webhook.deliver', { kind: 'wrong_amount_webhook', amount: 1n })
      const { id } = await world.paid(100_00n)
      await stage.pass(HOUR)
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'paid', received: brl(100_00n) })
      expect(await stage.books()).toMatchObject({ 'receivable:efi:BRL/2': bank.balance() - AT_FIRST })
    })
  })
})
