import { createLastro, type LastroOptions } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { pickProvider, type RouteRule, routeOf } from '../src/rails/payments/route.ts'
import { brl, createPsp, PRICE, type Psp } from './psp.ts'

describe('rules', () => {
  const RULES: readonly RouteRule[] = [
    { when: { method: 'card', least: brl(100_00n) }, providers: ['big'] },
    { when: { method: ['card', 'checkout'], metadata: { region: 'br' } }, providers: ['local', 'big'] },
    { when: { asset: 'USD/2' }, providers: ['dollars'] },
    { when: { most: brl(10_00n) }, providers: ['small'] },
    { providers: ['any'] },
  ]
  it.each([
    ['card', brl(100_00n), {}, ['big']],
    ['card', brl(99_99n), { region: 'br' }, ['local', 'big']],
    ['checkout', brl(500_00n), { region: 'br' }, ['local', 'big']],
    ['pix', { amount: 5n, asset: 'USD/2' } as const, {}, ['dollars']],
    ['pix', brl(10_00n), {}, ['small']],
    ['pix', brl(10_01n), {}, ['any']],
    // A bound of one asset says nothing about amounts of another.
    ['card', { amount: 10_000_00n, asset: 'EUR/2' } as const, {}, ['any']],
  ])('%s %o %o', (method, amount, metadata, providers) => {
    expect(routeOf(RULES, { method, amount, metadata: metadata as Record<string, string> })).toEqual(
      providers,
    )
  })

  it('no rule, no route', () =>
    expect(routeOf([], { method: 'pix', amount: PRICE, metadata: {} })).toBeNull())

  it.each([
    [null, [], [], 'a'],
    ['a', [], [], 'b'],
    ['c', [], [], 'a'],
    [null, [], ['a'], 'b'],
    ['a', ['b'], [], 'c'],
    [null, [], ['a', 'b', 'c'], 'a'],
    ['a', ['b', 'c'], ['a'], 'a'],
    [null, ['a', 'b', 'c'], [], null],
  ] as const)('after %s, refused by %o, at rest %o: %s', (last, refusedBy, resting, picked) => {
    const health = (name: string) => ((resting as readonly string[]).includes(name) ? 'open' : 'closed')
    expect(pickProvider({ route: ['a', 'b', 'c'], refusedBy, last, health })).toBe(picked)
  })
})

eachDatabase((db) => {
  let one: Psp
  let two: Psp
  let lastro: ReturnType<typeof engine>
  const engine = (payments: LastroOptions['payments'] = {}, rails: LastroOptions['rails'] = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {
        one: { id: 'one', payments: one.port, webhooks: one.webhooks },
        two: { id: 'two', payments: two.port },
      },
      payments,
      rails: { failuresToOpen: 1_000_000, ...rails },
    })
  const create = (more: object = {}) =>
    lastro.payments.create({ amount: PRICE, method: 'pix', idempotencyKey: 'k1', ...more })
  const pass = async (ms: number, stepMs: number) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await db.clock.advance(stepMs)
      await lastro.tick()
    }
  }

  beforeEach(async () => {
    await db.truncate()
    one = createPsp('one')
    two = createPsp('two')
    lastro = engine()
    await lastro.migrate()
  })

  it('not_sent goes on to the next provider at once, with the same key', async () => {
    one.next.create.push('not_sent')
    const { id, route } = await create()
    expect(route).toEqual(['one', 'two'])
    await lastro.tick()
    expect(await lastro.payments.get(id)).toMatchObject({ state: 'pending', provider: 'two' })
    expect([one.calls.map(({ key }) => key), two.calls.map(({ key }) => key)]).toEqual([[id], [id]])
    two.pay(id)
    await lastro.payments.verify(id)
    expect((await lastro.ledger.balance('receivable:two:BRL/2')).posted).toEqual(brl(1233n))
  })

  it.each(['lose_answer', 'lose_request', 'throw', 'hang'] as const)(
    '%s never goes on to another provider',
    async (behaviour) => {
      one.next.create.push(behaviour)
      const { id } = await create()
      void lastro.tick()
      await expect.poll(() => one.calls.length).toBe(1)
      if (behaviour === 'hang') lastro = engine()
      else await expect.poll(async () => (await lastro.payments.get(id)).state).toBe('unknown')
      await pass(240_000, 20_000)
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'pending', provider: 'one' })
      expect(two.calls).toEqual([])
      expect(one.payments.size).toBe(1)
    },
  )

  it.each(['not_sent', { decline: 'limit_exceeded' }] as const)(
    'once in doubt, and then certainly absent: %o does not go on to another provider either',
    async (then) => {
      one.next.create.push('lose_request', then)
      const { id } = await create()
      await lastro.tick()
      await pass(240_000, 20_000)
      expect(two.calls).toEqual([])
      expect(one.calls.length).toBeGreaterThan(1)
      expect(await lastro.payments.get(id)).toMatchObject({
        provider: 'one',
        state: then === 'not_sent' ? 'pending' : 'failed',
      })
    },
  )

  it.each([
    ['limit_exceeded', 'pending', 1],
    ['refused', 'failed', 0],
  ] as const)('declined for %s: %s', async (decline, state, tried) => {
    one.next.create.push({ decline })
    const { id } = await create()
    await lastro.tick()
    expect((await lastro.payments.get(id)).state).toBe(state)
    expect(two.calls).toHaveLength(tried)
  })

  it('money that a provider tells after it had refused is contradicted, once, and moves nothing', async () => {
    one.next.create.push({ decline: 'limit_exceeded' })
    const { id } = await create()
    await lastro.tick()
    for (const _time of [1, 2]) {
      const body = one.hook({ idempotencyKey: id, receipts: [{ ref: 'E1', amount: PRICE }] })
      await lastro.webhooks.receive('one', { url: '/webhooks/one', headers: {}, body })
      await lastro.tick()
    }
    expect(await lastro.payments.get(id)).toMatchObject({
      state: 'pending',
      provider: 'two',
      received: brl(0n),
    })
    const told = (await lastro.audit.list()).items.filter(({ action }) => action === 'payment.contradicted')
    expect(told).toHaveLength(1)
  })

  it('all refuse: failed, each asked once', async () => {
    one.next.create.push({ decline: 'not_permitted' })
    two.next.create.push({ decline: 'not_permitted' })
    const { id } = await create()
    await lastro.tick()
    expect(await lastro.payments.get(id)).toMatchObject({ state: 'failed', refusedBy: ['one', 'two'] })
    expect([one.calls.length, two.calls.length]).toEqual([1, 1])
  })

  it('a rail at rest is passed over', async () => {
    lastro = engine({}, { failuresToOpen: 1, openMs: 3_600_000 })
    one.next.create.push('not_sent')
    await create()
    await lastro.tick()
    const second = await create({ idempotencyKey: 'k2' })
    await lastro.tick()
    expect((await lastro.payments.get(second.id)).provider).toBe('two')
    expect(one.calls).toHaveLength(1)
  })

  it('rules name who may, and only those that can are in the route', async () => {
    two = createPsp('two', { methods: ['pix'] })
    lastro = engine({
      routes: [{ when: { method: 'pix' }, providers: ['two'] }, { providers: ['two', 'one'] }],
    })
    expect((await create()).route).toEqual(['two'])
    expect((await create({ idempotencyKey: 'k2', method: 'card' })).route).toEqual(['one'])
    expect((await create({ idempotencyKey: 'k3', provider: 'one' })).route).toEqual(['one'])
  })

  it('a rule that names a provider which is not there is refused when the engine is made', () => {
    expect(() => engine({ routes: [{ providers: ['nobody'] }] })).toThrow('payments.routes.0.providers')
  })
})
