import type { Balance, NewAccount, NewTransfer, TransferResult } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { REFUSALS } from '../../core/src/books/ledger/index.ts'
import { BRL, booksOf, ETH } from './ledger-fixture.ts'
import { createModel, type ModelResult } from './ledger-model.ts'

const START = new Date('2026-03-02T12:00:00.000Z')
const RUNS = { pglite: 300, postgres: 60 }

const brl = (amount: bigint) => ({ amount, asset: BRL }) as const

/** Accounts of each kind, two that begin empty and so can be closed, and at last one of another asset. */
const ACCOUNTS: readonly Omit<NewAccount, 'id'>[] = [
  { asset: BRL, normalSide: 'credit', constraint: 'none' },
  { asset: BRL, normalSide: 'debit', constraint: 'none' },
  { asset: BRL, normalSide: 'credit', constraint: 'no_overdraft' },
  { asset: BRL, normalSide: 'debit', constraint: 'no_overdraft' },
  { asset: BRL, normalSide: 'credit', constraint: 'none', minimum: brl(-30n), maximum: brl(60n) },
  { asset: BRL, normalSide: 'debit', constraint: 'no_overdraft', minimum: brl(10n), maximum: brl(90n) },
  { asset: BRL, normalSide: 'credit', constraint: 'no_overdraft' },
  { asset: BRL, normalSide: 'credit', constraint: 'none' },
  { asset: ETH, normalSide: 'credit', constraint: 'none' },
]

/** Debited account, credited account and amount of what every history begins with. */
const FUNDS = [
  [1, 2, 100n],
  [3, 0, 100n],
  [1, 4, 30n],
  [5, 0, 50n],
] as const

const LAST = ACCOUNTS.length - 1
const seconds = fc.integer({ min: 1, max: 4 })
const often = <T>(usual: T, ...rare: readonly T[]) =>
  fc.constantFrom(...Array.from({ length: 9 }, () => usual), ...rare)

/** Small numbers and few words, so that histories meet their limits and themselves. */
const transfer = fc.record({
  kind: fc.constantFrom('posted', 'posted', 'posted', 'pending', 'pending', 'post', 'post', 'void'),
  /** Sends an earlier transfer again, as it was or under its id only. */
  repeat: often('no', 'body', 'body', 'id'),
  /** Counts back among earlier transfers, or among earlier holds. */
  back: fc.nat({ max: 3 }),
  debit: fc.oneof(
    { weight: 20, arbitrary: fc.nat({ max: LAST - 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(LAST, LAST + 1) },
  ),
  apart: often(1, 0, 2, 3, 4),
  amount: fc.bigInt({ min: 1n, max: 40n }),
  isWhole: fc.boolean(),
  isEther: often(false, true),
  balancing: often(undefined, 'debit', 'credit'),
  expires: fc.constantFrom(undefined, 1, 2, 3),
  isNamed: often(false, true),
  linked: often(false, true),
})

const lists = fc.record({
  do: fc.constant('post' as const),
  list: fc.array(transfer, { minLength: 1, maxLength: 8, size: 'max' }),
})
const changes = fc.record({
  do: fc.constantFrom(
    'freeze' as const,
    'unfreeze' as const,
    'unfreeze' as const,
    'unfreeze' as const,
    'close' as const,
  ),
  account: fc.nat({ max: LAST }),
})
const step = fc.oneof(
  { weight: 10, arbitrary: lists },
  { weight: 2, arbitrary: changes },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds }) },
  { weight: 1, arbitrary: fc.constant({ do: 'expire' as const }) },
)
const steps = fc.array(step, { minLength: 1, maxLength: 14, size: 'max' })
const closing = { do: 'close', account: 6 } as const
const histories = fc.oneof(
  { weight: 5, arbitrary: steps },
  { weight: 1, arbitrary: steps.map((rest) => [closing, ...rest]) },
)

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never
type Draw = Drawn<typeof transfer>

/** Turns draws into transfers: ids and holds are those of this history. */
function createScript(run: string) {
  const sent: NewTransfer[] = []
  const holds: string[] = []
  const back = <T>(list: readonly T[], count: number) => list[Math.max(0, list.length - 1 - count)]
  const write = (draw: Draw, id: string): NewTransfer => {
    const named = draw.isNamed ? { memo: 'named' } : {}
    const common = { id, cause: `${run}:cause`, linked: draw.linked, ...named }
    const amount = { amount: draw.amount, asset: draw.isEther ? ETH : BRL } as const
    const hold = back(holds, draw.back) ?? 'nothing'
    if (draw.kind === 'void') return { kind: 'void', hold, ...common }
    if (draw.kind === 'post') return { kind: 'post', hold, ...common, ...(draw.isWhole ? {} : { amount }) }
    const credit = `${run}:a${(draw.debit + draw.apart) % LAST}`
    const balancing = draw.balancing === undefined ? {} : { balancing: draw.balancing as 'debit' }
    const moving = { ...common, debit: `${run}:a${draw.debit}`, credit, amount, ...balancing }
    if (draw.kind === 'posted') return { kind: 'posted', ...moving }
    const expires =
      draw.expires === undefined ? {} : { expiresAt: new Date(START.getTime() + draw.expires * 1_000) }
    holds.push(id)
    return { kind: 'pending', ...moving, ...expires }
  }
  return (draw: Draw): NewTransfer => {
    const earlier = draw.repeat === 'no' ? undefined : back(sent, draw.back)
    const fresh = `${run}:t${sent.length}`
    const next = draw.repeat === 'body' && earlier !== undefined ? earlier : write(draw, earlier?.id ?? fresh)
    sent.push(next)
    return next
  }
}

const figures = ({ version, posted, pendingIn, pendingOut }: Balance) => [
  version,
  posted.amount,
  pendingIn.amount,
  pendingOut.amount,
]

function inShort(result: TransferResult): ModelResult {
  if (result.status === 'refused') return { status: 'refused', rule: result.rule, account: result.account }
  const { amount } = result.transfer.amount
  if (result.status === 'exists') return { status: 'exists', amount }
  const { debit, credit } = result.balances
  return { status: 'accepted', amount, debit: figures(debit), credit: figures(credit) }
}

eachDatabase((db) => {
  const books = booksOf(db)
  let runs = 0

  const seen = new Set<string>()

  /** Plays one history on the ledger and on the model, and compares after every step. */
  async function play(history: Drawn<typeof histories>): Promise<void> {
    runs += 1
    const run = `r${runs}`
    const definitions = ACCOUNTS.map((one, index) => ({ ...one, id: `${run}:a${index}` }))
    await db.clock.set(START)
    await books.open(Object.fromEntries(definitions.map((one) => [one.id, one])))
    const model = createModel(definitions)
    const script = createScript(run)
    const funds = FUNDS.map(([debit, credit, amount], index): NewTransfer => {
      const sides = { debit: `${run}:a${debit}`, credit: `${run}:a${credit}`, amount: brl(amount) }
      return { kind: 'posted', id: `${run}:f${index}`, cause: `${run}:cause`, ...sides }
    })
    expect((await books.post(funds)).map(inShort)).toEqual(model.post(funds, db.clock.now()))
    for (const one of history) {
      if (one.do === 'post') {
        const written = one.list.map(script)
        const transfers = written.map((it, index) =>
          index === written.length - 1 ? { ...it, linked: false } : it,
        )
        const expected = model.post(transfers, db.clock.now())
        expect((await books.post(transfers)).map(inShort)).toEqual(expected)
        for (const [index, it] of expected.entries()) {
          seen.add(it.status === 'refused' ? it.rule : `${it.status} ${transfers[index]?.kind}`)
        }
      } else if (one.do === 'wait') {
        await db.clock.advance(one.seconds * 1_000)
      } else if (one.do === 'expire') {
        await books.holds.expire({ limit: 1_000 })
        model.expire(db.clock.now())
      } else {
        const name = `${run}:a${one.account}`
        model.setState(name, ({ freeze: 'frozen', unfreeze: 'open', close: 'closed' } as const)[one.do])
        await books.accounts[one.do](name).catch((error: { code?: string }) => {
          expect(['illegal_transition', 'account_not_empty']).toContain(error.code)
        })
      }
    }
    const { items } = await books.accounts.list({ prefix: `${run}:` })
    expect(items.map(({ id: name, state, balance }) => [name, state, ...figures(balance)])).toEqual(
      model.accounts(),
    )
    const booked = await books.transfers.list({ cause: `${run}:cause`, limit: 200 })
    expect(booked.items.map((it) => it.id).sort()).toEqual([...model.transferIds()].sort())
  }

  // A failure prints the seed and the smallest history that shows it.
  test('random histories end as a model says, step by step', async () => {
    const property = fc.asyncProperty(histories, play)
    await fc.assert(property, { numRuns: RUNS[db.name] })
    expect(await books.verify()).toEqual([])
    // What the histories never reached would be compared with nothing.
    const kinds = ['posted', 'pending', 'post', 'void'].flatMap((kind) => [
      `accepted ${kind}`,
      `exists ${kind}`,
    ])
    const elsewhere: readonly string[] = ['amount_invalid', 'hold_not_expired', 'velocity_limit']
    const rules = Object.keys(REFUSALS).filter((rule) => !elsewhere.includes(rule))
    if (db.name === 'pglite') expect([...seen].sort()).toEqual([...kinds, ...rules].sort())
  }, 180_000)
})
