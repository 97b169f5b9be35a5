import type { ClaimedJob, JobDefinition } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import type pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { postgres } from '../src/index.ts'
import { type Input, job } from './units.ts'

eachDatabase(
  (db) => {
    const queue = () => db.storage.queue
    const enqueue = (
      id: string,
      options?: { readonly dedupeKey?: string },
      definition: JobDefinition<Input> = job,
    ) => db.storage.transaction(({ jobs }) => jobs.enqueue(definition, { id }, options))
    const claim = (limit = 100) => queue().claim({ names: [job.name], limit })
    const idOf = ({ input }: { readonly input: unknown }) => (input as Input).id

    beforeEach(async () => {
      await db.truncate()
      await queue().prepare([job as never])
    })

    test('many workers at once: every job once, no two of a lane at a time, each lane in order', async () => {
      const lanes = ['a', 'b', 'c', 'd', '']
      const all = Array.from({ length: 100 }, (_, n) => {
        const lane = lanes[n % lanes.length] ?? ''
        return lane === '' ? `free ${n}` : `${lane}:${n}`
      })
      for (const id of all) await enqueue(id)
      const running = new Map<string, number>()
      const done: string[] = []
      const overlaps: string[] = []
      const work = async () => {
        while (done.length < all.length) {
          for (const claimed of await claim(3)) await run(claimed)
        }
      }
      const run = async (claimed: ClaimedJob) => {
        const id = idOf(claimed)
        const lane = job.lane({ id })
        if (lane !== null && (running.get(lane) ?? 0) > 0) overlaps.push(id)
        if (lane !== null) running.set(lane, (running.get(lane) ?? 0) + 1)
        await db.sql.query('select pg_sleep(0.001)')
        done.push(id)
        if (lane !== null) running.set(lane, (running.get(lane) ?? 1) - 1)
        expect(await queue().complete(claimed)).toBe(true)
      }
      await Promise.all(Array.from({ length: 6 }, work))
      expect(overlaps).toEqual([])
      expect([...done].sort()).toEqual([...all].sort())
      for (const lane of lanes.filter((name) => name !== '')) {
        const inLane = (id: string) => id.startsWith(`${lane}:`)
        expect(done.filter(inLane)).toEqual(all.filter(inLane))
      }
    })

    test('a job claimed in a transaction that another worker still holds is skipped, not waited for', async () => {
      await enqueue('a')
      await enqueue('b')
      await db.transaction(async (sql) => {
        await sql.query(`select 1 from lastro_jobs.job_common where data ->> 'id' = 'a' for update`)
        expect((await claim()).map(idOf)).toEqual(['b'])
      })
    })

    test('a waiting job that a unit relies on is not run before that unit commits', async () => {
      await enqueue('waiting', { dedupeKey: 'k' })
      await db.storage.transaction(async ({ jobs }) => {
        await jobs.enqueue(job, { id: 'dropped' }, { dedupeKey: 'k' })
        expect(await claim()).toEqual([])
      })
      expect((await claim()).map(idOf)).toEqual(['waiting'])
    })

    test('a retrying job that a unit relies on is not run before that unit commits', async () => {
      await enqueue('waiting', { dedupeKey: 'k' })
      const [first] = await claim()
      await queue().fail(first as ClaimedJob, { error: 'no', retryAt: db.clock.now() })
      await db.storage.transaction(async ({ jobs }) => {
        await jobs.enqueue(job, { id: 'dropped' }, { dedupeKey: 'k' })
        expect(await claim()).toEqual([])
      })
      expect((await claim()).map(idOf)).toEqual(['waiting'])
    })

    test('of units that enqueue one key at once, one job is made', async () => {
      await Promise.all(Array.from({ length: 10 }, (_, n) => enqueue(String(n), { dedupeKey: 'k' })))
      expect(await claim()).toHaveLength(1)
    })

    test('with notify, another process wakes when the transaction of a host commits', async () => {
      const pool = db.driver as pg.Pool
      const worker = postgres(pool, { clock: db.clock, notify: true })
      const web = postgres(pool, { clock: db.clock, notify: true })
      let wakes = 0
      const connected = Promise.withResolvers<void>()
      const notified = Promise.withResolvers<void>()
      const stop = worker.queue.onWake?.(() => {
        wakes += 1
        if (wakes === 1) connected.resolve()
        else notified.resolve()
      })
      await connected.promise
      await db.hostTransaction(({ tx }) =>
        web.transaction(({ jobs }) => jobs.enqueue(job, { id: 'a' }), { tx }),
      )
      await notified.promise
      stop?.()
      await worker.close()
      await web.close()
    })

    test('with notify, a listening connection that breaks is replaced', async () => {
      const pool = db.driver as pg.Pool
      const worker = postgres(pool, { clock: db.clock, notify: true })
      const wakes: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()]
      const stop = worker.queue.onWake?.(() => wakes.shift()?.resolve())
      await wakes[0]?.promise
      const replaced = wakes[0]?.promise
      await db.sql.query(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`)
      await replaced
      stop?.()
      await worker.close()
    })
  },
  ['postgres'],
)

eachDatabase(
  (db) => {
    test('on PGlite a commit of the host wakes too', async () => {
      const notified = Promise.withResolvers<void>()
      const stop = db.storage.queue.onWake?.(notified.resolve)
      await db.hostTransaction(({ tx }) =>
        db.storage.transaction(({ jobs }) => jobs.enqueue(job, { id: 'a' }), { tx }),
      )
      await notified.promise
      stop?.()
    })
  },
  ['pglite'],
)
