import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openPglite, openPostgres, type TestDatabase } from '../src/storage.ts'
import { eachDatabase } from '../src/storage-vitest.ts'

const entry = {
  actor: 'system',
  action: 'test.done',
  subject: 's',
  details: {},
  at: new Date('2026-01-01T00:00:00Z'),
}

eachDatabase((db) => {
  const subjects = (of: TestDatabase) => of.sql.query('select subject from lastro.audit')

  test('a transaction commits, or rolls back when its work throws', async () => {
    await db.storage.transaction(({ audit }) => audit.append(entry))
    const failed = db.transaction(async (sql) => {
      await sql.query('create table made_in_vain (id int)')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await db.sql.query("select to_regclass('made_in_vain') as found")).toEqual([{ found: null }])
    await db.hostTransaction(async ({ tx, sql }) => {
      await db.storage.transaction(({ audit }) => audit.append(entry), { tx })
      expect(await sql.query('select subject from lastro.audit')).toHaveLength(2)
    })
    expect(await subjects(db)).toHaveLength(2)
  })

  const remember = `insert into lastro.idempotency (operation, key, fingerprint, taken_at)
    select 'test', n::text, repeat('f', 200), now() from generate_series(1, $1::int) as n`
  const remembered = () => db.sql.query('select key from lastro.idempotency')

  // Few rows are deleted, many are truncated.
  test.each([3, 3_000])('truncate empties it of %i rows and leaves it migrated', async (count) => {
    await db.storage.transaction(({ audit }) => audit.append(entry))
    await db.sql.query(remember, [count])
    expect(await remembered()).toHaveLength(count)
    await db.truncate()
    expect([await subjects(db), await remembered()]).toEqual([[], []])
    await expect(db.sql.query('truncate lastro.audit')).rejects.toThrow(/append-only/)
    await db.storage.check()
  })

  test('truncate waits for whoever still writes', async () => {
    let commit = () => {}
    const mayCommit = new Promise<void>((resolve) => {
      commit = resolve
    })
    let wrote = () => {}
    const written = new Promise<void>((resolve) => {
      wrote = resolve
    })
    const writing = db.transaction(async (sql) => {
      await sql.query(remember, [3])
      wrote()
      await mayCommit
    })
    await written
    const emptied = db.truncate()
    // PGlite is one connection: there the truncation waits before it begins.
    if (db.name === 'postgres') {
      const waiting = `select pid from pg_locks
        where not granted and database = (select oid from pg_database where datname = current_database())`
      await expect.poll(() => db.sql.query(waiting)).toHaveLength(1)
    }
    commit()
    await Promise.all([writing, emptied])
    expect(await remembered()).toEqual([])
  })

  test('a second one shares nothing with it', async () => {
    await db.storage.transaction(({ audit }) => audit.append(entry))
    const other = await (db.name === 'pglite' ? openPglite() : openPostgres({ url: inject('postgresUrl') }))
    expect(await subjects(other)).toEqual([])
    await other.close()
  })

  test('the time of the job queue in SQL is that of the clock', async () => {
    const time = async () => {
      const [row] = await db.sql.query<{ now: Date }>('select lastro_jobs.job_now() as now')
      return row?.now
    }
    expect(await time()).toEqual(db.clock.now())
    await db.clock.advance(3_600_000)
    expect(await time()).toEqual(db.clock.now())
  })
})

test('a database on a server is gone after close', async () => {
  const db = await openPostgres({ url: inject('postgresUrl') })
  const name = new URL(String(db.url)).pathname.slice(1)
  const exists = async () => {
    const client = new pg.Client({ connectionString: inject('postgresUrl') })
    await client.connect()
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [name])
    await client.end()
    return rows.length === 1
  }
  expect(await exists()).toBe(true)
  await db.close()
  expect(await exists()).toBe(false)
})
