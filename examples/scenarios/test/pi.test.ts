import { isLastroError } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openPi, type PiWorld, PRICE, USER, units } from './pi-world.ts'
import { HOUR, MINUTE } from './stage.ts'

eachDatabase((db) => {
  let world: PiWorld
  beforeEach(async () => {
    world = await openPi(db)
  })
  afterEach(() => world.close())
  const state = async (id: `pay_${string}`) => (await world.lastro.payments.get(id)).state

  it('a price in reais, paid in Pi: approved, signed, completed, settled, given back in part, paid out', async () => {
    const { lastro, fake, stage, settle } = world
    const asked = await world.ask()
    expect(asked).toMatchObject({ state: 'requires_action', amount: units(PRICE) })
    expect(asked.conversion).toMatchObject({ price: { amount: 50_00n, asset: 'BRL/2' }, source: 'rates' })
    const { id } = asked

    const providerRef = await world.inBrowser(id)
    // The wallet does not let the user sign before the app said yes.
    expect(fake.signs(providerRef)).toBe(false)
    const approved = await lastro.payments.approve({ id, providerRef })
    expect(approved).toMatchObject({
      outcome: 'accepted',
      payment: { state: 'requires_action', providerRef },
    })
    const proof = fake.signs(providerRef) || ''
    const completed = await lastro.payments.complete({ id, providerRef, proof })
    expect(completed).toMatchObject({
      outcome: 'accepted',
      payment: { state: 'paid', received: units(PRICE) },
    })
    expect((await lastro.payments.details(id)).receipts).toMatchObject([{ ref: proof, amount: units(PRICE) }])
    expect(await stage.books()).toEqual({ 'clearing:payments:PI/7': PRICE, 'receivable:pi:PI/7': PRICE })

    // News by the app's own contract comes late, and is asked about: nothing changes.
    await settle()
    expect(fake.webhooks).toMatchObject([{ status: 200 }])
    expect(await stage.told(id)).toEqual([
      ...['created', 'submitting', 'requires_action', 'approve_requested', 'approve_submitting'],
      ...['approve_done', 'authorized', 'complete_requested', 'complete_submitting'],
      ...['received', 'paid', 'complete_done'],
    ])

    // The money is in the app's own wallet: from there it is given back and paid out.
    const delivered = { provider: 'pi', amount: units(PRICE), ref: proof } as const
    expect(await lastro.payments.settle(delivered)).toMatchObject({ status: 'accepted' })
    const refund = await lastro.payments.refund({ id, amount: units(80_492_024n), idempotencyKey: 'back' })
    await lastro.tick()
    expect((await lastro.payments.operation(refund.id)).state).toBe('done')
    expect(await lastro.payments.get(id)).toMatchObject({
      refunded: units(80_492_024n),
      refunding: units(0n),
    })
    const destination = { kind: 'provider_user', user: 'user-2' } as const
    const out = { provider: 'pi', amount: units(100_000_000n), destination, idempotencyKey: 'out' } as const
    const payout = await lastro.payouts.create(out)
    await stage.pass(MINUTE)
    expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    expect(fake.sentTo(USER).map(({ amount }) => amount)).toEqual([80_492_024n])
    expect(fake.sentTo('user-2').map(({ amount }) => amount)).toEqual([100_000_000n])

    const books = await stage.books()
    expect(books).toEqual({
      'clearing:payments:PI/7': 400_000_000n,
      'clearing:payouts:PI/7': -100_000_000n,
      'provider:pi:PI/7': PRICE - 100_000_000n,
      'receivable:pi:PI/7': -80_492_024n,
    })
    expect(world.arrived()).toBe(PRICE - 100_000_000n - 80_492_024n)
  })

  it('a browser that was closed after signing: found by the schedule, completed, and paid', async () => {
    const { id } = await world.ask()
    const providerRef = await world.inBrowser(id)
    await world.lastro.payments.approve({ id, providerRef })
    expect(world.fake.signs(providerRef)).not.toBe(false)
    await world.stage.pass(30 * MINUTE)
    expect(await state(id)).toBe('paid')
    expect(world.fake.payments).toMatchObject([{ completed: true }])
    expect(await world.stage.books()).toEqual({
      'clearing:payments:PI/7': world.arrived(),
      'receivable:pi:PI/7': world.arrived(),
    })
  })

  it('a refund that was begun and not finished is found among Pi’s incomplete payments', async () => {
    const { fake, lastro, stage } = world
    const { id } = await world.paid()
    fake.faults.next('payments.complete', 'error_500_before')
    await lastro.payments.refund({ id, idempotencyKey: 'back' })
    await stage.pass(HOUR)
    expect(await lastro.payments.view(id)).toMatchObject({ refundState: 'whole' })
    expect(fake.payments.filter(({ completed }) => completed)).toHaveLength(2)
    expect(fake.sentTo(USER)).toHaveLength(1)
    expect(await stage.books()).toEqual({})
    expect(world.arrived()).toBe(0n)
  })

  it('a payment to a user that nobody here made is told to people, once, and moves nothing', async () => {
    const { fake, stage } = world
    const headers = { authorization: `Key ${fake.apiKey}`, 'content-type': 'application/json' }
    const payment = { amount: 1, memo: 'by hand', metadata: {}, uid: 'user-3' }
    await fake.fetch(`${fake.apiUrl}/payments`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ payment }),
    })
    await stage.pass(HOUR)
    expect((await stage.audits()).filter((action) => action === 'payment.unmatched')).toHaveLength(1)
    expect(await stage.books()).toEqual({})
  })

  it('the user gives up: the news is asked about, and the payment is canceled', async () => {
    const { lastro, fake, stage } = world
    const { id } = await world.ask()
    const providerRef = await world.inBrowser(id)
    await lastro.payments.approve({ id, providerRef })
    fake.cancels(providerRef)
    await world.settle()
    await stage.pass(MINUTE)
    expect(await state(id)).toBe('canceled')
    expect(fake.signs(providerRef)).toBe(false)
    expect(await stage.books()).toEqual({})
  })

  it('a wallet’s payment of another user or for less is refused before it is approved', async () => {
    const { lastro, fake } = world
    const { id } = await world.ask()
    const wrong = [
      await world.inBrowser(id, 'user-9'),
      fake.createPayment({ uid: USER, amount: PRICE - 1n, metadata: { lastro: id } }),
    ]
    for (const providerRef of wrong) {
      const error = await lastro.payments.approve({ id, providerRef }).catch((thrown: unknown) => thrown)
      expect(isLastroError(error, 'invalid_input') && error.message).toContain('providerRef')
      expect(fake.signs(providerRef)).toBe(false)
    }
    expect(fake.payments.map(({ approved }) => approved)).toEqual([false, false])
    expect(await state(id)).toBe('requires_action')
  })
})
