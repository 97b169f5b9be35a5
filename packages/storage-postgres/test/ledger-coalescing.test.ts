import type { NewTransfer, TransferResult } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { booksOf, hold, move, post, release, shortly } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }
const RUNS = { pglite: 40, postgres: 25 }

/** Few ids, accounts and holds, so that calls of one moment meet each other. */
const transfer = fc
  .record({
    kind: fc.constantFrom('move', 'move', 'move', 'hold', 'post', 'release'),
    id: fc.nat({ max: 30 }),
    other: fc.nat({ max: 30 }),
    from: fc.constantFrom('a', 'b', 'user', 'user'),
    to: fc.constantFrom('b', 'c', 'user', 'unknown'),
    amount: fc.bigInt({ min: 1n, max: 30n }),
    linked: fc.constantFrom(false, false, false, true),
    balancing: fc.constantFrom(undefined, undefined, undefined, 'debit' as const),
  })
  .map(({ kind, id, other, from, to, amount, linked, balancing }): NewTransfer => {
    const named = `t${id}`
    const more = { ...(linked ? { linked } : {}), ...(balancing ? { balancing } : {}) }
    if (kind === 'move') return move(named, { from, to }, amount, more)
    if (kind === 'hold') return hold(named, { from, to }, amount, more)
    const settle = kind === 'post' ? post(named, `t${other}`) : release(named, `t${other}`)
    return linked ? { ...settle, linked } : settle
  })

const call = fc.array(transfer, { minLength: 1, maxLength: 4 }).map((transfers) => {
  const { linked: _, ...last } = transfers.at(-1) as NewTransfer
  return [...transfers.slice(0, -1), last as NewTransfer]
})

/** What existed tells balances as they stand after the call, which for a shared commit is after the batch. */
const comparable = (results: readonly TransferResult[]) =>
  results.map((result) =>
    result.status === 'exists'
      ? { status: result.status, transfer: { ...result.transfer, holdState: null } }
      : result,
  )

eachDatabase((db) => {
  const books = booksOf(db)

  const begin = async () => {
    await db.truncate()
    await books.open({ a: {}, b: {}, c: {}, user: { constraint: 'no_overdraft' } })
    await books.post([move('fund', { from: 'a', to: 'user' }, 60n)])
  }
  beforeEach(begin)

  test('calls that share a commit are answered as if each had its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 12 }), async (calls) => {
        await begin()
        const alone: unknown[] = []
        for (const transfers of calls) {
          const results = await db.hostTransaction(({ tx }) => books.post(transfers, { tx }))
          alone.push(comparable(results))
        }
        const endAlone = await books.trialBalance()
        const accountsAlone = (await books.accounts.list()).items
        await begin()
        const together = await Promise.all(calls.map((transfers) => books.post(transfers)))
        expect(together.map(comparable)).toEqual(alone)
        expect(await books.trialBalance()).toEqual(endAlone)
        expect((await books.accounts.list()).items).toEqual(accountsAlone)
        expect(await books.verify()).toEqual([])
      }),
      { numRuns: RUNS[db.name] },
    )
  }, 120_000)

  test('a refused call does not touch its neighbours, and a linked group stays inside its call', async () => {
    const results = await Promise.all([
      books.post([move('1', AB, 1n)]),
      books.post([move('2', { from: 'user', to: 'b' }, 61n)]),
      books.post([move('3', AB, 1n, { linked: true }), move('4', { from: 'user', to: 'nobody' }, 1n)]),
      books.post([move('5', AB, 1n), move('6', AB, 2n)]),
    ])
    expect(results.map(shortly)).toEqual([
      ['accepted'],
      ['insufficient_funds'],
      ['linked_failed', 'account_unknown'],
      ['accepted', 'accepted'],
    ])
    expect((await books.balance('b')).posted.amount).toBe(4n)
  })

  test('a call with wrong input fails alone and is never sent', async () => {
    const wrong = books.post([move('2', { from: '', to: 'b' }, 1n)])
    const [first, second, third] = await Promise.allSettled([
      books.post([move('1', AB, 1n)]),
      wrong,
      books.post([move('3', AB, 1n)]),
    ])
    expect([first.status, second.status, third.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await expect(wrong).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: 'transfers.0.debit' },
    })
  })

  test('the same id in several calls of one moment is booked once; another body under it is told so', async () => {
    const results = await Promise.all([
      ...Array.from({ length: 20 }, () => books.post([move('t', AB, 1n)])),
      books.post([move('t', AB, 2n)]),
    ])
    expect(results.flatMap(shortly)).toEqual([
      'accepted',
      ...Array.from({ length: 19 }, () => 'exists'),
      'conflict',
    ])
  })

  test('a hold made by one call is settled by another of the same moment', async () => {
    const results = await Promise.all([
      books.post([hold('h', AB, 5n)]),
      books.post([post('p', 'h', 3n)]),
      books.post([release('v', 'h')]),
    ])
    expect(results.flatMap(shortly)).toEqual(['accepted', 'accepted', 'hold_settled'])
    const { posted, pendingIn } = await books.balance('b')
    expect([posted.amount, pendingIn.amount]).toEqual([3n, 0n])
  })

  test('drain answers once everything is booked', async () => {
    const calls = Array.from({ length: 700 }, (_, index) => books.post([move(`t${index}`, AB, 1n)]))
    await books.drain()
    expect((await books.balance('b')).version).toBe(700n)
    expect((await Promise.all(calls)).flatMap(shortly)).toEqual(Array.from({ length: 700 }, () => 'accepted'))
  })
})

// PGlite has no other connections.
eachDatabase(
  (db) => {
    const books = booksOf(db)
    const others = booksOf(db)

    beforeEach(async () => {
      await db.truncate()
      await books.open({ a: {}, b: {}, c: {}, d: {} })
    })

    test('the same ids from two processes are booked once each', async () => {
      const ids = Array.from({ length: 600 }, (_, index) => `t${index}`)
      const all = await Promise.all([
        ...ids.map((id) => books.post([move(id, AB, 1n)])),
        ...[...ids].reverse().map((id) => others.post([move(id, AB, 1n)])),
      ])
      const results = all.flatMap(shortly)
      expect(results.filter((result) => result === 'accepted')).toHaveLength(600)
      expect(results.filter((result) => result === 'exists')).toHaveLength(600)
      expect((await books.balance('b')).version).toBe(600n)
      expect(await books.verify()).toEqual([])
    })

    test('connections that are ended under way lose and double nothing', async () => {
      const ids = Array.from({ length: 3_000 }, (_, index) => `t${index}`)
      let isDone = false
      const killer = async () => {
        const text = `select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query like '%ledger_post%'`
        let ended = 0
        while (!isDone) ended += (await db.sql.query<{ ended: number }>(text))[0]?.ended ?? 0
        return ended
      }
      const postAll = async () => {
        const settled = await Promise.allSettled(ids.map((id) => books.post([move(id, AB, 1n)])))
        return settled.flatMap((outcome, index) =>
          outcome.status === 'fulfilled' ? [ids[index] as string] : [],
        )
      }
      const killing = killer()
      const acknowledged = await postAll()
      isDone = true
      expect(await killing).toBeGreaterThan(0)
      const there = await db.sql.query<{ id: string }>('select id from lastro.ledger_transfer')
      const known = new Set(there.map(({ id }) => id))
      expect(acknowledged.filter((id) => !known.has(id))).toEqual([])
      // Whoever was told of a failure asks again, and everything is there once.
      expect((await postAll()).length).toBe(ids.length)
      expect((await books.balance('b')).version).toBe(BigInt(ids.length))
      expect(await books.verify()).toEqual([])
    }, 60_000)

    test('an account that somebody holds does not hold up the others for good', async () => {
      let letGo = () => {}
      const released = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let isHeld = () => {}
      const held = new Promise<void>((resolve) => {
        isHeld = resolve
      })
      const holder = db.hostTransaction(async ({ tx }) => {
        await books.post([move('held', AB, 1n)], { tx })
        isHeld()
        await released
      })
      await held
      const stuck = others.post([move('stuck', AB, 1n)])
      const free = await Promise.all(
        Array.from({ length: 5 }, (_, index) =>
          others.post([move(`free${index}`, { from: 'c', to: 'd' }, 1n)]),
        ),
      )
      expect(free.flatMap(shortly)).toEqual(Array.from({ length: 5 }, () => 'accepted'))
      letGo()
      await holder
      expect(shortly(await stuck)).toEqual(['accepted'])
    }, 60_000)

    test('refused inside a transaction of the same call that was not passed on, and nobody else is', async () => {
      const inside = books.inside(async () => {
        await books.post([move('1', AB, 1n)])
      })
      const [first, second] = await Promise.allSettled([inside, books.post([move('2', AB, 1n)])])
      expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
    })
  },
  ['postgres'],
)
