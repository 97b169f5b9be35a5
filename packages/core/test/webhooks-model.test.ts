import { createLastro } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, it } from 'vitest'
import { AMOUNT, createBank, DESTINATION } from './bank.ts'
import { payoutNews, type Said, said, signedSource } from './webhooks-fixture.ts'
import { deliverMuddled, randomOf } from './webhooks-model.ts'

/** `LASTRO_SEED=7 LASTRO_RUNS=500` runs 500 worlds from that seed. */
const SEED = Number(process.env.LASTRO_SEED ?? Date.now() % 1_000_000)
const RUNS = Number(process.env.LASTRO_RUNS ?? 6)
const LIVES = [
  ['paid', ['pending', 'paid']],
  ['failed', ['pending', 'failed']],
  ['returned', ['pending', 'paid', 'returned']],
] as const

eachDatabase((db) => {
  beforeEach(() => db.truncate())

  it(
    `however the news of a payout is ordered, repeated and delayed, it ends the same (seed ${SEED}, ${RUNS} worlds)`,
    async () => {
      for (let run = 0; run < RUNS; run += 1) {
        await db.truncate()
        const random = randomOf(SEED + run)
        const lastro = createLastro({
          storage: db.storage,
          clock: db.clock,
          providers: {
            bank: { id: 'bank', payouts: createBank().port, webhooks: signedSource({ secrets: ['s1'] }) },
          },
        })
        await lastro.migrate()
        const payouts = await Promise.all(
          LIVES.map(([end]) =>
            lastro.payouts.create({
              provider: 'bank',
              amount: AMOUNT,
              destination: DESTINATION,
              idempotencyKey: end,
            }),
          ),
        )
        await lastro.tick()
        const hasOrder = random() < 0.5
        const news: Said[] = payouts.flatMap(({ id }, index) =>
          (LIVES[index]?.[1] ?? []).map((state, place) => ({
            id: `${id}-${state}`,
            subject: id,
            ...(hasOrder ? { sequence: `${place}` } : {}),
            tells: [payoutNews(id, state)],
          })),
        )
        await deliverMuddled(lastro, {
          news,
          random,
          deliver: (what) => lastro.webhooks.receive('bank', said(what)),
          advance: (ms) => db.clock.advance(ms),
        })
        const ends = await Promise.all(payouts.map(async ({ id }) => (await lastro.payouts.get(id)).state))
        expect(ends, `seed ${SEED + run}, ${hasOrder ? 'ordered' : 'unordered'}`).toEqual(
          LIVES.map(([end]) => end),
        )
        expect((await lastro.ledger.balance('provider:bank:BRL/2')).posted.amount).toBe(-1234n)
        expect(await lastro.ledger.verify()).toEqual([])
        const { items } = await lastro.webhooks.list({ limit: 200 })
        expect(items.filter(({ state }) => state !== 'applied')).toEqual([])
      }
    },
    30_000 + RUNS * 5_000,
  )
})
