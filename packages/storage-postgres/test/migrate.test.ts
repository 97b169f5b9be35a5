import type { PGlite } from '@electric-sql/pglite'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import pg from 'pg'
import { getConstructionPlans, getRollbackPlans } from 'pg-boss'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pgExecutor } from '../src/executors/pg.ts'
import { type PostgresOptions, pglite, postgres } from '../src/index.ts'
import { migrate } from '../src/migrate.ts'
import { MIGRATIONS } from '../src/migrations/index.ts'
import { installJobs, JOBS_VERSION } from '../src/queue/install.ts'
import { renameSchema } from '../src/schema-name.ts'
import { countAll, job, writeEverything } from './units.ts'

const LAST = MIGRATIONS.length

test('numbers grow by one', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1))
})

test('the version of the queue that we expect is the one that the pinned pg-boss makes', () => {
  expect(getConstructionPlans('x')).toContain(`INSERT INTO x.version(version) VALUES ('${JOBS_VERSION}')`)
})

eachDatabase((db) => {
  const open = (options: PostgresOptions) =>
    db.name === 'postgres' ? postgres(db.driver as pg.Pool, options) : pglite(db.driver as PGlite, options)

  test('a migrated database is left alone', async () => {
    expect(await db.storage.migrate()).toEqual({ from: LAST, to: LAST })
    await expect(db.storage.check()).resolves.toBeUndefined()
  })

  test('a schema of another name works, even a reserved word, and shares nothing', async () => {
    const storage = open({ schema: 'user' })
    await expect(storage.check()).rejects.toMatchObject({
      code: 'storage_not_migrated',
      details: { found: 0, expected: LAST },
    })
    expect(await storage.migrate()).toEqual({ from: 0, to: LAST })
    await storage.check()
    const before = await countAll(db.sql)
    await storage.transaction((tx) => writeEverything(tx, 'a'))
    await storage.queue.prepare([job as never])
    expect(await storage.queue.claim({ names: [job.name], limit: 10 })).toHaveLength(3)
    expect(await countAll(db.sql)).toEqual(before)
  })

  test('a name that is not plain is refused', () => {
    for (const schema of [
      '',
      'Lastro',
      '1a',
      'a-b',
      'a.b',
      'a"b',
      'pg_x',
      'information_schema',
      'a'.repeat(41),
    ]) {
      expect(() => open({ schema }), schema).toThrow(/^schema: /)
    }
    expect(() => open({ jobsSchema: 'a b' })).toThrow(/^jobsSchema: /)
  })

  test('a database from the future is refused, and left alone', async () => {
    await db.sql.query(`insert into lastro.migration values ($1::int, 'later', 'x', 'now')`, [LAST + 1])
    const future = { code: 'storage_from_future', details: { found: LAST + 1, known: LAST } }
    await expect(db.storage.migrate()).rejects.toMatchObject(future)
    await expect(db.storage.check()).rejects.toMatchObject(future)
    await db.sql.query('delete from lastro.migration where number = $1::int', [LAST + 1])
  })

  test('a queue from the future is refused', async () => {
    await db.sql.query('update lastro_jobs.version set version = version + 1')
    const future = { code: 'storage_from_future', details: { found: JOBS_VERSION + 1, known: JOBS_VERSION } }
    await expect(db.storage.migrate()).rejects.toMatchObject(future)
    await expect(db.storage.check()).rejects.toMatchObject(future)
    await db.sql.query('update lastro_jobs.version set version = version - 1')
  })

  test('a step that changed after it was applied is refused', async () => {
    await db.sql.query(`update lastro.migration set checksum = 'was ' || checksum where number = 1`)
    const changed = { code: 'storage_migration_changed', details: { number: 1, name: 'platform' } }
    await expect(db.storage.migrate()).rejects.toMatchObject(changed)
    await expect(db.storage.check()).rejects.toMatchObject(changed)
    await db.sql.query('update lastro.migration set checksum = substr(checksum, 5) where number = 1')
  })
})

describe('on an empty server', () => {
  eachDatabase(
    (db) => {
      let pool: pg.Pool
      const now = () => new Date()
      beforeAll(async () => {
        await db.sql.query('drop schema lastro cascade')
        await db.sql.query('drop schema lastro_jobs cascade')
        pool = new pg.Pool({ connectionString: String(db.url), max: 10 })
      })
      afterAll(() => pool.end())

      test('many processes migrate at once, and each step runs once', async () => {
        const results = await Promise.all(Array.from({ length: 8 }, () => postgres(pool).migrate()))
        expect(results.every(({ to }) => to === LAST)).toBe(true)
        expect(results.filter(({ from }) => from === 0).length).toBeGreaterThan(0)
        const applied = await db.sql.query('select number from lastro.migration order by number')
        expect(applied).toEqual(MIGRATIONS.map(({ number }) => ({ number })))
        await postgres(pool).check()
      })

      test('a step that fails leaves nothing of itself, and the ones before stay', async () => {
        const executor = pgExecutor(pool, { rename: renameSchema('half') })
        const steps = [
          { number: 1, name: 'good', sql: 'create table lastro.good (id int)' },
          { number: 2, name: 'bad', sql: 'create table lastro.bad (id int); select 1 / 0' },
        ]
        await expect(migrate(executor, { schema: 'half', migrations: steps, now })).rejects.toThrow(
          'division by zero',
        )
        expect(
          await db.sql.query(`select tablename from pg_tables where schemaname = 'half' order by 1`),
        ).toEqual([{ tablename: 'good' }, { tablename: 'migration' }])
        const mended = [
          ...steps.slice(0, 1),
          { number: 2, name: 'bad', sql: 'create table lastro.bad (id int)' },
        ]
        expect(await migrate(executor, { schema: 'half', migrations: mended, now })).toEqual({
          from: 1,
          to: 2,
        })
      })

      test('a queue of an older pg-boss is brought up to date', async () => {
        const executor = pgExecutor(pool, { rename: (text) => text })
        await pool.query(getConstructionPlans('old_jobs'))
        await pool.query(getRollbackPlans('old_jobs'))
        const version = async () => (await pool.query('select version from old_jobs.version')).rows
        expect(await version()).toEqual([{ version: JOBS_VERSION - 1 }])
        await installJobs(executor, 'old_jobs')
        expect(await version()).toEqual([{ version: JOBS_VERSION }])
        const found = await pool.query(
          `select indexname from pg_indexes where indexname = 'job_common_i12' and schemaname = 'old_jobs'`,
        )
        expect(found.rows).toHaveLength(1)
      })
    },
    ['postgres'],
  )
})
