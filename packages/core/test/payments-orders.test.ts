import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openBench } from './payments-bench.ts'
import { type End, expectedEnd, makeOrder, makeWorld, seeded } from './payments-model.ts'
import { replay } from './payments-replay.ts'

/** Another one: LASTRO_SEED=7 vitest run payments-orders. A million orders: `npm run bench -- payment-orders`. */
const SEED = Number(process.env.LASTRO_SEED ?? 20_261_122)
const WORLDS = 12

describe(`orders of a payment's news (seed ${SEED})`, () => {
  it('every order, with repetitions, ends as the world did: state, totals, lists and books', () => {
    const property = fc.property(fc.nat(), fc.nat(), (worldSeed, orderSeed) => {
      const world = makeWorld(seeded(worldSeed))
      expect(replay(world, makeOrder(world.news, seeded(orderSeed)))).toEqual(expectedEnd(world))
    })
    fc.assert(property, { seed: SEED, numRuns: 3_000 })
  })

  it('a fold that forgets is noticed', () => {
    const world = [...Array(50).keys()]
      .map((seed) => makeWorld(seeded(seed)))
      .find(({ receipts }) => receipts.length > 1)
    if (world === undefined) throw new Error('no world has two receipts')
    const short = world.news.filter(({ facts }) => !facts.receipts?.some(({ ref }) => ref === 'E1'))
    expect(replay(world, short)).not.toEqual(expectedEnd(world))
  })
})

eachDatabase((db) => {
  it(`${WORLDS} worlds through webhooks, tables and the ledger (seed ${SEED})`, async () => {
    const bench = await openBench(db)
    const sums = { receivable: 0n, owner: 0n, blocked: 0n, contested: 0n, fees: 0n }
    for (let index = 0; index < WORLDS; index += 1) {
      const random = seeded(SEED + index)
      const world = makeWorld(random)
      const { id } = await bench.open({ amount: world.asked })
      const named = (ref: string) => `${ref}-${index}`
      for (const { facts, at } of makeOrder(world.news, random)) {
        const rename = <F extends { readonly ref: string }>(list: readonly F[] | undefined) =>
          (list ?? []).map((fact) => ({ ...fact, ref: named(fact.ref) }))
        const { receipts, refunds, disputes } = facts
        const lists = { receipts: rename(receipts), refunds: rename(refunds), disputes: rename(disputes) }
        await bench.hear({ ...facts, ...lists, idempotencyKey: id }, at)
      }
      const end = expectedEnd(world)
      expect({ world: index, ...(await figures(bench, id)) }).toEqual({ world: index, ...pickFigures(end) })
      for (const key of ['receivable', 'owner', 'blocked', 'contested', 'fees'] as const)
        sums[key] += end[key]
    }
    await bench.books({
      'receivable:psp': sums.receivable,
      'clearing:payments': sums.owner,
      'blocked:psp': sums.blocked,
      'disputed:psp': sums.contested,
      'fees:psp': sums.fees,
    })
  }, 120_000)
})

function pickFigures({ state, received, fees, refunded, refunding, disputed }: End) {
  return { state, received, fees, refunded, refunding, disputed }
}

async function figures(bench: Awaited<ReturnType<typeof openBench>>, id: `pay_${string}`) {
  const payment = await bench.get(id)
  return {
    state: payment.state,
    received: payment.received.amount,
    fees: payment.fees.amount,
    refunded: payment.refunded.amount,
    refunding: payment.refunding.amount,
    disputed: payment.disputed.amount,
  }
}
