import { createLastro } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { changed, type Said, said, signedSource } from './webhooks-fixture.ts'
import { randomOf, shuffled } from './webhooks-model.ts'

/** `LASTRO_SEED=7 LASTRO_RUNS=500` runs 500 worlds from that seed. */
const SEED = Number(process.env.LASTRO_SEED ?? Date.now() % 1_000_000)
const RUNS = Number(process.env.LASTRO_RUNS ?? 5)
const ATTEMPTS = 8
const MORTAL = 1_000

eachDatabase((db) => {
  /** Whether the host's handler fails at this delivery now. It wrote before it does. */
  let fails: (id: string) => boolean
  const engine = () =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { bank: { id: 'bank', webhooks: signedSource({ secrets: ['s1'], takesUnsigned: true }) } },
      webhooks: {
        handlers: {
          bank: async (tx, _event, { subject, deliveryId }) => {
            const text = 'insert into host_order (subject, delivery) values ($1, $2)'
            await tx.host.query(text, [subject, deliveryId])
            if (fails(deliveryId)) throw new Error('the host cannot take it')
          },
        },
      },
    })
  let lastro: ReturnType<typeof engine>

  beforeAll(async () => {
    await db.sql.query(
      'create table host_order (place int generated always as identity, subject text, delivery text)',
    )
  })
  beforeEach(async () => {
    await db.truncate()
    await db.sql.query('truncate host_order')
    fails = () => false
    lastro = engine()
    await lastro.migrate()
  })

  const of = (id: string, sequence: string | null, subject = 's'): Said => ({
    id,
    topic: 'item',
    subject,
    ...(sequence === null ? {} : { sequence }),
    tells: [changed(subject, id)],
  })
  const deliver = (what: Said, secret: string | null = 's1') =>
    lastro.webhooks.receive('bank', said(what, secret))
  const handled = async (subject = 's') =>
    (
      await db.sql.query<{ delivery: string }>(
        'select delivery from host_order where subject = $1 order by place',
        [subject],
      )
    ).map(({ delivery }) => delivery)
  const stored = async () => (await lastro.webhooks.list({ limit: 200 })).items
  const states = async () =>
    Object.fromEntries((await stored()).map(({ deliveryId, state, note }) => [deliveryId, note ?? state]))
  const pass = async (ms: number) => {
    await db.clock.advance(ms)
    await lastro.tick()
  }

  it('a later one waits while an earlier one waits for its retry, then both go in order', async () => {
    fails = (id) => id === 'a'
    for (const [id, sequence] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ] as const)
      await deliver(of(id, sequence))
    await deliver(of('other', '1', 't'))
    await lastro.tick()
    expect(await handled()).toEqual([])
    expect(await handled('t')).toEqual(['other'])
    expect(await stored()).toMatchObject([
      { deliveryId: 'other', heldAt: null },
      { deliveryId: 'c', state: 'received', attempts: 0, heldAt: db.clock.now() },
      { deliveryId: 'b', state: 'received', attempts: 0, heldAt: db.clock.now() },
      { deliveryId: 'a', state: 'received', attempts: 1, heldAt: null },
    ])
    await pass(1_500)
    fails = () => false
    await pass(3_000)
    expect(await handled()).toEqual(['a', 'b', 'c'])
    await pass(1_000_000)
    expect(await handled()).toEqual(['a', 'b', 'c'])
    expect(await lastro.jobs.depth()).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'webhooks.apply', ready: 0, waiting: 0 })]),
    )
  })

  it('an earlier one that comes while a later one waits for its retry goes first', async () => {
    fails = (id) => id === 'b'
    await deliver(of('b', '2'))
    await lastro.tick()
    await deliver(of('a', '1'))
    await lastro.tick()
    expect(await handled()).toEqual(['a'])
    fails = () => false
    await pass(2_000)
    expect(await handled()).toEqual(['a', 'b'])
  })

  it('of those that wait to be applied the earlier goes first, whichever came first', async () => {
    for (const [id, sequence] of [
      ['c', '3'],
      ['a', '1'],
      ['b', '2'],
    ] as const)
      await deliver(of(id, sequence))
    await lastro.tick()
    expect(await handled()).toEqual(['a', 'b', 'c'])
  })

  it('when an earlier one is dead the later ones go on, and replayed it is late and changes nothing', async () => {
    fails = (id) => id === 'a'
    await deliver(of('a', '1'))
    await deliver(of('b', '2'))
    for (let round = 0; round < ATTEMPTS; round += 1) {
      expect(await handled()).toEqual([])
      await pass(80_000)
    }
    expect(await states()).toEqual({ a: 'dead', b: 'applied' })
    expect(await handled()).toEqual(['b'])
    fails = () => false
    await lastro.webhooks.replay({ state: 'dead' })
    await deliver(of('c', '3'))
    await lastro.tick()
    expect(await states()).toEqual({ a: 'superseded', b: 'applied', c: 'applied' })
    expect(await handled()).toEqual(['b', 'c'])
  })

  it('waits no longer than a quarter of an hour: nothing works on the earlier one', async () => {
    fails = (id) => id === 'a'
    await deliver(of('a', '1'))
    await deliver(of('b', '2'))
    await lastro.tick()
    await db.sql.query(`delete from lastro_jobs.job_common where state = 'retry'`)
    await pass(890_000)
    expect(await handled()).toEqual([])
    fails = () => false
    await pass(10_000)
    expect(await handled()).toEqual(['b'])
    await pass(3_700_000)
    expect(await states()).toEqual({ a: 'superseded', b: 'applied' })
    expect(await handled()).toEqual(['b'])
  })

  it('where no order is given, or nothing proves it, nobody waits', async () => {
    fails = (id) => id === 'a' || id === 'x'
    await deliver(of('a', null))
    await deliver(of('b', null))
    await deliver(of('x', '1', 't'), null)
    await deliver(of('y', '2', 't'))
    await lastro.tick()
    expect([await handled(), await handled('t')]).toEqual([['b'], ['y']])
    fails = () => false
    await pass(2_000)
    expect(await handled()).toEqual(['b', 'a'])
  })

  it(
    `whatever comes in whatever order and fails, each subject is seen in its order (seed ${SEED}, ${RUNS} worlds)`,
    async () => {
      for (let run = 0; run < RUNS; run += 1) {
        await db.truncate()
        await db.sql.query('truncate host_order')
        lastro = engine()
        const random = randomOf(SEED + run)
        const world = `seed ${SEED + run}`
        const subjects = ['s1', 's2', 's3']
        const news = subjects.flatMap((subject) =>
          Array.from({ length: 2 + Math.floor(random() * 6) }, (_, n) =>
            of(`${subject}-${n}`, `${n}`, subject),
          ),
        )
        const numberOf = (id: string) => Number(id.split('-')[1])
        // Some fail once or twice, some until they are dead.
        const left = new Map(
          news.map(({ id }) => {
            const chance = random()
            return [id, chance < 0.55 ? 0 : chance < 0.9 ? 1 + Math.floor(random() * 4) : MORTAL]
          }),
        )
        const mortal = new Set([...left].filter(([, count]) => count === MORTAL).map(([id]) => id))
        fails = (id) => {
          const count = left.get(id) ?? 0
          left.set(id, count - 1)
          return count > 0
        }
        /** What each subject had seen when a delivery came. */
        const seen = new Map<string, number>()
        for (const queue = shuffled(news, random); queue.length > 0; ) {
          const group = queue.splice(0, 1 + Math.floor(random() * 5))
          for (const { id, subject = '' } of group)
            seen.set(id, Math.max(-1, ...(await handled(subject)).map(numberOf)))
          await Promise.all(group.map((what) => deliver(what)))
          if (random() < 0.6) await lastro.tick()
          if (random() < 0.4) await pass(Math.floor(random() * 20_000))
        }
        // In small steps: all lives together must end before anybody has waited for too long.
        for (let round = 0; round < 400; round += 1) {
          if (!Object.values(await states()).includes('received')) break
          await pass(10_000)
        }

        const ends = await states()
        const check = async () => {
          for (const subject of subjects) {
            const numbers = (await handled(subject)).map(numberOf)
            expect(numbers, world).toEqual([...new Set(numbers)].sort((left, right) => left - right))
          }
        }
        await check()
        const rows = (await Promise.all(subjects.map(handled))).flat()
        for (const { id } of news) {
          // Left out only where a later one was applied before this one came, or when it died.
          const isLate = (seen.get(id) ?? -1) > numberOf(id)
          const wanted = isLate ? 'superseded' : mortal.has(id) ? 'dead' : 'applied'
          expect([id, ends[id], rows.includes(id)], world).toEqual([id, wanted, wanted === 'applied'])
        }
        fails = () => false
        await lastro.webhooks.replay({ state: 'dead' })
        await lastro.webhooks.replay({ state: 'applied' })
        await lastro.tick()
        await check()
        for (const [id, state] of Object.entries(await states())) {
          expect(['applied', 'superseded'], `${id}, ${world}`).toContain(state)
        }
        const again = (await Promise.all(subjects.map(handled))).flat()
        expect(again.slice().sort(), world).toEqual([...rows, ...again.filter((id) => mortal.has(id))].sort())
      }
    },
    30_000 + RUNS * 10_000,
  )
})
