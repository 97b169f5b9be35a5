import { eachDatabase } from '@lastro/testing/storage-vitest'
import { expect, test } from 'vitest'
import { HOUR, openReconciliation } from './reconciliation-bench.ts'
import { bookAll, dayOf, type Fault, writeDay } from './reconciliation-day.ts'

/** How many of each class. The embedded database is slower, and judges by the same statements. */
const EACH = { postgres: 1_000, pglite: 200 } as const

const countsOf = (each: number): Readonly<Record<Fault, number>> => ({
  none: 2 * each,
  flight: 600,
  missing_here: each,
  missing_there: each,
  amount: each,
  state: each,
  timing: each,
  ledger: each,
  duplicate: each,
})

const sumOf = (money: readonly { readonly amount: string }[]) =>
  money.reduce((sum, { amount }) => sum + BigInt(amount), 0n)

eachDatabase((db) => {
  const each = EACH[db.name]
  test(`${each} drifts of each class are found and named, and nothing in flight is; they close when it is mended`, async () => {
    const bench = await openReconciliation(db)
    const { lastro, books } = bench
    const end = new Date(Math.ceil(db.clock.now().getTime() / (24 * HOUR)) * 24 * HOUR)
    const start = new Date(end.getTime() - 24 * HOUR)
    const day = dayOf(start, countsOf(each))
    for (const [id, normalSide] of [
      ['receivable:psp:BRL/2', 'debit'],
      ['fees:psp:BRL/2', 'debit'],
      ['provider:psp:BRL/2', 'debit'],
      ['clearing:payments:BRL/2', 'credit'],
      ['clearing:payouts:BRL/2', 'credit'],
    ] as const)
      await lastro.ledger.accounts.create({ id, asset: 'BRL/2', normalSide, constraint: 'none' })
    await writeDay(db, day)
    const noon = new Date(start.getTime() + 19 * HOUR)
    await bookAll(db, day.transfers, noon)
    await bookAll(db, day.settlements, noon)
    books.all.push(...day.told)
    await db.clock.set(end)

    const first = await bench.reconcile()
    const found = (await bench.drifts()).map((drift) => drift.split(' ').slice(0, 2).join(' '))
    const [isWanted, isFound] = [new Set(day.drifts), new Set(found)]
    expect(found.filter((drift) => !isWanted.has(drift))).toEqual([])
    expect(day.drifts.filter((drift) => !isFound.has(drift))).toEqual([])
    for (const { found: count, open } of Object.values(first.drifts))
      expect([count, open]).toEqual([each, each])
    const [balance] = first.balances
    expect(balance).toMatchObject({ unexplained: { amount: '0' } })
    expect(sumOf(Object.values(balance?.explained ?? {}))).toBe(BigInt(balance?.difference.amount ?? 'x'))
    expect(first.isClean).toBe(false)

    const again = await bench.reconcile()
    for (const { found: count, open } of Object.values(again.drifts)) expect([count, open]).toEqual([0, each])
    expect({ ...again, run: '', drifts: {} }).toEqual({ ...first, run: '', drifts: {} })

    // The provider corrects its statement and tells what came late; what was missing or wrong here is mended.
    for (const statement of day.corrections) await db.sql.query(statement)
    books.all.splice(0, books.all.length, ...day.right)
    await bookAll(db, day.mending, noon)
    const last = await bench.reconcile()
    expect(last).toMatchObject({ closed: 7 * each, isClean: true })
    expect((await bench.drifts()).every((drift) => drift.endsWith(' closed'))).toBe(true)
    expect(await lastro.ledger.verify()).toEqual([])
  }, 180_000)
})
