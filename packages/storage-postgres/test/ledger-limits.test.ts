import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { book } from '../../core/src/books/ledger/index.ts'
import { BRL, booksOf, ETH, hold, move, post, release, shortly } from './ledger-fixture.ts'

const START = new Date('2026-03-02T12:00:00.000Z').getTime()
const UB = { from: 'user', to: 'b' }
const BU = { from: 'b', to: 'user' }
const HOUR = 3_600_000
const brl = (amount: bigint) => ({ amount, asset: BRL }) as const
const daily = { name: 'hourly', direction: 'out', amount: brl(100n), windowMs: HOUR } as const

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await db.clock.set(new Date(START))
    await books.open({ user: {}, b: {}, cash: { normalSide: 'debit' }, ether: { asset: ETH } })
  })

  const rules = async (...transfers: Parameters<typeof books.post>[0]) => shortly(await books.post(transfers))

  test('more than the amount within the window is refused, and the refusal names the limit', async () => {
    await books.limits.set('user', daily)
    expect(await rules(move('t1', UB, 60n), move('t2', UB, 50n), move('t3', UB, 40n))).toEqual([
      'accepted',
      'velocity_limit',
      'accepted',
    ])
    expect(await books.one(move('t4', UB, 1n))).toEqual({
      status: 'refused',
      id: 't4',
      rule: 'velocity_limit',
      account: 'user',
      limit: 'hourly',
    })
    await expect(
      books.inside((tx) => book(tx, { transfers: [move('t5', UB, 1n)], at: db.clock.now() })),
    ).rejects.toMatchObject({
      code: 'ledger_refused',
      details: { rule: 'velocity_limit', account: 'user', limit: 'hourly' },
    })
    // The other way, and for the other account, nothing is limited; the same transfer again is no new one.
    expect(await rules(move('back', BU, 500n), move('t1', UB, 60n))).toEqual(['accepted', 'exists'])
    await db.clock.advance(HOUR + HOUR / 24)
    expect(await rules(move('t6', UB, 100n))).toEqual(['accepted'])
    expect(await books.verify()).toEqual([])
  })

  test('what enters a debit account and a credit account is counted on its own side', async () => {
    await books.limits.set('cash', { ...daily, direction: 'in' })
    await books.limits.set('user', { ...daily, direction: 'in', amount: brl(150n) })
    const fund = { from: 'cash', to: 'user' }
    expect(
      await rules(
        move('t1', fund, 90n),
        move('t2', fund, 20n),
        move('t3', fund, 10n),
        move('out', { from: 'user', to: 'cash' }, 999n),
      ),
    ).toEqual(['accepted', 'velocity_limit', 'accepted', 'accepted'])
    expect(await books.one(move('t4', BU, 51n))).toMatchObject({ account: 'user' })
  })

  test('a hold counts when it is made, and gives back what it does not move', async () => {
    await books.limits.set('user', daily)
    expect(await rules(hold('h', UB, 80n), hold('g', UB, 30n))).toEqual(['accepted', 'velocity_limit'])
    expect(await rules(release('v', 'h'), hold('g', UB, 100n))).toEqual(['accepted', 'accepted'])
    expect(await rules(post('p', 'g', 70n), move('t', UB, 31n), move('u', UB, 30n))).toEqual([
      'accepted',
      'velocity_limit',
      'accepted',
    ])
  })

  test('a hold from before the limit gives nothing back', async () => {
    await books.post([hold('h', UB, 80n)])
    await books.limits.set('user', daily)
    expect(await rules(release('v', 'h'), move('t', UB, 101n), move('u', UB, 100n))).toEqual([
      'accepted',
      'velocity_limit',
      'accepted',
    ])
  })

  test('a linked group that fails leaves nothing counted', async () => {
    await books.limits.set('user', daily)
    await books.post([hold('h', UB, 50n)])
    const group = [
      { ...move('t1', UB, 20n), linked: true },
      { ...hold('t2', UB, 20n), linked: true },
      { ...release('t3', 'h'), linked: true },
      { ...move('t4', UB, 20n), linked: true },
      move('t5', UB, 90n),
    ]
    expect((await rules(...group)).at(-1)).toBe('velocity_limit')
    expect(await rules(move('u', UB, 51n), move('w', UB, 50n))).toEqual(['velocity_limit', 'accepted'])
  })

  test('limits are set, replaced, listed and removed, and the audit log says so once', async () => {
    await books.limits.set('user', daily, { actor: 'operator:ana', reason: 'new customer' })
    await books.limits.set('user', daily)
    await books.one(move('t1', UB, 60n))
    await books.limits.set('user', { ...daily, amount: brl(60n) })
    expect(await rules(move('t2', UB, 1n))).toEqual(['velocity_limit'])
    expect(await books.limits.list('user')).toEqual([{ ...daily, amount: brl(60n) }])
    await books.limits.remove('user', 'hourly')
    await books.limits.remove('user', 'hourly')
    expect(await books.limits.list('user')).toEqual([])
    expect(await rules(move('t3', UB, 1_000n))).toEqual(['accepted'])
    const { items } = await books.inside((tx) => tx.audit.list({ subject: 'user' }))
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([
      ['ledger_limit.removed', 'system'],
      ['ledger_limit.set', 'system'],
      ['ledger_limit.set', 'operator:ana'],
    ])
    await expect(books.limits.set('nobody', daily)).rejects.toMatchObject({ code: 'not_found' })
    const bad = [
      ['amount.asset', { ...daily, amount: { amount: 1n, asset: ETH } }],
      ['amount.amount', { ...daily, amount: brl(-1n) }],
      ['windowMs', { ...daily, windowMs: 59_999 }],
      ['windowMs', { ...daily, windowMs: 60_001 }],
      ['direction', { ...daily, direction: 'both' as never }],
      ['name', { ...daily, name: 'a b' }],
    ] as const
    for (const [field, limit] of bad)
      await expect(books.limits.set('user', limit)).rejects.toMatchObject({ details: { field } })
  })

  test('never more than the amount within any window, and no refusal that a window and a 24th do not explain', async () => {
    const steps = fc.array(
      fc.record({ wait: fc.nat({ max: HOUR / 2 }), amount: fc.bigInt({ min: 1n, max: 60n }) }),
      {
        minLength: 5,
        maxLength: 25,
        size: 'max',
      },
    )
    let runs = 0
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        runs += 1
        const id = `user${runs}`
        await books.open({ [id]: {} })
        await books.limits.set(id, daily)
        const passed: { at: number; amount: bigint }[] = []
        const since = (at: number) =>
          passed.filter((one) => one.at > at).reduce((sum, { amount }) => sum + amount, 0n)
        for (const [index, { wait, amount }] of list.entries()) {
          await db.clock.advance(wait)
          const now = db.clock.now().getTime()
          const { status } = await books.one(move(`${id}:${index}`, { from: id, to: 'b' }, amount))
          if (status === 'accepted') {
            passed.push({ at: now, amount })
            expect(since(now - HOUR)).toBeLessThanOrEqual(100n)
          } else expect(since(now - HOUR - HOUR / 24) + amount).toBeGreaterThan(100n)
        }
      }),
      { numRuns: 15 },
    )
  }, 120_000)

  describe('at once', () => {
    test('transfers from many connections do not pass more than the limit together', async () => {
      await books.limits.set('user', daily)
      const calls = Array.from({ length: 40 }, (_, index) =>
        db.hostTransaction(({ tx }) => books.post([move(`t${index}`, UB, 7n)], { tx })),
      )
      const results = (await Promise.all(calls)).flatMap(shortly)
      expect(results.filter((result) => result === 'accepted')).toHaveLength(14)
    })
  })
})
