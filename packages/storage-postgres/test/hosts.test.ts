import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HOST_DRIVERS, type HostDriver } from './host-drivers.ts'
import { AT, countAll, writeEverything } from './units.ts'

/** What one `writeEverything` leaves, once the queue of the job is known. */
const WRITTEN = {
  'lastro.audit': 1,
  'lastro.delivery': 1,
  'lastro.delivery_place': 1,
  'lastro.delivery_refusal': 1,
  'lastro.event': 1,
  'lastro.idempotency': 1,
  'lastro.schedule': 1,
  'lastro_jobs.job': 4,
  'lastro_jobs.job_common': 4,
}

eachDatabase((db) => {
  beforeAll(async () => {
    await db.sql.query('create table host_row (id text primary key)')
  })

  for (const [name, open] of Object.entries(HOST_DRIVERS[db.name])) {
    describe(name, () => {
      let host: HostDriver
      beforeAll(() => {
        host = open(db)
      })
      afterAll(() => host.close())
      beforeEach(async () => {
        await db.truncate()
        await db.sql.query('delete from host_row')
        await db.sql.query('delete from lastro_jobs.queue')
      })
      const hostRows = () => db.sql.query('select id from host_row order by id')
      const insert = (id: string) => `insert into host_row values ('${id}')`

      test('the row of the host and all of ours commit together', async () => {
        const before = await countAll(db.sql)
        await host.transaction(async ({ tx, run }) => {
          await run(insert('a'))
          await db.storage.transaction((unit) => writeEverything(unit, 'a'), { tx })
        })
        expect(await hostRows()).toEqual([{ id: 'a' }])
        expect(await countAll(db.sql)).toEqual({ ...before, ...WRITTEN, 'lastro_jobs.queue': 1 })
      })

      test('what was written comes back the same through the host', async () => {
        await host.transaction(async ({ tx }) => {
          await db.storage.transaction((unit) => writeEverything(unit, 'a'), { tx })
          await db.storage.read(
            async (unit) => {
              const stored = await unit.deliveries.get('a')
              expect(stored?.body).toEqual(new Uint8Array([0, 1, 127, 128, 255]))
              expect(stored?.receivedAt).toEqual(AT)
              const events = await unit.events.ofCorrelation({ correlation: 'a', limit: 10 })
              expect(events.items[0]?.data).toMatchObject({ text: `a "quoted" \\ {brace}, 'single' $1 ç 💸` })
              expect(events.items[0]?.at).toEqual(AT)
              const key = { operation: 'test', key: 'a', fingerprint: 'f', at: AT }
              expect(await unit.idempotency.take(key)).toEqual({ fingerprint: 'f', result: '{"a":1}' })
            },
            { tx },
          )
        })
      })

      test('when the host rolls back, no table of ours holds a row more', async () => {
        const before = await countAll(db.sql)
        const rolledBack = host.transaction(async ({ tx, run }) => {
          await run(insert('a'))
          await db.storage.transaction((unit) => writeEverything(unit, 'a'), { tx })
          throw new Error('the host changed its mind')
        })
        await expect(rolledBack).rejects.toThrow('the host changed its mind')
        expect(await hostRows()).toEqual([])
        expect(await countAll(db.sql)).toEqual(before)
      })

      test('a call of ours that throws undoes itself, and the host goes on', async () => {
        const before = await countAll(db.sql)
        await host.transaction(async ({ tx, run }) => {
          await run(insert('a'))
          const thrown = db.storage.transaction(
            async (unit) => {
              await writeEverything(unit, 'a')
              throw new Error('no')
            },
            { tx },
          )
          await expect(thrown).rejects.toThrow('no')
          await run(insert('b'))
        })
        expect(await hostRows()).toEqual([{ id: 'a' }, { id: 'b' }])
        expect(await countAll(db.sql)).toEqual(before)
      })

      test('a statement of ours that fails does not doom the transaction of the host', async () => {
        const before = await countAll(db.sql)
        await host.transaction(async ({ tx, run }) => {
          const bad = { actor: 'nobody', action: 'test.written', subject: 's', details: {}, at: AT }
          const thrown = db.storage.transaction((unit) => unit.audit.append(bad), { tx })
          await expect(thrown).rejects.toMatchObject({ code: '23514' })
          await run(insert('a'))
        })
        expect(await hostRows()).toEqual([{ id: 'a' }])
        expect(await countAll(db.sql)).toEqual(before)
      })

      test('calls at once on one transaction run one after another', async () => {
        await host.transaction(async ({ tx }) => {
          const ids = ['a', 'b', 'c', 'd']
          const calls = ids.map((id) =>
            db.storage.transaction(
              async (unit) => {
                await writeEverything(unit, id)
                if (id === 'b') throw new Error('only b')
              },
              { tx },
            ),
          )
          const settled = await Promise.allSettled(calls)
          expect(settled.map(({ status }) => status)).toEqual([
            'fulfilled',
            'rejected',
            'fulfilled',
            'fulfilled',
          ])
        })
        const kept = await db.sql.query('select subject from lastro.event order by subject')
        expect(kept).toEqual([{ subject: 'a' }, { subject: 'c' }, { subject: 'd' }])
      })

      test('a unit inside a unit joins it, by its own handle or by that of the host', async () => {
        await host.transaction(async ({ tx }) => {
          await db.storage.transaction(
            async (outer) => {
              await writeEverything(outer, 'outer')
              await db.storage.transaction((unit) => writeEverything(unit, 'by its own'), { tx: outer.host })
              await db.storage.transaction((unit) => writeEverything(unit, 'by the host'), { tx })
              const failing = db.storage.transaction(
                async (unit) => {
                  await writeEverything(unit, 'failing')
                  throw new Error('inner')
                },
                { tx: outer.host },
              )
              await expect(failing).rejects.toThrow('inner')
            },
            { tx },
          )
        })
        const kept = await db.sql.query('select subject from lastro.event order by seq')
        expect(kept).toEqual([{ subject: 'outer' }, { subject: 'by its own' }, { subject: 'by the host' }])
      })

      test('what is no transaction is refused', async () => {
        const attempt = async () =>
          db.storage.transaction((unit) => writeEverything(unit, 'a'), { tx: host.outside() })
        await expect(attempt()).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'tx' } })
      })
    })
  }
})
