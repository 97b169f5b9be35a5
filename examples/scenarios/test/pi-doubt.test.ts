import type { PaymentId } from '@lastro/core'
import { signPiWebhook } from '@lastro/testing/pi'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, describe, expect, it } from 'vitest'
import { openPi, type PiGiven, type PiWorld, PRICE, SECRET, USER, units } from './pi-world.ts'
import { createMortal, HOUR, type Mail, MINUTE } from './stage.ts'

/** Every way in which a call has its effect and its answer is lost. */
const LOST = [
  { kind: 'drop_after_effect' },
  { kind: 'error_500_after' },
  { kind: 'truncate', clean: true },
  // A real time-out: Pi answers in half a minute of its time, and the adapter does not wait that long.
  { kind: 'slow' },
] as const

const IMPATIENT = { timeoutMs: 500 }
/** Every call by which Pi or the chain moves a send on. */
const SENDING = ['payments.create', 'chain.submit', 'payments.complete'] as const
const BACK = 180_492_024n
const OUT = 100_000_000n

const giveBack = ({ lastro }: PiWorld, id: PaymentId) =>
  lastro.payments.refund({ id, amount: units(BACK), idempotencyKey: 'back' })
const payOut = ({ lastro }: PiWorld) => {
  const destination = { kind: 'provider_user', user: 'user-2' } as const
  return lastro.payouts.create({ provider: 'pi', amount: units(OUT), destination, idempotencyKey: 'out' })
}

/** Everything is over, once, and the books say what the chain says. */
async function expectOnce(world: PiWorld, id: PaymentId) {
  const { fake, lastro, stage } = world
  const moved = fake.transactions.filter(({ successful }) => successful)
  expect(moved.map(({ source, amount }) => [source === fake.appAddress, amount])).toEqual([
    [false, PRICE],
    [true, BACK],
    [true, OUT],
  ])
  expect(fake.payments.filter(({ direction }) => direction === 'user_to_app')).toMatchObject([
    { completed: true },
  ])
  expect(fake.payments.filter(({ completed }) => completed)).toHaveLength(3)
  const { payment, receipts, refunds } = await lastro.payments.details(id)
  expect(payment).toMatchObject({ state: 'paid', refunded: units(BACK), refunding: units(0n) })
  expect([receipts.length, refunds.length]).toEqual([1, 1])
  expect(await stage.books()).toEqual({
    'clearing:payments:PI/7': PRICE - BACK,
    'clearing:payouts:PI/7': -OUT,
    'provider:pi:PI/7': -OUT,
    'receivable:pi:PI/7': PRICE - BACK,
  })
  expect(world.arrived()).toBe(PRICE - BACK - OUT)
}

eachDatabase((db) => {
  let world: PiWorld
  const open = async (given: PiGiven = {}) => {
    world = await openPi(db, given)
  }
  afterEach(() => world.close())

  it.each(LOST)(
    'every answer lost after the effect ($kind): one charge, one refund, one send',
    async (fault) => {
      await open({ adapter: fault.kind === 'slow' ? IMPATIENT : {} })
      const { fake, lastro, stage } = world
      // No news helps either.
      fake.faults.always('webhook.deliver', 'lost_webhook')
      const { id } = await world.ask()
      const providerRef = await world.inBrowser(id)
      fake.faults.next('payments.approve', fault)
      await lastro.payments.approve({ id, providerRef })
      expect(fake.payments).toMatchObject([{ approved: true }])
      const proof = fake.signs(providerRef) || ''
      fake.faults.next('payments.complete', fault)
      const completed = await lastro.payments.complete({ id, providerRef, proof })
      expect(completed.outcome).not.toBe('declined')
      await stage.pass(HOUR)
      expect((await lastro.payments.get(id)).state).toBe('paid')

      for (const operation of SENDING) fake.faults.next(operation, fault)
      await giveBack(world, id)
      await stage.pass(3 * HOUR)
      expect(await lastro.payments.view(id)).toMatchObject({ refundState: 'part' })
      for (const operation of SENDING) fake.faults.next(operation, fault)
      const payout = await payOut(world)
      await stage.pass(3 * HOUR)
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
      await expectOnce(world, id)
      expect(fake.faults.pending).toBe(0)
    },
  )

  it('a chain that shows a send only minutes later: nothing is sent again', async () => {
    await open()
    const { fake, lastro, stage } = world
    const { id } = await world.paid()
    fake.faults.next('chain.submit', { kind: 'drop_after_effect', hiddenForMs: 4 * MINUTE })
    await giveBack(world, id)
    await stage.pass(2 * HOUR)
    fake.faults.next('chain.submit', { kind: 'drop_after_effect', hiddenForMs: 4 * MINUTE })
    const payout = await payOut(world)
    await stage.pass(2 * HOUR)
    expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    await expectOnce(world, id)
  })

  it('requests that never arrived are sent again, and have one effect', async () => {
    await open()
    const { fake, lastro, stage } = world
    for (const operation of ['payments.approve', 'payments.complete'] as const)
      for (const kind of ['drop_before_send', 'error_500_before'] as const) fake.faults.next(operation, kind)
    const { id } = await world.ask()
    const providerRef = await world.inBrowser(id)
    // Pi ends what is not approved within a minute.
    await lastro.payments.approve({ id, providerRef })
    await stage.pass(30_000)
    const isSigned = fake.signs(providerRef)
    expect([isSigned === false, fake.payments[0]?.approved]).toEqual([false, true])
    await stage.pass(HOUR)
    for (const operation of SENDING) fake.faults.next(operation, 'drop_before_send')
    await giveBack(world, id)
    await stage.pass(3 * HOUR)
    for (const operation of SENDING) fake.faults.next(operation, 'error_500_before')
    await payOut(world)
    await stage.pass(3 * HOUR)
    await expectOnce(world, id)
  })

  describe.each(['before the request', 'after the effect'] as const)('a process that dies %s', (when) => {
    it('of a completion, a refund and a send: the next one finishes each, once', async () => {
      await open()
      const { fake } = world
      /** A process that dies at its next call of this path, and another one some time after. */
      const dieAt = async (path: RegExp, work: () => Promise<unknown>) => {
        const mortal = createMortal(db.storage)
        let died = 0
        world.lastro = world.start(mortal.storage, async (input, init) => {
          const request = new Request(input, init)
          const isIt = request.method === 'POST' && path.test(new URL(request.url).pathname)
          if (died > 0) throw new Error('the process is gone')
          if (!isIt) return fake.fetch(request)
          died += 1
          mortal.die()
          if (when === 'before the request') throw new Error('the process is gone')
          return fake.fetch(request)
        })
        await work().catch(() => undefined)
        await world.lastro.tick().catch(() => undefined)
        expect(died).toBe(1)
        world.lastro = world.start()
        await world.stage.pass(3 * HOUR)
      }
      const { id } = await world.ask()
      const providerRef = await world.inBrowser(id)
      await world.lastro.payments.approve({ id, providerRef })
      const proof = fake.signs(providerRef) || ''
      await dieAt(/\/complete$/, () => world.lastro.payments.complete({ id, providerRef, proof }))
      expect((await world.lastro.payments.get(id)).state).toBe('paid')
      await dieAt(/\/transactions$/, () => giveBack(world, id))
      await dieAt(/\/payments$/, () => payOut(world))
      await expectOnce(world, id)
    })
  })

  describe('news', () => {
    it('again, backwards, and under other ids changes nothing', async () => {
      await open()
      const { fake, post, stage, lastro } = world
      const { id } = await world.paid()
      const other = await world.ask('other')
      const given = await world.inBrowser(other.id)
      fake.cancels(given)
      await world.settle()
      await giveBack(world, id)
      await stage.pass(10 * MINUTE)
      const picture = async () => {
        const views = await Promise.all([id, other.id].map((one) => lastro.payments.view(one)))
        return [views.map(({ updatedAt: _, ...view }) => view), await stage.books(), fake.transactions.length]
      }
      const before = await picture()
      expect(post.all.length).toBeGreaterThan(1)
      const renamed = (mail: Mail, index: number): Mail => {
        const facts = { id: `again_${index}`, at: db.clock.now(), secret: SECRET }
        return { ...mail, headers: signPiWebhook(mail.body, facts) }
      }
      for (const mail of [...post.all]
        .reverse()
        .flatMap((one, index) => [renamed(one, index), renamed(one, index)]))
        expect(await post.bring(mail)).toBe(200)
      await stage.pass(HOUR)
      expect(await picture()).toEqual(before)
      expect(fake.sentTo(USER)).toHaveLength(1)
    })

    it('that is a lie is asked about, and not believed', async () => {
      await open()
      const { fake, post, stage, lastro } = world
      const { id } = await world.ask()
      const providerRef = await world.inBrowser(id)
      await lastro.payments.approve({ id, providerRef })
      const body = JSON.stringify({
        type: 'payment_completed',
        payment_id: providerRef,
        txid: 'f'.repeat(64),
      })
      const headers = signPiWebhook(body, { id: 'msg_lie', at: db.clock.now(), secret: SECRET })
      expect(await post.bring({ url: '/webhooks/pi', headers, body })).toBe(200)
      const unsigned = signPiWebhook(body, { id: 'msg_lie', at: db.clock.now(), secret: undefined })
      expect(await post.bring({ url: '/webhooks/pi', headers: unsigned, body })).toBe(401)
      await stage.pass(MINUTE)
      expect((await lastro.payments.get(id)).state).toBe('requires_action')
      expect(await stage.books()).toEqual({})
      expect(fake.transactions).toEqual([])
    })
  })
})
