import type { LedgerTransfer, NewTransfer } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { BRL, booksOf, hold, move, post, release } from './ledger-fixture.ts'

const START = new Date('2026-03-02T12:00:00.000Z').getTime()
const RUNS = { pglite: 20, postgres: 15 }
const IDS = ['a', 'b', 'cash'] as const
const later = (seconds: number) => new Date(START + seconds * 1_000)

/** The figures of an account, computed from transfers alone. */
function replay(
  transfers: readonly LedgerTransfer[],
  account: string,
  counts: (transfer: LedgerTransfer) => boolean,
) {
  const byId = new Map(transfers.map((one) => [one.id, one]))
  let [debits, credits, debitsHeld, creditsHeld] = [0n, 0n, 0n, 0n]
  for (const one of transfers.filter(counts)) {
    const held = one.kind === 'pending' ? one.amount.amount : -(byId.get(one.hold ?? '')?.amount.amount ?? 0n)
    const moved = one.kind === 'posted' || one.kind === 'post' ? one.amount.amount : 0n
    if (one.debit.account === account)
      [debits, debitsHeld] = [debits + moved, debitsHeld + (one.kind === 'posted' ? 0n : held)]
    if (one.credit.account === account)
      [credits, creditsHeld] = [credits + moved, creditsHeld + (one.kind === 'posted' ? 0n : held)]
  }
  return account === 'cash'
    ? { posted: debits - credits, pendingIn: debitsHeld, pendingOut: creditsHeld }
    : { posted: credits - debits, pendingIn: creditsHeld, pendingOut: debitsHeld }
}

const draw = fc.record({
  kind: fc.constantFrom('posted', 'posted', 'posted', 'pending', 'pending', 'post', 'void'),
  from: fc.nat({ max: 2 }),
  apart: fc.constantFrom(1, 2),
  amount: fc.bigInt({ min: 1n, max: 90n }),
  /** The effective time, in seconds from the start; none for most. */
  effective: fc.option(fc.integer({ min: -20, max: 60 }), { nil: undefined, freq: 1 }),
  /** How long to wait before it. */
  wait: fc.nat({ max: 4 }),
})

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await db.clock.set(new Date(START))
    await books.open({ a: {}, b: {}, cash: { normalSide: 'debit' } })
  })

  const all = async () => {
    const items: LedgerTransfer[] = []
    let cursor: string | null = null
    do {
      const page = await books.journal({ limit: 7, cursor })
      items.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    return items
  }

  /** Books a random history, and answers its transfers in the order of booking. */
  async function book(history: readonly (typeof draw extends fc.Arbitrary<infer T> ? T : never)[]) {
    const holds: string[] = []
    for (const [index, one] of history.entries()) {
      if (one.wait > 0) await db.clock.advance(one.wait * 1_000)
      const id = `t${index}`
      const sides = { from: IDS[one.from] ?? 'a', to: IDS[(one.from + one.apart) % 3] ?? 'b' }
      const dated = one.effective === undefined ? {} : { effectiveAt: later(one.effective) }
      const held = holds[Number(one.amount) % (holds.length || 1)] ?? ''
      const written: Readonly<Record<typeof one.kind, NewTransfer>> = {
        posted: move(id, sides, one.amount, dated),
        pending: hold(id, sides, one.amount, dated),
        post: { ...post(id, held, one.amount), ...dated },
        void: { ...release(id, held), ...dated },
      }
      if (one.kind === 'pending') holds.push(id)
      if (held === '' && (one.kind === 'post' || one.kind === 'void')) continue
      await books.one(written[one.kind])
    }
    return all()
  }

  async function startAgain() {
    await db.truncate()
    await db.clock.set(new Date(START))
    await books.open({ a: {}, b: {}, cash: { normalSide: 'debit' } })
  }

  const TIMES = { booked: 'bookedAt', effective: 'effectiveAt' } as const

  test('balances at random instants are the replay of all transfers up to then', async () => {
    const property = fc.asyncProperty(
      fc.array(draw, { minLength: 1, maxLength: 25, size: 'max' }),
      fc.array(fc.integer({ min: -25_000, max: 130_000 }), { minLength: 4, maxLength: 4 }),
      async (history, instants) => {
        await startAgain()
        const transfers = await book(history)
        for (const by of ['booked', 'effective'] as const) {
          for (const offset of instants) {
            const at = new Date(START + (offset % 2 === 0 ? Math.trunc(offset / 1_000) * 1_000 : offset))
            for (const id of IDS) {
              const found = await books.balanceAt(id, { at, by })
              const expected = replay(transfers, id, (one) => one[TIMES[by]] <= at)
              expect({
                posted: found.posted.amount,
                pendingIn: found.pendingIn.amount,
                pendingOut: found.pendingOut.amount,
              }).toEqual(expected)
              expect(found.available.amount).toBe(expected.posted - expected.pendingOut)
            }
            for (const { debits, credits } of await books.trialBalanceAt({ at, by }))
              expect(debits).toEqual(credits)
          }
        }
      },
    )
    await fc.assert(property, { numRuns: RUNS[db.name] })
  }, 180_000)

  test('a statement begins with its opening balance, runs through its lines and ends with its closing balance', async () => {
    const property = fc.asyncProperty(
      fc.array(draw, { minLength: 1, maxLength: 25, size: 'max' }),
      fc.tuple(fc.integer({ min: -25, max: 100 }), fc.integer({ min: 0, max: 100 })),
      fc.integer({ min: 1, max: 6 }),
      async (history, [begin, length], limit) => {
        await startAgain()
        const transfers = await book(history)
        const [from, to] = [later(begin), later(begin + length)]
        for (const by of ['booked', 'effective'] as const) {
          const within = (one: LedgerTransfer) => one[TIMES[by]] >= from && one[TIMES[by]] < to
          for (const id of IDS) {
            const seen: string[] = []
            let [cursor, balance] = [null as string | null, null as bigint | null]
            do {
              const page = await books.statement(id, { from, to, by, limit, cursor })
              balance ??= page.opening.amount
              expect(page.opening.amount).toBe(replay(transfers, id, (one) => one[TIMES[by]] < from).posted)
              expect(page.closing.amount).toBe(replay(transfers, id, (one) => one[TIMES[by]] < to).posted)
              for (const line of page.lines) {
                expect(line.balanceBefore.amount).toBe(balance)
                balance += line.direction === 'in' ? line.amount.amount : -line.amount.amount
                expect(line.balanceAfter.amount).toBe(balance)
                expect(line.transfer[line.side].account).toBe(id)
                expect(line.transfer[line.side].version).toBe(line.version)
                seen.push(line.transfer.id)
              }
              cursor = page.nextCursor
              if (cursor === null) expect(balance).toBe(page.closing.amount)
              else expect(page.lines).toHaveLength(limit)
            } while (cursor !== null)
            const expected = transfers
              .filter((one) => within(one) && (one.debit.account === id || one.credit.account === id))
              .sort((left, right) => left[TIMES[by]].getTime() - right[TIMES[by]].getTime())
            expect(seen).toEqual(expected.map((one) => one.id))
          }
        }
      },
    )
    await fc.assert(property, { numRuns: RUNS[db.name] })
  }, 180_000)

  describe('reading', () => {
    const AB = { from: 'a', to: 'b' }

    test('a statement shows the moment of its first page, whatever is booked meanwhile', async () => {
      for (const by of ['booked', 'effective'] as const) {
        await startAgain()
        await books.post(
          [1, 2, 3, 4].map((n) => move(`t${n}`, AB, 10n, n % 2 ? { effectiveAt: later(n) } : {})),
        )
        const period = { from: later(0), to: later(100), by, limit: 2 }
        const first = await books.statement('b', period)
        await books.post([move('late', AB, 7n, { effectiveAt: later(1) }), move('new', AB, 5n)])
        const second = await books.statement('b', { ...period, cursor: first.nextCursor })
        expect([second.opening, second.closing]).toEqual([first.opening, first.closing])
        expect(second.lines.at(-1)?.balanceAfter).toEqual(first.closing)
        expect(second.nextCursor).toBeNull()
      }
    })

    test('a cursor belongs to its question', async () => {
      await books.post([move('t1', AB, 1n), move('t2', AB, 1n)])
      const period = { from: later(0), to: later(10), limit: 1 }
      const { nextCursor } = await books.statement('b', period)
      const bad = { code: 'invalid_input', details: { field: 'cursor' } }
      const others = [
        books.statement('a', { ...period, cursor: nextCursor }),
        books.statement('b', { ...period, by: 'effective', cursor: nextCursor }),
        books.statement('b', { ...period, to: later(11), cursor: nextCursor }),
        books.statement('b', { ...period, cursor: 'x' }),
        books.journal({ cursor: nextCursor }),
      ]
      for (const other of others) await expect(other).rejects.toMatchObject(bad)
    })

    test('the journal of a period is its transfers, and pages do not overlap', async () => {
      for (let n = 0; n < 9; n += 1) {
        await books.one(move(`t${n}`, AB, 1n))
        await db.clock.advance(1_000)
      }
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const page = await books.journal({ from: later(2), to: later(7), limit: 2, cursor })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor
      } while (cursor !== null)
      expect(ids).toEqual(['t2', 't3', 't4', 't5', 't6'])
    })

    test('clocks that differ move a transfer to one side of the instant, the same for both accounts', async () => {
      const times = [5, 3, 6, 1, 4, 9, 2, 8]
      for (const [index, seconds] of times.entries()) {
        await db.clock.set(later(seconds))
        await books.one(move(`t${index}`, AB, 10n ** BigInt(index)))
      }
      for (let seconds = 0; seconds < 10; seconds += 1) {
        const at = later(seconds)
        const [a, b] = [await books.balanceAt('a', { at }), await books.balanceAt('b', { at })]
        expect(a.posted.amount).toBe(-b.posted.amount)
        expect(a.version).toBe(b.version)
      }
    })

    test('what is unknown or makes no sense is refused', async () => {
      const at = later(0)
      const unknown = { code: 'not_found' }
      await expect(books.balanceAt('nobody', { at })).rejects.toMatchObject(unknown)
      await expect(books.statement('nobody', { from: at, to: at })).rejects.toMatchObject(unknown)
      await expect(books.statement('a', { from: later(1), to: at })).rejects.toMatchObject({
        details: { field: 'to' },
      })
      await expect(books.balanceAt('a', { at: new Date(Number.NaN) })).rejects.toMatchObject({
        details: { field: 'at' },
      })
      await expect(books.balanceAt('a', { at, by: 'x' as never })).rejects.toMatchObject({
        details: { field: 'by' },
      })
    })

    test('the trial balance of an instant counts the accounts of then', async () => {
      await books.one(move('t', { from: 'cash', to: 'a' }, 30n))
      await db.clock.advance(10_000)
      await books.open({ late: {} })
      await books.one(move('u', { from: 'late', to: 'a' }, 5n))
      const rows = async (seconds: number) =>
        (await books.trialBalanceAt({ at: later(seconds) })).map((row) => [
          row.accounts,
          row.debits.amount,
          row.credits.amount,
        ])
      expect(await rows(5)).toEqual([[3, 30n, 30n]])
      expect(await rows(10)).toEqual([[4, 35n, 35n]])
      expect((await books.trialBalanceAt({ at: later(5) }))[0]?.asset).toBe(BRL)
    })
  })
})
