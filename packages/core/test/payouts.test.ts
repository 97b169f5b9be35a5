import { createLastro, isLastroError, type LastroOptions, Money } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AMOUNT, type Bank, createBank, DESTINATION } from './bank.ts'

/** The breaker rests in real time, which these tests do not wait for; it has tests of its own. */
const NO_BREAKER = { failuresToOpen: 1_000_000 }

eachDatabase((db) => {
  let bank: Bank
  let lastro: ReturnType<typeof engine>

  const engine = (options: Partial<LastroOptions> = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { bank: { id: 'bank', payouts: bank.port } },
      rails: NO_BREAKER,
      ...options,
    })
  const create = (idempotencyKey: string, more: object = {}) =>
    lastro.payouts.create({
      provider: 'bank',
      amount: AMOUNT,
      destination: DESTINATION,
      idempotencyKey,
      ...more,
    })
  /** Lets time pass in steps, doing what falls due at each. */
  const pass = async (ms: number, stepMs = 2_000) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await db.clock.advance(Math.min(stepMs, left))
      await lastro.tick()
    }
  }
  const expectBooks = async (posted: bigint) => {
    expect(await lastro.ledger.verify()).toEqual([])
    const balance = await lastro.ledger.balance('provider:bank:BRL/2')
    expect([balance.posted.amount, balance.pendingOut.amount]).toEqual([-posted, 0n])
  }

  beforeEach(async () => {
    await db.truncate()
    bank = createBank()
    lastro = engine()
    await lastro.migrate()
  })
  afterEach(() => lastro.worker.stop())

  describe('the way of a payout', () => {
    it('is held, sent, asked about and paid; the money moves once', async () => {
      const payout = await create('k1')
      expect(payout).toMatchObject({ state: 'created', attempts: 0 })
      expect((await lastro.ledger.balance('provider:bank:BRL/2')).pendingOut).toEqual(AMOUNT)
      await lastro.tick()
      expect(await lastro.payouts.get(payout.id)).toMatchObject({
        state: 'pending',
        attempts: 1,
        providerRef: `ref-${payout.id}`,
      })
      bank.settle(payout.id)
      await pass(4_000)
      expect(await lastro.payouts.get(payout.id)).toMatchObject({
        state: 'paid',
        endToEndId: `E-${payout.id}`,
      })
      expect(bank.submits).toHaveLength(1)
      await expectBooks(1234n)
    })

    it.each(['lose_answer', 'throw'] as const)(
      '%s: it is found by asking, and never sent again',
      async (behaviour) => {
        bank.next.push(behaviour)
        const payout = await create('k1')
        await lastro.tick()
        expect((await lastro.payouts.get(payout.id)).state).toBe('unknown')
        bank.settle(payout.id)
        await pass(10_000)
        expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
        expect(bank.submits).toHaveLength(1)
        await expectBooks(1234n)
      },
    )

    it('waits out the conclusive delay before it believes in absence, then sends with the same key', async () => {
      bank.next.push('lose_request')
      const payout = await create('k1')
      await lastro.tick()
      await pass(40_000)
      expect((await lastro.payouts.get(payout.id)).state).toBe('unknown')
      expect(bank.submits).toHaveLength(1)
      await pass(90_000)
      expect((await lastro.payouts.get(payout.id)).state).toBe('pending')
      expect(bank.submits.map((submit) => submit.idempotencyKey)).toEqual([payout.id, payout.id])
    })

    it('does not take trouble for absence', async () => {
      bank.next.push('lose_answer')
      bank.isDown = true
      const payout = await create('k1')
      await pass(300_000, 20_000)
      expect((await lastro.payouts.get(payout.id)).state).toBe('unknown')
      expect(bank.submits).toHaveLength(1)
      bank.isDown = false
      bank.settle(payout.id)
      await pass(1_200_000, 60_000)
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    })

    it('not_sent is tried again with the same key, as long as it takes', async () => {
      bank.next.push(...Array.from({ length: 15 }, () => 'not_sent' as const), 'settle')
      const payout = await create('k1')
      await pass(3_600_000, 60_000)
      expect(await lastro.payouts.get(payout.id)).toMatchObject({ state: 'paid', attempts: 16 })
      expect(new Set(bank.submits.map((submit) => submit.idempotencyKey))).toEqual(new Set([payout.id]))
      await expectBooks(1234n)
    })

    it('a decline fails it and lets go of the hold', async () => {
      bank.next.push('decline')
      const payout = await create('k1')
      await lastro.tick()
      expect(await lastro.payouts.get(payout.id)).toMatchObject({
        state: 'failed',
        reason: 'invalid_destination',
        detail: 'no such key',
      })
      await expectBooks(0n)
    })

    it('a process that dies while sending leaves doubt, which is resolved by asking', async () => {
      bank.next.push('hang')
      const payout = await create('k1')
      // A process that is killed during the call: its job never ends. Another process carries on.
      void lastro.tick()
      await expect.poll(() => bank.submits.length).toBe(1)
      expect((await lastro.payouts.get(payout.id)).state).toBe('submitting')
      lastro = engine()
      bank.settle(payout.id)
      await pass(60_000, 10_000)
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
      expect(bank.submits).toHaveLength(1)
      await expectBooks(1234n)
    })

    it('is canceled only before it may have been sent', async () => {
      const early = await create('k1')
      expect((await lastro.payouts.cancel({ id: early.id, idempotencyKey: 'c1' })).state).toBe('canceled')
      expect((await lastro.payouts.cancel({ id: early.id, idempotencyKey: 'c1' })).state).toBe('canceled')
      const sent = await create('k2')
      await lastro.tick()
      await expect(lastro.payouts.cancel({ id: sent.id, idempotencyKey: 'c2' })).rejects.toSatisfy((error) =>
        isLastroError(error, 'illegal_transition'),
      )
      expect(bank.submits.map((submit) => submit.idempotencyKey)).toEqual([sent.id])
    })
  })

  describe('one key', () => {
    it('100 concurrent creates have one effect and one answer', async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => create('same')))
      expect(new Set(answers.map((payout) => payout.id)).size).toBe(1)
      await lastro.tick()
      expect((await lastro.payouts.list()).items).toHaveLength(1)
      expect(bank.submits).toHaveLength(1)
      const held = await lastro.ledger.balance('provider:bank:BRL/2')
      expect(held.pendingOut).toEqual(AMOUNT)
    })

    it('answers the stored result later, and refuses another body by name', async () => {
      const first = await create('same')
      await lastro.tick()
      expect(await create('same')).toEqual(first)
      const other = create('same', { amount: Money.of(1n, 'BRL/2') })
      await expect(other).rejects.toSatisfy((error) => isLastroError(error, 'idempotency_key_reused'))
    })
  })

  it.each([
    [{ amount: Money.of(0n, 'BRL/2') }, 'amount.amount', 'must be more than zero'],
    [{ amount: Money.of(-1n, 'BRL/2') }, 'amount.amount', 'must be more than zero'],
    [{ amount: { amount: 12.5, asset: 'BRL/2' } }, 'amount.amount', 'must be a bigint of smallest units'],
    [{ amount: Money.of(1n, 'USD/2') }, 'amount.asset', 'bank does not pay USD/2, only BRL/2'],
    [{ destination: { kind: 'pix_key', key: '' } }, 'destination.key', 'must not be empty'],
    [{ destination: { kind: 'pix_key', key: 'nobody' } }, 'destination', 'is no Pix key'],
    [
      { destination: { kind: 'address', network: 'polygon', address: '0x' } },
      'destination.kind',
      'bank does not pay to address, only pix_key',
    ],
    [{ idempotencyKey: '' }, 'idempotencyKey', 'must not be empty'],
    [{ idempotencyKey: undefined }, 'idempotencyKey', 'is required'],
    [{ description: 'x'.repeat(141) }, 'description', 'must be at most 140 characters'],
    [{ colour: 'red' }, 'colour', 'is not a known field'],
  ])('refuses what is wrong, naming field and rule (%#)', async (wrong, field, rule) => {
    const refused = create('k1', wrong)
    await expect(refused).rejects.toSatisfy((error) => {
      if (!isLastroError(error, 'invalid_input')) return false
      expect(error.details.field).toBe(field)
      expect(error.details.rule).toContain(rule)
      return true
    })
    expect((await lastro.payouts.list()).items).toEqual([])
  })

  it('tells what a provider holds, where it tells', async () => {
    expect(await lastro.payouts.balance({ provider: 'bank', asset: 'BRL/2' })).toEqual(
      Money.of(100_00n, 'BRL/2'),
    )
    expect(() => lastro.payouts.balance({ provider: 'nobody', asset: 'BRL/2' })).toThrow(
      'payouts.balance port',
    )
  })

  it('goes on asking when the provider is missing in this process for a while', async () => {
    bank.next.push('lose_answer')
    const payout = await create('k1')
    await lastro.tick()
    const full = lastro
    lastro = engine({ providers: { other: { id: 'other' } } })
    await pass(3_600_000, 300_000)
    lastro = full
    bank.settle(payout.id)
    await pass(1_800_000, 300_000)
    expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    expect(bank.submits).toHaveLength(1)
  })

  it('takes one signer only', () => {
    const signer = {
      specVersion: 1,
      publicKey: async () => new Uint8Array(33),
      sign: async () => new Uint8Array(64),
    } as const
    const two = { a: { id: 'a', signer }, b: { id: 'b', signer } }
    expect(() => engine({ providers: two })).toThrow(
      'providers.b: fills the signer port, as providers.a does',
    )
  })

  it('refuses a provider that is not there or does not pay', async () => {
    lastro = engine({ providers: { bank: { id: 'bank' } } })
    await expect(create('k1')).rejects.toSatisfy((error) => isLastroError(error, 'provider_missing'))
    await expect(create('k1', { provider: '__proto__' })).rejects.toSatisfy((error) =>
      isLastroError(error, 'provider_missing'),
    )
  })
})
