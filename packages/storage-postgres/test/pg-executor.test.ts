import type { HostTx } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { fromPg, type PostgresOptions, postgres, type Sql } from '../src/index.ts'

eachDatabase(
  (db) => {
    const pool = () => db.driver as pg.Pool
    const storage = (options?: PostgresOptions) => postgres(pool(), options)
    const failing = (code: string) => Object.assign(new Error(code), { code })
    const host = ({ host }: { readonly host: HostTx }): Sql => ({
      query: (text, parameters = []) => host.query(text, parameters) as never,
    })

    beforeEach(async () => {
      await db.sql.query('drop table if exists counter')
      await db.sql.query('create table counter (id int primary key, n int not null check (n < 100))')
      await db.sql.query('insert into counter values (1, 0), (2, 0)')
    })
    const count = async () =>
      (await db.sql.query('select n from counter order by id')).map((row) => (row as { n: number }).n)
    const bump = 'update counter set n = n + 1 where id = $1::int'

    test.each(['40001', '40P01', '55P03', '57P01'])(
      'the whole unit runs again after %s, and is kept once',
      async (code) => {
        let runs = 0
        await storage({ retry: { baseMs: 1 } }).transaction(async (tx) => {
          await host(tx).query(bump, [1])
          runs += 1
          if (runs < 3) throw failing(code)
        })
        expect(runs).toBe(3)
        expect(await count()).toEqual([1, 0])
      },
    )

    test('it gives up after its attempts, with the error itself', async () => {
      let runs = 0
      const error = failing('40001')
      const run = storage({ retry: { attempts: 3, baseMs: 1 } }).transaction(async () => {
        runs += 1
        throw error
      })
      await expect(run).rejects.toBe(error)
      expect(runs).toBe(3)
    })

    test.each(['23505', undefined])('nothing else is run again: %s', async (code) => {
      let runs = 0
      const run = storage().transaction(async () => {
        runs += 1
        throw code === undefined ? new Error('plain') : failing(code)
      })
      await expect(run).rejects.toThrow()
      expect(runs).toBe(1)
    })

    test('a joined unit is never run again: the transaction is not ours', async () => {
      let runs = 0
      await db.hostTransaction(async ({ tx }) => {
        const run = db.storage.transaction(
          async () => {
            runs += 1
            throw failing('40001')
          },
          { tx },
        )
        await expect(run).rejects.toThrow('40001')
      })
      expect(runs).toBe(1)
    })

    test('opposite locks end with both done', async () => {
      const meet = Promise.withResolvers<void>()
      let arrived = 0
      const opposite = (first: number, second: number) =>
        storage({ timeouts: { lockMs: 20_000 } }).transaction(async (tx) => {
          await host(tx).query(bump, [first])
          arrived += 1
          if (arrived === 2) meet.resolve()
          await meet.promise
          await host(tx).query(bump, [second])
        })
      await Promise.all([opposite(1, 2), opposite(2, 1)])
      expect(await count()).toEqual([2, 2])
    })

    test('a connection that the server ends is not given to anybody else, and the unit runs on another', async () => {
      let runs = 0
      await storage({ retry: { baseMs: 1 } }).transaction(async (tx) => {
        await host(tx).query(bump, [1])
        runs += 1
        if (runs === 1) await host(tx).query('select pg_terminate_backend(pg_backend_pid())')
      })
      expect(runs).toBe(2)
      expect(await count()).toEqual([1, 0])
    })

    test('a connection that dies while the unit waits for something else ends the unit, not the process', async () => {
      const run = storage({ retry: { attempts: 1 } }).transaction(async (tx) => {
        const [row] = await host(tx).query<{ pid: number }>('select pg_backend_pid() as pid')
        await db.sql.query('select pg_terminate_backend($1::int)', [row?.pid ?? 0])
        await host(tx).query('select 1')
      })
      await expect(run).rejects.toThrow()
      expect(await count()).toEqual([0, 0])
    })

    test('a unit that swallows the error of a statement is not reported as kept', async () => {
      const run = storage().transaction(async (tx) => {
        await host(tx).query(bump, [1])
        await host(tx)
          .query('select 1 / 0')
          .catch(() => {})
      })
      await expect(run).rejects.toThrow('rolled back')
      expect(await count()).toEqual([0, 0])
    })

    test('timeouts hold inside the unit only', async () => {
      const settings = ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout']
      const select = `select ${settings.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`
      const timeouts = { lockMs: 1_234, statementMs: 5_678 }
      const inside = await storage({ timeouts }).transaction((tx) => host(tx).query(select))
      expect(inside).toEqual([
        { lock_timeout: '1234ms', statement_timeout: '5678ms', idle_in_transaction_session_timeout: '30s' },
      ])
      expect(await db.sql.query(select)).toEqual([
        { lock_timeout: '0', statement_timeout: '0', idle_in_transaction_session_timeout: '0' },
      ])
    })

    test('a row that another holds too long is refused with the code of a lock timeout', async () => {
      await db.transaction(async (sql) => {
        await sql.query(bump, [1])
        const waiting = storage({ timeouts: { lockMs: 50 }, retry: { attempts: 2, baseMs: 1 } })
        const run = waiting.transaction((tx) => host(tx).query(bump, [1]))
        await expect(run).rejects.toMatchObject({ code: '55P03' })
      })
    })

    test('units run at read committed, whatever the default of the database is', async () => {
      const strict = new pg.Pool({
        connectionString: String(db.url),
        options: '-c default_transaction_isolation=serializable',
      })
      const show = 'show transaction_isolation'
      const ours = await postgres(strict).transaction((tx) => host(tx).query(show))
      expect(ours).toEqual([{ transaction_isolation: 'read committed' }])
      await strict.end()
    })

    test('a joined unit keeps the isolation of the host', async () => {
      const client = await pool().connect()
      await client.query('begin isolation level repeatable read')
      const read = () =>
        db.storage.read((tx) => host(tx).query('select n from counter where id = 1'), { tx: fromPg(client) })
      expect(await read()).toEqual([{ n: 0 }])
      await db.sql.query(bump, [1])
      expect(await read()).toEqual([{ n: 0 }])
      await client.query('commit')
      expect(await read()).toEqual([{ n: 1 }])
      client.release()
    })

    test('the pool stays open after close', async () => {
      await storage().close()
      expect(await count()).toEqual([0, 0])
    })
  },
  ['postgres'],
)

eachDatabase((db) => {
  test('inside a unit, the database is not used on the side', async () => {
    const inside = (use: () => Promise<unknown>) => db.storage.transaction(() => use())
    await expect(inside(() => db.storage.transaction(async () => 1))).rejects.toThrow('{ tx: tx.host }')
    await expect(inside(() => db.storage.read(async () => 1))).rejects.toThrow('{ tx: tx.host }')
    await db.hostTransaction(async ({ tx }) => {
      const joined = db.storage.transaction(() => db.storage.read(async () => 1), { tx })
      await expect(joined).rejects.toThrow('{ tx: tx.host }')
    })
  })

  test('what a unit returns is what the caller gets, and what it throws too', async () => {
    const mine = new Error('mine')
    expect(await db.storage.transaction(async () => 7)).toBe(7)
    await expect(db.storage.transaction(() => Promise.reject(mine))).rejects.toBe(mine)
  })
})
