import type { PGlite } from '@electric-sql/pglite'
import type { ClaimedJob, JobDefinition } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import type pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { pglite, postgres } from '../src/index.ts'
import { type Input, job } from './units.ts'

type EnqueueOptions = { readonly runAt?: Date; readonly dedupeKey?: string }

eachDatabase((db) => {
  const queue = () => db.storage.queue
  const enqueue = (id: string, options?: EnqueueOptions, definition: JobDefinition<Input> = job) =>
    db.storage.transaction(({ jobs }) => jobs.enqueue(definition, { id }, options))
  const claim = (limit = 100, names = [job.name]) => queue().claim({ names, limit })
  const ids = (jobs: readonly { readonly input: unknown }[]) => jobs.map(({ input }) => (input as Input).id)
  const inMs = (ms: number) => new Date(db.clock.now().getTime() + ms)
  const only = async () => {
    const jobs = await claim()
    expect(jobs).toHaveLength(1)
    return jobs[0] as ClaimedJob
  }

  beforeEach(async () => {
    await db.truncate()
    await queue().prepare([job as never])
  })

  test('jobs without a lane are all claimed, oldest first, and only once', async () => {
    for (const id of ['a', 'b', 'c']) await enqueue(id)
    const jobs = await claim()
    expect(jobs).toEqual(
      ['a', 'b', 'c'].map((id) => ({ id: expect.any(String), name: job.name, input: { id }, attempt: 1 })),
    )
    expect(await claim()).toEqual([])
  })

  test('no more are claimed than asked for, and of no other name', async () => {
    for (const id of ['a', 'b', 'c']) await enqueue(id)
    await enqueue('other', {}, { ...job, name: 'tests.other' })
    expect(ids(await claim(2))).toEqual(['a', 'b'])
    expect(ids(await claim(10, ['tests.other', 'tests.none']))).toEqual(['other'])
    expect(ids(await claim())).toEqual(['c'])
  })

  test('of a lane one job runs at a time, in the order of making; other lanes do not wait', async () => {
    for (const id of ['x:1', 'x:2', 'y:1', 'x:3', 'free']) await enqueue(id)
    const first = await claim()
    expect(ids(first)).toEqual(['x:1', 'y:1', 'free'])
    expect(await claim()).toEqual([])
    await queue().complete(first[0] as ClaimedJob)
    const second = await only()
    expect(second.input).toEqual({ id: 'x:2' })
    await queue().complete(second)
    expect((await only()).input).toEqual({ id: 'x:3' })
  })

  test('jobs of one lane made in one transaction keep their order', async () => {
    await db.storage.transaction(async ({ jobs }) => {
      for (let n = 0; n < 20; n += 1) await jobs.enqueue(job, { id: `x:${n}` })
    })
    for (let n = 0; n < 20; n += 1) {
      const next = await only()
      expect(next.input).toEqual({ id: `x:${n}` })
      await queue().complete(next)
    }
  })

  test('many made by one statement keep their order and their lanes; none at all makes nothing', async () => {
    const inputs = ['x:1', 'free', 'x:2', 'y:1', 'x:3'].map((id) => ({ id }))
    await db.storage.transaction(async ({ jobs }) => {
      await jobs.enqueueMany(job, [])
      await jobs.enqueueMany(job, inputs)
    })
    const first = [...(await claim())]
    expect(ids(first)).toEqual(['x:1', 'free', 'y:1'])
    for (const wanted of ['x:2', 'x:3']) {
      for (const claimed of first.splice(0)) await queue().complete(claimed)
      const next = await only()
      expect(next.input).toEqual({ id: wanted })
      await queue().complete(next)
    }
    expect(await claim()).toEqual([])
  })

  test('a job of a lane that waits for its retry does not hold up those behind it', async () => {
    await enqueue('x:1')
    await enqueue('x:2')
    await queue().fail(await only(), { error: 'no', retryAt: inMs(60_000) })
    expect((await only()).input).toEqual({ id: 'x:2' })
  })

  test('a lane is one of a name: two kinds of job with the same lane do not wait for each other', async () => {
    await enqueue('x:1')
    await enqueue('x:2', {}, { ...job, name: 'tests.other' })
    expect(ids(await claim(10, [job.name, 'tests.other']))).toEqual(['x:1', 'x:2'])
  })

  test('a job is not due before its time', async () => {
    await enqueue('later', { runAt: inMs(1_000) })
    expect(await claim()).toEqual([])
    await db.clock.advance(999)
    expect(await claim()).toEqual([])
    await db.clock.advance(1)
    expect(ids(await claim())).toEqual(['later'])
  })

  test('a second waiting job of one key is dropped; one that runs already does not count', async () => {
    await enqueue('first', { dedupeKey: 'k' })
    await enqueue('second', { dedupeKey: 'k' })
    await enqueue('another', { dedupeKey: 'k2' })
    await enqueue('other name', { dedupeKey: 'k' }, { ...job, name: 'tests.other' })
    expect(ids(await claim())).toEqual(['first', 'another'])
    await enqueue('third', { dedupeKey: 'k' })
    await enqueue('fourth', { dedupeKey: 'k' })
    expect(ids(await claim())).toEqual(['third'])
  })

  test('a job of a key that waits for its retry counts as waiting', async () => {
    await enqueue('first', { dedupeKey: 'k' })
    await queue().fail(await only(), { error: 'no', retryAt: inMs(1_000) })
    await enqueue('second', { dedupeKey: 'k' })
    await db.clock.advance(1_000)
    expect(ids(await claim())).toEqual(['first'])
  })

  test('a dropped job makes the waiting one no later than it asked for itself', async () => {
    await enqueue('first', { dedupeKey: 'k', runAt: inMs(60_000) })
    await enqueue('second', { dedupeKey: 'k', runAt: inMs(90_000) })
    await enqueue('third', { dedupeKey: 'k', runAt: inMs(5_000) })
    await db.clock.advance(5_000)
    expect(ids(await claim())).toEqual(['first'])
  })

  test('a failed job runs again at its time, as the next attempt, and then no more once completed', async () => {
    await enqueue('a')
    const first = await only()
    expect(await queue().fail(first, { error: 'no', retryAt: inMs(1_500) })).toBe(true)
    await db.clock.advance(1_499)
    expect(await claim()).toEqual([])
    await db.clock.advance(1)
    const second = await only()
    expect(second).toEqual({ ...first, attempt: 2 })
    expect(await queue().complete(second)).toBe(true)
    await db.clock.advance(86_400_000)
    expect(await claim()).toEqual([])
  })

  test('a claim that was lost settles nothing', async () => {
    await enqueue('a')
    const lost = await only()
    await db.clock.advance(60_000)
    await queue().recover()
    const mine = await only()
    expect(mine.attempt).toBe(2)
    expect(await queue().complete(lost)).toBe(false)
    expect(await queue().fail(lost, { error: 'late', retryAt: null })).toBe(false)
    await queue().touch(lost)
    expect(await queue().complete(mine)).toBe(true)
    expect(await queue().complete(mine)).toBe(false)
    expect((await queue().deadJobs()).items).toEqual([])
  })

  test('a claim lasts while it is touched, until the deadline of the attempt', async () => {
    await enqueue('a')
    const mine = await only()
    for (let seconds = 0; seconds < 60; seconds += 15) {
      await db.clock.advance(15_000)
      if (seconds < 30) {
        await queue().touch(mine)
        await queue().recover()
        expect(await claim()).toEqual([])
      }
    }
    // timeoutMs of 30 s, and the grace of 30 s, are over.
    await db.clock.advance(1_000)
    await queue().touch(mine)
    await queue().recover()
    expect((await only()).attempt).toBe(2)
  })

  test('a job whose process dies again and again is dead after its attempts', async () => {
    await enqueue('a')
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect((await only()).attempt).toBe(attempt)
      await db.clock.advance(60_000)
      await queue().recover()
    }
    expect(await claim()).toEqual([])
    const { items } = await queue().deadJobs()
    expect(items).toMatchObject([
      { input: { id: 'a' }, attempts: 3, error: expect.stringContaining('claim expired') },
    ])
  })

  test('a dead job is kept with its error, and listed in pages', async () => {
    const diedAt = db.clock.now()
    for (const id of ['a', 'b', 'c']) {
      await enqueue(id)
      await queue().fail(await only(), { error: `no ${id}`, retryAt: null })
      await db.clock.advance(1)
    }
    await db.clock.advance(400 * 86_400_000)
    await queue().recover()
    const first = await queue().deadJobs({ limit: 2 })
    expect(ids(first.items)).toEqual(['c', 'b'])
    const second = await queue().deadJobs({ limit: 2, cursor: first.nextCursor })
    expect(second).toMatchObject({
      items: [{ name: job.name, input: { id: 'a' }, attempts: 1, error: 'no a', diedAt }],
      nextCursor: null,
    })
    expect((await queue().deadJobs({ name: 'tests.other' })).items).toEqual([])
  })

  test('a replayed job runs from its first attempt, and old claims of it settle nothing', async () => {
    await enqueue('x:a')
    const died = await only()
    await queue().fail(died, { error: 'no', retryAt: null })
    expect(await queue().replay({ name: 'tests.other', id: died.id })).toBe(false)
    expect(await queue().replay({ name: job.name, id: 'nonsense' })).toBe(false)
    expect(await queue().replay({ name: job.name, id: died.id })).toBe(true)
    expect(await queue().replay({ name: job.name, id: died.id })).toBe(false)
    const again = await only()
    expect(again).toMatchObject({ input: { id: 'x:a' }, attempt: 1 })
    expect(await queue().complete(died)).toBe(false)
    expect((await queue().deadJobs()).items).toEqual([])
    await enqueue('x:b')
    expect(await claim()).toEqual([])
  })

  test('depth tells ready, waiting, active and dead', async () => {
    for (const id of ['active', 'dead']) await enqueue(id)
    const [, dead] = await claim()
    await queue().fail(dead as ClaimedJob, { error: 'no', retryAt: null })
    for (const id of ['r1', 'r2']) await enqueue(id)
    await enqueue('later', { runAt: inMs(1) })
    const depth = (await queue().depth()).find(({ name }) => name === job.name)
    expect(depth).toEqual({ name: job.name, ready: 2, waiting: 1, active: 1, dead: 1 })
  })

  test('what was not committed is not there', async () => {
    const failed = db.storage.transaction(async ({ jobs }) => {
      await jobs.enqueue(job, { id: 'a' })
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await claim()).toEqual([])
  })

  test('a process that never prepared may enqueue, inside its transaction', async () => {
    const fresh: JobDefinition<Input> = { ...job, name: 'tests.unprepared' }
    const failed = db.storage.transaction(async ({ jobs }) => {
      await jobs.enqueue(fresh, { id: 'a' })
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect((await queue().depth()).map(({ name }) => name)).not.toContain('tests.unprepared')
    await enqueue('b', {}, fresh)
    await enqueue('c', {}, fresh)
    expect(ids(await claim(10, [fresh.name]))).toEqual(['b', 'c'])
  })

  const woken = () => {
    const first = Promise.withResolvers<void>()
    const stop = queue().onWake?.(first.resolve)
    return { promise: first.promise, stop: () => stop?.() }
  }

  test('a commit that enqueued wakes those who wait in this process', async () => {
    const wake = woken()
    await enqueue('a')
    await wake.promise
    wake.stop()
  })

  test('a clock that is not moved by hand gives real time back', async () => {
    const real = db.name === 'postgres' ? postgres(db.driver as pg.Pool) : pglite(db.driver as PGlite)
    const offBy = async () => {
      const [row] = await db.sql.query<{ ms: number }>(
        `select abs(extract(epoch from lastro_jobs.job_now() - now()) * 1000)::float8 as ms`,
      )
      return row?.ms ?? Number.NaN
    }
    expect(await offBy()).toBeGreaterThan(0)
    await real.migrate()
    expect(await offBy()).toBe(0)
    await db.sql.query('select 1')
  })
})
