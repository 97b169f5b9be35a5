import type { NewTransfer } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, test } from 'vitest'
import { BRL, booksOf, hold, move, post, release, shortly } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }
const BA = { from: 'b', to: 'a' }

// PGlite is one connection and can show none of this.
eachDatabase(
  (db) => {
    const books = booksOf(db)

    /** Books in a transaction that nothing runs again: a deadlock would fail the test. */
    const postOnce = (transfers: readonly NewTransfer[]) =>
      db.hostTransaction(({ tx }) => books.post(transfers, { tx }))

    const count = (results: readonly (readonly string[])[], word: string) =>
      results.flat().filter((result) => result === word).length

    beforeEach(async () => {
      await db.truncate()
      await books.open({ a: {}, b: {}, c: {}, d: {}, user: { constraint: 'no_overdraft' } })
    })

    test('opposite transfers do not deadlock', async () => {
      const pairs = Array.from({ length: 80 }, (_, index) => {
        const first = index % 2 === 0 ? move(`t${index}`, AB, 1n) : move(`t${index}`, BA, 1n)
        const second =
          index % 3 === 0
            ? move(`u${index}`, { from: 'd', to: 'c' }, 1n)
            : move(`u${index}`, { from: 'c', to: 'a' }, 1n)
        return index % 5 === 0 ? [second, first] : [first, second]
      })
      const results = await Promise.all(pairs.map(postOnce))
      expect(count(results.map(shortly), 'accepted')).toBe(160)
      expect((await books.balance('a')).version).toBe(80n + 53n)
      expect(await books.verify()).toEqual([])
    })

    test('settling holds does not deadlock with making them', async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `h${index}`)
      await books.post(ids.map((id, index) => hold(id, index % 2 === 0 ? AB : BA, 1n)))
      const work = ids.flatMap((id, index) => [
        [index % 3 === 0 ? release(`s${id}`, id) : post(`s${id}`, id)],
        [hold(`n${id}`, index % 2 === 0 ? BA : AB, 1n)],
      ])
      expect(count((await Promise.all(work.map(postOnce))).map(shortly), 'accepted')).toBe(80)
      expect(await books.verify()).toEqual([])
    })

    test('a thousand holds at once never promise more than there is', async () => {
      await books.post([move('fund', { from: 'a', to: 'user' }, 3_000n)])
      const holds = Array.from({ length: 1_000 }, (_, index) => [
        hold(`h${index}`, { from: 'user', to: 'b' }, 7n),
      ])
      const results = (await Promise.all(holds.map((one) => books.post(one)))).map(shortly)
      expect([count(results, 'accepted'), count(results, 'insufficient_funds')]).toEqual([428, 572])
      const { posted, pendingOut, available, version } = await books.balance('user')
      expect([posted.amount, pendingOut.amount, available.amount, version]).toEqual([
        3_000n,
        2_996n,
        4n,
        429n,
      ])
      expect(await books.verify()).toEqual([])
    }, 60_000)

    test('one hold is settled once, however many try', async () => {
      await books.post([hold('h', AB, 10n)])
      const tries = Array.from({ length: 60 }, (_, index) => [
        index % 2 === 0 ? post(`p${index}`, 'h') : release(`p${index}`, 'h'),
      ])
      const results = (await Promise.all(tries.map((one) => books.post(one)))).map(shortly)
      expect([count(results, 'accepted'), count(results, 'hold_settled')]).toEqual([1, 59])
    })

    test('one id from many connections is booked once', async () => {
      const results = (
        await Promise.all(Array.from({ length: 100 }, () => books.post([move('t', AB, 1n)])))
      ).map(shortly)
      expect([count(results, 'accepted'), count(results, 'exists')]).toEqual([1, 99])
      expect((await books.balance('b')).posted.amount).toBe(1n)
    })

    test('one id for many bodies is booked once, and the others are told so', async () => {
      const bodies = Array.from({ length: 60 }, (_, index) => [
        move(`own${index}`, AB, 1n),
        move('t', index % 2 === 0 ? AB : { from: 'c', to: 'd' }, BigInt(index + 1)),
      ])
      const results = (await Promise.all(bodies.map((one) => books.post(one)))).map(shortly)
      expect([count(results, 'accepted'), count(results, 'conflict')]).toEqual([61, 59])
      expect(await books.verify()).toEqual([])
    })

    /** Books `t` between c and d while another transaction has booked it between a and b, and then ends. */
    const whileTaken = async (end: 'commit' | 'rollback') => {
      let letGo = () => {}
      const released = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let isTaken = () => {}
      const taken = new Promise<void>((resolve) => {
        isTaken = resolve
      })
      const first = db.hostTransaction(async ({ tx }) => {
        await books.post([move('t', AB, 1n)], { tx })
        isTaken()
        await released
        if (end === 'rollback') throw new Error('undo')
      })
      await taken
      const second = postOnce([
        move('own', { from: 'c', to: 'd' }, 5n),
        move('t', { from: 'c', to: 'd' }, 1n),
      ])
      const waiting = `select 1 as one from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%ledger_post%'`
      await expect.poll(() => db.sql.query(waiting), { timeout: 10_000 }).toHaveLength(1)
      letGo()
      await first.catch(() => {})
      return shortly(await second)
    }

    test('an id that another transaction is booking is waited for, and found', async () => {
      expect(await whileTaken('commit')).toEqual(['accepted', 'conflict'])
      expect(await books.verify()).toEqual([])
    })

    test('an id that another transaction gives back is free', async () => {
      expect(await whileTaken('rollback')).toEqual(['accepted', 'accepted'])
      expect((await books.transfers.get('t')).debit.account).toBe('c')
    })

    test('a transaction with an older snapshot is told to run again', async () => {
      const work = db.transaction(async (sql) => {
        await sql.query('set transaction isolation level repeatable read')
        await sql.query('select 1 from lastro.ledger_account')
        await books.post([move('t', AB, 1n)])
        const query = (text: string, parameters: readonly unknown[]) => sql.query(text, parameters as never)
        const tx = { kind: 'lastro.host_tx', query } as never
        await books.post([move('t', { from: 'c', to: 'd' }, 1n)], { tx })
      })
      await expect(work).rejects.toMatchObject({ code: '40001' })
    })

    test('sweeps at the same time release each hold once', async () => {
      const expiresAt = new Date(db.clock.now().getTime() + 1)
      await books.post(Array.from({ length: 60 }, (_, index) => hold(`h${index}`, AB, 1n, { expiresAt })))
      await db.clock.advance(1)
      await Promise.all(Array.from({ length: 8 }, () => books.holds.expire({ limit: 100 })))
      expect(await books.holds.expire()).toBe(0)
      const { version, pendingOut } = await books.balance('a')
      expect([version, pendingOut]).toEqual([120n, { amount: 0n, asset: BRL }])
      expect(await books.verify()).toEqual([])
    })

    test('opening the same accounts at once opens them once', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `n${index}`)
      const orders = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? ids : [...ids].reverse()))
      await Promise.all(orders.map((order) => books.open(Object.fromEntries(order.map((id) => [id, {}])))))
      expect((await books.accounts.list({ prefix: 'n' })).items).toHaveLength(20)
    })
  },
  ['postgres'],
)
