import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createLastro, POINTS } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { AMOUNT, type Bank, createBank, DESTINATION } from './bank.ts'
import { changed, payoutNews, type Said, said, signedSource } from './webhooks-fixture.ts'

const CHILD = fileURLToPath(new URL('./webhooks-crash-child.ts', import.meta.url))

/** One batch takes everything, one delivery fails, and one waits for it: these points are met once. All others are met in the middle too. */
const MET_ONCE = ['intake.inserted', 'intake.enqueued', 'intake.committed', 'apply.held', 'apply.failed']
const CASES = POINTS.flatMap((point) =>
  (MET_ONCE.includes(point) ? [1] : [1, 3]).map((hit) => [point, hit] as const),
)

eachDatabase(
  (db) => {
    let bank: Bank

    const engine = () =>
      createLastro({
        storage: db.storage,
        clock: db.clock,
        providers: { bank: { id: 'bank', payouts: bank.port, webhooks: signedSource({ secrets: ['s1'] }) } },
        webhooks: {
          handlers: {
            '*': async (tx, event, { deliveryId }) =>
              void (await tx.host.query('insert into host_news (word) values ($1)', [
                `${deliveryId}:${event.kind}`,
              ])),
          },
        },
      })

    beforeAll(async () => {
      await db.sql.query(
        'create table host_news (place int generated always as identity, word text not null)',
      )
    })
    beforeEach(async () => {
      await db.truncate()
      await db.sql.query('truncate host_news')
      bank = createBank()
    })

    /** Runs the child until it is killed at the point. Answers which deliveries it said 2xx for. */
    const runUntilKilled = async (point: string, run: { hit: number; work: readonly Said[] }) => {
      const args = [db.url ?? '', point, db.clock.now().toISOString(), `${run.hit}`]
      const work = JSON.stringify(run.work, (_name, value) =>
        typeof value === 'bigint' ? `${value}` : value,
      )
      const child = spawn(process.execPath, ['--conditions=@lastro/source', CHILD, ...args, work], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      const [, signal] = (await once(child, 'close')) as [number | null, string | null]
      return { told: text.split('\n').slice(0, -1), signal }
    }

    it.each(CASES)(
      'killed at %s, the %d. time: nothing is lost and nothing is applied twice',
      async (point, hit) => {
        const lastro = engine()
        await lastro.migrate()
        const payouts = await Promise.all(
          ['k1', 'k2', 'k3'].map((idempotencyKey) =>
            lastro.payouts.create({
              provider: 'bank',
              amount: AMOUNT,
              destination: DESTINATION,
              idempotencyKey,
            }),
          ),
        )
        await lastro.tick()
        const work: Said[] = [
          ...payouts.map(({ id }, index) => ({
            id: `d${index}`,
            subject: id,
            tells: [payoutNews(id, 'paid')],
          })),
          { id: 'item', topic: 'item', subject: 'i', sequence: '1', tells: [changed('i', 'updated')] },
          { id: 'poison', topic: 'item', subject: 'j', sequence: '1', tells: [changed('j', 'updated')] },
          { id: 'behind', topic: 'item', subject: 'j', sequence: '2', tells: [changed('j', 'deleted')] },
        ]
        const { told, signal } = await runUntilKilled(point, { hit, work })
        expect(signal).toBe('SIGKILL')
        const stored = await db.sql.query<{ delivery_id: string }>('select delivery_id from lastro.delivery')
        expect(stored.map((row) => row.delivery_id)).toEqual(expect.arrayContaining(told))

        // The provider repeats what it was not told of, and more; claims of the dead process end.
        const again = engine()
        for (const what of work) await again.webhooks.receive('bank', said(what))
        for (let round = 0; round < 6; round += 1) {
          await db.clock.advance(60_000)
          await db.storage.queue.recover()
          await again.tick()
        }
        const { items } = await again.webhooks.list()
        expect(items.map(({ state }) => state)).toEqual(work.map(() => 'applied'))
        for (const { id } of payouts) expect((await again.payouts.get(id)).state).toBe('paid')
        const words = (await db.sql.query<{ word: string }>('select word from host_news order by place')).map(
          ({ word }) => word,
        )
        expect(words.indexOf('poison:changed')).toBeLessThan(words.indexOf('behind:changed'))
        expect(words.sort()).toEqual([
          'behind:changed',
          'd0:payout',
          'd1:payout',
          'd2:payout',
          'item:changed',
          'poison:changed',
        ])
        const logged = await again.events.read({ types: ['payout.paid', 'provider.changed'], limit: 100 })
        expect(logged).toHaveLength(6)
        expect((await again.ledger.balance('provider:bank:BRL/2')).posted.amount).toBe(-3n * 1234n)
        expect(await again.ledger.verify()).toEqual([])

        const before = await again.events.read({ limit: 1_000 })
        expect(await again.webhooks.replay({ state: 'applied' })).toEqual({ replayed: 6 })
        await again.tick()
        expect(await again.events.read({ limit: 1_000 })).toEqual(before)
        expect(await db.sql.query('select word from host_news')).toHaveLength(6)
      },
      60_000,
    )
  },
  ['postgres'],
)
