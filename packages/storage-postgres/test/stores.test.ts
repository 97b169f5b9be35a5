import type { LastroTx } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, test } from 'vitest'
import { AT } from './units.ts'

eachDatabase((db) => {
  beforeEach(() => db.truncate())
  const unit = <R>(work: (tx: LastroTx) => Promise<R>) => db.storage.transaction(work)

  const key = { operation: 'payouts.create', key: 'k', fingerprint: 'f', at: AT }
  const finished = { operation: key.operation, key: key.key, result: '{"id":"pout_1"}' }

  test('a key is taken once, and then answers what was stored', async () => {
    await unit(async ({ idempotency }) => {
      expect(await idempotency.take(key)).toBeNull()
      await idempotency.finish(finished)
    })
    const again = await unit(({ idempotency }) => idempotency.take({ ...key, fingerprint: 'another' }))
    expect(again).toEqual({ fingerprint: 'f', result: finished.result })
    expect(await unit(({ idempotency }) => idempotency.take({ ...key, operation: 'other' }))).toBeNull()
  })

  test('a key taken by a unit that rolled back is free', async () => {
    const failed = unit(async ({ idempotency }) => {
      await idempotency.take(key)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await unit(({ idempotency }) => idempotency.take(key))).toBeNull()
  })

  test('a key taken twice in one unit, or finished without being taken, is a bug that shows', async () => {
    const twice = unit(async ({ idempotency }) => {
      await idempotency.take(key)
      await idempotency.take(key)
    })
    await expect(twice).rejects.toThrow('taken twice')
    await expect(unit(({ idempotency }) => idempotency.finish(finished))).rejects.toThrow('was not taken')
  })

  const entry = (subject: string, action = 'webhook.rejected') => ({
    actor: 'provider:efi',
    action,
    subject,
    details: { reason: 'stale', list: [1, null] },
    at: AT,
  })

  test('the audit log is read newest first, in pages, and filtered', async () => {
    await unit(async ({ audit }) => {
      for (const subject of ['a', 'b', 'c']) await audit.append(entry(subject))
      await audit.append(entry('a', 'job.replayed'))
    })
    const list = (query?: Parameters<LastroTx['audit']['list']>[0]) => unit(({ audit }) => audit.list(query))
    const first = await list({ limit: 3 })
    expect(first.items).toEqual([entry('a', 'job.replayed'), entry('c'), entry('b')])
    expect(await list({ limit: 3, cursor: first.nextCursor })).toEqual({
      items: [entry('a')],
      nextCursor: null,
    })
    expect((await list({ subject: 'a' })).items).toHaveLength(2)
    expect((await list({ action: 'job.replayed' })).items).toHaveLength(1)
    await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test.each(['update lastro.audit set subject = subject', 'delete from lastro.audit'])(
    '%s is refused',
    async (change) => {
      await unit(({ audit }) => audit.append(entry('a')))
      await expect(db.sql.query(change)).rejects.toMatchObject({ code: '23001' })
      expect((await unit(({ audit }) => audit.list())).items).toHaveLength(1)
    },
  )

  test('a slot of a schedule is claimed once, and never an earlier one', async () => {
    const claim = (slot: bigint, name = 's') =>
      unit(({ schedules }) => schedules.claimSlot({ name, slot, at: AT }))
    expect(await claim(5n)).toBe(true)
    expect(await claim(5n)).toBe(false)
    expect(await claim(4n)).toBe(false)
    expect(await claim(6n)).toBe(true)
    expect(await claim(6n, 'other')).toBe(true)
  })
})

eachDatabase(
  (db) => {
    beforeEach(() => db.truncate())
    const key = { operation: 'o', key: 'k', fingerprint: 'f', at: AT }

    /** Resolves when some connection of this database waits for another's transaction. */
    const someoneWaits = async () => {
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      while ((await db.sql.query(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve))
    }

    test.each([true, false])(
      'a second taker of a key waits for the first (which commits: %s)',
      async (commits) => {
        const taken = Promise.withResolvers<void>()
        const mayEnd = Promise.withResolvers<void>()
        const first = db.storage.transaction(async ({ idempotency }) => {
          await idempotency.take(key)
          taken.resolve()
          await mayEnd.promise
          if (!commits) throw new Error('rolled back')
          await idempotency.finish({ operation: 'o', key: 'k', result: '1' })
        })
        await taken.promise
        const second = db.storage.transaction(({ idempotency }) => idempotency.take(key))
        await someoneWaits()
        mayEnd.resolve()
        const [ended, answer] = await Promise.allSettled([first, second])
        expect(ended.status).toBe(commits ? 'fulfilled' : 'rejected')
        expect(answer).toEqual({
          status: 'fulfilled',
          value: commits ? { fingerprint: 'f', result: '1' } : null,
        })
      },
    )

    test('of many processes, one claims a slot', async () => {
      const claims = Array.from({ length: 20 }, () =>
        db.storage.transaction(({ schedules }) => schedules.claimSlot({ name: 's', slot: 1n, at: AT })),
      )
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
    })
  },
  ['postgres'],
)
