import type { EventStore, LoggedEvent } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import pg from 'pg'
import { beforeEach, expect, inject, test } from 'vitest'
import { AT } from './units.ts'

eachDatabase((db) => {
  beforeEach(() => db.truncate())

  const append = (events: EventStore, subject: string, type: `${string}.${string}` = 'thing.done') =>
    events.append({ type, subject, correlation: 'c', data: { subject }, at: AT })
  const write = (subject: string, type?: `${string}.${string}`) =>
    db.storage.transaction(({ events }) => append(events, subject, type))
  const readAfter = (position: string | null, more: { types?: readonly string[]; limit?: number } = {}) =>
    db.storage.read(({ events }) => events.readAfter({ position, limit: 100, ...more }))
  const subjects = (events: readonly LoggedEvent[]) => events.map(({ subject }) => subject)

  test('events are read in order, from any place, as they were written', async () => {
    for (const subject of ['a', 'b', 'c']) await write(subject)
    const all = await readAfter(null)
    expect(subjects(all)).toEqual(['a', 'b', 'c'])
    expect(all[0]).toEqual({
      position: all[0]?.position,
      type: 'thing.done',
      subject: 'a',
      correlation: 'c',
      data: { subject: 'a' },
      at: AT,
    })
    expect(subjects(await readAfter(all[0]?.position ?? null))).toEqual(['b', 'c'])
    expect(subjects(await readAfter(null, { limit: 2 }))).toEqual(['a', 'b'])
    expect(await readAfter(all[2]?.position ?? null)).toEqual([])
    expect(all.map(({ position }) => position)).toEqual(all.map(({ position }) => position).sort())
  })

  test('types are a filter', async () => {
    await write('a', 'one.done')
    await write('b', 'two.done')
    expect(subjects(await readAfter(null, { types: ['two.done', 'three.done'] }))).toEqual(['b'])
    expect(await readAfter(null, { types: [] })).toEqual([])
  })

  test('an event is not read before its transaction commits, not even by itself', async () => {
    await db.storage.transaction(async ({ events }) => {
      await append(events, 'a')
      expect(await events.readAfter({ position: null, limit: 10 })).toEqual([])
      const own = await events.ofCorrelation({ correlation: 'c', limit: 10 })
      expect(subjects(own.items)).toEqual(['a'])
    })
    expect(subjects(await readAfter(null))).toEqual(['a'])
  })

  test('the events of one intent come in pages', async () => {
    for (const subject of ['a', 'b', 'c', 'd', 'e']) await write(subject)
    const page = (cursor: string | null) =>
      db.storage.read(({ events }) => events.ofCorrelation({ correlation: 'c', limit: 2, cursor }))
    const first = await page(null)
    const second = await page(first.nextCursor)
    const third = await page(second.nextCursor)
    expect([first, second, third].map(({ items }) => subjects(items))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ])
    expect(third.nextCursor).toBeNull()
    await expect(page('nonsense')).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: 'cursor' },
    })
  })

  test('a reader keeps its place', async () => {
    await write('a')
    const [event] = await readAfter(null)
    const position = event?.position ?? ''
    const move = (to: string) =>
      db.storage.transaction(({ events }) => events.moveReader({ name: 'r', position: to, at: AT }))
    const lock = () => db.storage.transaction(({ events }) => events.lockReader('r'))
    expect(await lock()).toEqual({ position: null })
    await move(position)
    expect(await lock()).toEqual({ position })
    await expect(move('not a position')).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test.each(['update lastro.event set subject = subject', 'delete from lastro.event'])(
    '%s is refused',
    async (change) => {
      await write('a')
      await expect(db.sql.query(change)).rejects.toMatchObject({ code: '23001' })
      expect(await readAfter(null)).toHaveLength(1)
    },
  )

  test('after a restore into a new server, nothing old is lost and nothing new sorts before it', async () => {
    await write('before')
    const [before] = await readAfter(null)
    // What a dump brings along: transaction ids that this server has not reached.
    await db.sql.query(
      `insert into lastro.event (era, xid, type, subject, correlation, data, at)
       values (1, '99999999999'::xid8, 'thing.done', 'restored', 'c', '{}', now())`,
    )
    expect(subjects(await readAfter(null))).toEqual(['before'])
    await db.storage.migrate()
    const afterwards = await readAfter(before?.position ?? null)
    expect(subjects(afterwards)).toEqual(['restored'])
    await write('new')
    expect(subjects(await readAfter(afterwards[0]?.position ?? null))).toEqual(['new'])
    await db.storage.migrate()
    expect(await db.sql.query('select era from lastro.event_era')).toEqual([{ era: 2 }])
  })
})

eachDatabase(
  (db) => {
    beforeEach(() => db.truncate())

    const append = (events: EventStore, subject: string) =>
      events.append({ type: 'thing.done', subject, correlation: 'c', data: {}, at: AT })
    const readAfter = (position: string | null, limit = 1_000) =>
      db.storage.read(({ events }) => events.readAfter({ position, limit }))

    test('an event of a transaction that commits late is not skipped', async () => {
      const appended = Promise.withResolvers<void>()
      const mayCommit = Promise.withResolvers<void>()
      const slow = db.storage.transaction(async ({ events }) => {
        await append(events, 'slow')
        appended.resolve()
        await mayCommit.promise
      })
      await appended.promise
      await db.storage.transaction(({ events }) => append(events, 'fast'))
      // The fast one is committed, but the slow one may still come before it.
      expect(await readAfter(null)).toEqual([])
      mayCommit.resolve()
      await slow
      expect((await readAfter(null)).map(({ subject }) => subject)).toEqual(['slow', 'fast'])
    })

    test('a transaction in another database of the server delays nothing', async () => {
      const other = new pg.Client({ connectionString: inject('postgresUrl') })
      await other.connect()
      await other.query('begin')
      await other.query('select pg_current_xact_id()')
      await db.storage.transaction(({ events }) => append(events, 'a'))
      expect(await readAfter(null)).toHaveLength(1)
      await other.end()
    })

    test('a reader that follows many writers sees every committed event once, in one order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), keep: fc.boolean() }), {
            minLength: 4,
            maxLength: 16,
          }),
          async (plan) => {
            await db.truncate()
            const seen: string[] = []
            let position: string | null = null
            const follow = async () => {
              const events: readonly LoggedEvent[] = await readAfter(position, 5)
              seen.push(...events.map(({ subject }) => subject))
              position = events.at(-1)?.position ?? position
              return events.length
            }
            let isWriting = true
            const reader = (async () => {
              while (isWriting) await follow()
            })()
            const kept: string[] = []
            const writers = plan.map(async ({ size, keep }, writer) => {
              const mine = Array.from({ length: size }, (_, index) => `${writer}.${index}`)
              const done = db.storage.transaction(async ({ events }) => {
                for (const subject of mine) await append(events, subject)
                if (!keep) throw new Error('rolled back')
              })
              await done.then(
                () => kept.push(...mine),
                () => {},
              )
            })
            await Promise.all(writers)
            isWriting = false
            await reader
            while ((await follow()) > 0) {
              // To the end.
            }
            expect([...seen].sort()).toEqual([...kept].sort())
            const again = await readAfter(null)
            expect(seen).toEqual(again.map(({ subject }) => subject))
          },
        ),
        { numRuns: 15 },
      )
    })

    test('two readers of one name take turns', async () => {
      await db.storage.transaction(({ events }) => events.lockReader('r'))
      const order: string[] = []
      const mayGo = Promise.withResolvers<void>()
      const locked = Promise.withResolvers<void>()
      const first = db.storage.transaction(async ({ events }) => {
        await events.lockReader('r')
        locked.resolve()
        await mayGo.promise
        order.push('first')
      })
      await locked.promise
      const second = db.storage.transaction(async ({ events }) => {
        await events.lockReader('r')
        order.push('second')
      })
      mayGo.resolve()
      await Promise.all([first, second])
      expect(order).toEqual(['first', 'second'])
    })
  },
  ['postgres'],
)
