import { isLastroError, type PaymentId } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Bench, openBench } from './payments-bench.ts'
import { brl, PRICE } from './psp.ts'

eachDatabase((db) => {
  let bench: Bench
  let keys = 0
  const authorized = async () => {
    const { id } = await bench.open({ capture: 'manual', method: 'card' })
    bench.psp.authorize(id)
    await bench.hear(bench.psp.event(id))
    return id
  }
  const capture = (id: PaymentId, more: object = {}) => {
    keys += 1
    return bench.lastro.payments.capture({ id, idempotencyKey: `c${keys}`, ...more })
  }
  const captures = () => bench.psp.calls.filter(({ call }) => call === 'capture')

  beforeEach(async () => {
    bench = await openBench(db)
  })

  describe('captures', () => {
    it('take all at once, and the payment is paid', async () => {
      const id = await authorized()
      expect(await bench.get(id)).toMatchObject({ state: 'authorized', authorized: PRICE, received: brl(0n) })
      await bench.books({})
      expect(await capture(id)).toMatchObject({ amount: PRICE, isFinal: true })
      await bench.lastro.tick()
      expect(await bench.get(id)).toMatchObject({ state: 'paid', received: PRICE })
      await bench.books({ 'clearing:payments': 1234n })
    })

    it('take parts, and the last one ends it with less than was authorized', async () => {
      const id = await authorized()
      await capture(id, { amount: brl(300n) })
      await expect(capture(id, { amount: brl(1n) })).rejects.toSatisfy((error) =>
        isLastroError(error, 'illegal_transition'),
      )
      await bench.lastro.tick()
      expect(await bench.get(id)).toMatchObject({ state: 'authorized', received: brl(300n) })
      await expect(capture(id, { amount: brl(935n) })).rejects.toThrow('amount: must be at most 9.34 BRL/2')
      await capture(id, { amount: brl(700n), isFinal: true })
      await bench.lastro.tick()
      expect(await bench.get(id)).toMatchObject({ state: 'paid', received: brl(1000n) })
      expect(await bench.types()).not.toContain('underpaid')
      await bench.books({ 'clearing:payments': 1000n })
      await expect(capture(id)).rejects.toThrow('is paid, which does not allow capture')
    })

    it.each(['lose_answer', 'throw'] as const)('%s: found by asking, and taken once', async (behaviour) => {
      const id = await authorized()
      bench.psp.next.capture.push(behaviour)
      const operation = await capture(id, { amount: brl(300n) })
      await bench.lastro.tick()
      expect((await bench.lastro.payments.operation(operation.id)).state).toBe('unknown')
      await bench.pass(10_000)
      expect((await bench.lastro.payments.operation(operation.id)).state).toBe('done')
      expect(captures()).toHaveLength(1)
      expect((await bench.get(id)).received).toEqual(brl(300n))
    })

    it('lost on the way: taken again with the same key, once absence is certain', async () => {
      const id = await authorized()
      bench.psp.next.capture.push('lose_request')
      await capture(id)
      await bench.pass(40_000)
      expect(captures()).toHaveLength(1)
      await bench.pass(90_000, 5_000)
      expect(new Set(captures().map(({ key }) => key)).size).toBe(1)
      expect(await bench.get(id)).toMatchObject({ state: 'paid', received: PRICE })
    })

    it('are refused before it is authorized', async () => {
      const { id } = await bench.open({ capture: 'manual', method: 'card' })
      await expect(capture(id)).rejects.toThrow('is pending, which does not allow capture')
    })
  })

  describe('wallets', () => {
    const start = async (more: object = {}) => {
      bench = await openBench(db, { fake: { wallet: true, methods: ['pi'] } })
      const payment = await bench.open({ method: 'pi', ...more })
      expect(payment).toMatchObject({ state: 'requires_action', providerRef: null })
      expect(payment.action).toEqual({ kind: 'create_in_browser', facts: { memo: payment.id } })
      return payment.id
    }
    const approve = (id: PaymentId, providerRef = 'W1') => bench.lastro.payments.approve({ id, providerRef })

    it('are approved and completed once what they made was compared with the intent', async () => {
      const id = await start()
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE })
      expect(await approve(id)).toMatchObject({
        outcome: 'accepted',
        payment: { providerRef: 'W1', state: 'processing' },
      })
      expect((await approve(id)).outcome).toBe('accepted')
      const completed = await bench.lastro.payments.complete({ id, providerRef: 'W1', proof: 'txid' })
      expect(completed).toMatchObject({ outcome: 'accepted', payment: { state: 'paid', received: PRICE } })
      expect(bench.psp.calls.map(({ call }) => call)).toEqual(['create', 'approve', 'complete'])
    })

    it('are refused for another amount, intent or payment', async () => {
      const id = await start()
      bench.psp.walletPays({ key: id, ref: 'W1', amount: brl(1n) })
      await expect(approve(id)).rejects.toThrow('providerRef: is for 0.01 BRL/2, and 12.34 BRL/2 was asked')
      bench.psp.walletPays({ key: 'pay_other', ref: 'W2', amount: PRICE })
      await expect(approve(id, 'W2')).rejects.toThrow('providerRef')
      await expect(approve(id, 'W9')).rejects.toThrow('providerRef')
      expect(bench.psp.calls.map(({ call }) => call)).toEqual(['create'])
    })

    it('one wallet payment serves one intent', async () => {
      const first = await start()
      const second = await bench.open({ method: 'pi' })
      bench.psp.walletPays({ ref: 'W1', amount: PRICE })
      expect((await approve(first)).outcome).toBe('accepted')
      await expect(approve(second.id)).rejects.toThrow('providerRef: belongs to another payment')
    })

    it('a lost answer is resolved without the host', async () => {
      const id = await start()
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE })
      bench.psp.next.approve.push('lose_answer')
      expect((await approve(id)).outcome).toBe('unknown')
      await bench.pass(10_000)
      expect((await bench.lastro.payments.operations(id)).map(({ state }) => state)).toEqual(['done'])
      expect(bench.psp.calls.filter(({ call }) => call === 'approve')).toHaveLength(1)
    })

    it('signed while no browser said so: completed by the schedule, and again until it is paid', async () => {
      const id = await start()
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE })
      await approve(id)
      bench.psp.of(id).state = 'authorized'
      bench.psp.next.complete.push('lose_request')
      await bench.pass(600_000, 30_000)
      expect((await bench.get(id)).state).toBe('paid')
      expect(bench.psp.of(id).receipts).toHaveLength(1)
    })

    it('signed while it expired: completed all the same, and told as received late', async () => {
      const id = await start({ expiresAt: new Date(db.clock.now().getTime() + 600_000) })
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE, state: 'requires_action' })
      await approve(id)
      bench.psp.next.cancel.push({ decline: 'not_permitted' })
      await bench.pass(700_000, 30_000)
      expect((await bench.get(id)).state).toBe('expired')
      bench.psp.of(id).state = 'authorized'
      const late = await bench.lastro.payments.complete({ id, providerRef: 'W1', proof: 'txid' })
      expect(late).toMatchObject({ outcome: 'pending', payment: { state: 'expired' } })
      bench.psp.next.complete.push('lose_request')
      await bench.pass(300_000, 30_000)
      expect(await bench.get(id)).toMatchObject({ state: 'paid', endedHere: 'expired', received: PRICE })
      expect(bench.psp.of(id).receipts).toHaveLength(1)
      const types = await bench.types()
      expect(types).toContain('received_late')
      expect(types).not.toContain('paid')
    })

    it('signed while it expired, and no browser says so: found when the provider is asked', async () => {
      const id = await start({ expiresAt: new Date(db.clock.now().getTime() + 600_000) })
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE, state: 'requires_action' })
      await approve(id)
      bench.psp.next.cancel.push({ decline: 'not_permitted' })
      await bench.pass(700_000, 30_000)
      bench.psp.of(id).state = 'authorized'
      await bench.lastro.payments.verify(id)
      await bench.pass(30_000, 30_000)
      expect((await bench.get(id)).state).toBe('paid')
    })

    it('one incomplete payment that cannot be brought up to date does not keep the next from it', async () => {
      const first = await start()
      const second = await bench.open({ method: 'pi' })
      const broken = { amount: undefined } as unknown as { amount: typeof PRICE }
      bench.psp.walletPays({ key: first, ref: 'W1', amount: PRICE, state: 'authorized' })
      Object.assign(bench.psp.of(first), broken, { receipts: [{ ref: 'E0' }] })
      bench.psp.walletPays({ key: second.id, ref: 'W2', amount: PRICE, state: 'authorized' })
      await bench.pass(600_000, 300_000)
      expect((await bench.get(second.id)).state).toBe('paid')
    })

    it('what nobody completed is found by the schedule; what is of nobody is told once', async () => {
      const id = await start()
      bench.psp.walletPays({ key: id, ref: 'W1', amount: PRICE, state: 'authorized' })
      bench.psp.walletPays({ ref: 'W-stranger', amount: PRICE, state: 'authorized' })
      await bench.pass(1_200_000, 300_000)
      expect(await bench.get(id)).toMatchObject({ state: 'paid', providerRef: 'W1' })
      expect(bench.psp.calls.filter(({ call }) => call === 'complete')).toHaveLength(1)
      expect((await bench.audits()).filter((action) => action === 'payment.unmatched')).toHaveLength(1)
    })
  })

  it('no call that needs the network is made inside a transaction of the host', async () => {
    const { id } = await bench.open()
    const inside = bench.lastro.payments.refund
    await expect(inside({ id, idempotencyKey: 'r' })).rejects.toThrow()
    await db.hostTransaction(async ({ tx }) => {
      const payment = await bench.lastro.payments.create(
        { amount: PRICE, method: 'pix', idempotencyKey: 'in' },
        { tx },
      )
      expect(payment.state).toBe('created')
      expect((await bench.lastro.payments.get(payment.id, { tx })).id).toBe(payment.id)
    })
    expect(bench.psp.calls).toHaveLength(1)
    await bench.lastro.tick()
    expect(bench.psp.calls).toHaveLength(2)
  })
})
