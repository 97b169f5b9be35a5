import { createLastro, type LoggedEvent } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { AMOUNT, type Bank, createBank, DESTINATION } from './bank.ts'

eachDatabase((db) => {
  let bank: Bank
  let lastro: ReturnType<typeof engine>

  const engine = () =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { bank: { id: 'bank', payouts: bank.port } },
    })
  const create = (idempotencyKey: string) =>
    lastro.payouts.create({ provider: 'bank', amount: AMOUNT, destination: DESTINATION, idempotencyKey })
  const rows = () => db.sql.query<{ id: string }>('select id from host_payout order by id')

  beforeEach(async () => {
    await db.truncate()
    await db.sql.query('create table if not exists host_payout (id text primary key)')
    await db.sql.query('truncate host_payout')
    bank = createBank()
    lastro = engine()
    await lastro.migrate()
  })

  describe('a follower', () => {
    it('sees each event once, and its own rows commit together with its place', async () => {
      const seen: string[] = []
      lastro.events.follow(
        'host',
        async (events, { tx }) => {
          for (const event of events) {
            seen.push(event.type)
            await tx.query('insert into host_payout (id) values ($1)', [event.subject])
          }
        },
        { types: ['payout.created'] },
      )
      await create('k1')
      await create('k2')
      await lastro.tick()
      await lastro.tick()
      expect(seen).toEqual(['payout.created', 'payout.created'])
      expect(await rows()).toHaveLength(2)
    })

    it('that throws sees the same events again, and leaves no row of the time before', async () => {
      let calls = 0
      lastro.events.follow('host', async (events, { tx }) => {
        calls += 1
        await tx.query('insert into host_payout (id) values ($1)', [events[0]?.subject])
        if (calls === 1) throw new Error('the host has a bug')
      })
      await create('k1')
      await lastro.events.deliver()
      expect(await rows()).toEqual([])
      await lastro.events.deliver()
      expect(await rows()).toHaveLength(1)
      expect(calls).toBe(2)
    })

    it('of one name in two processes sees each event once', async () => {
      const seen: string[] = []
      const other = engine()
      const remember = async (events: readonly LoggedEvent[]) => {
        for (const { subject } of events) seen.push(subject)
      }
      lastro.events.follow('host', remember, { types: ['payout.created'] })
      other.events.follow('host', remember, { types: ['payout.created'] })
      const ids: string[] = []
      for (let index = 0; index < 20; index += 1) ids.push((await create(`k${index}`)).id)
      await Promise.all([lastro.events.deliver(), other.events.deliver(), lastro.events.deliver()])
      expect(seen).toEqual(ids)
    })

    it('is refused a name that is taken or not well-formed', () => {
      const nothing = async () => undefined
      lastro.events.follow('host', nothing)
      expect(() => lastro.events.follow('host', nothing)).toThrow('name: "host" is followed already')
      expect(() => lastro.events.follow('Host!', nothing)).toThrow('name: must be 1 to 64 of')
    })
  })

  it('can be read page by page', async () => {
    for (const key of ['a', 'b', 'c']) await create(key)
    const all = await lastro.events.read()
    const first = await lastro.events.read({ limit: 2 })
    const rest = await lastro.events.read({ after: first.at(-1)?.position ?? null })
    expect([...first, ...rest]).toEqual(all)
    expect(all.map(({ type }) => type)).toEqual(['payout.created', 'payout.created', 'payout.created'])
  })

  it('refuses to be changed by direct SQL', async () => {
    await create('k1')
    await expect(db.sql.query("update lastro.event set type = 'payout.forged'")).rejects.toThrow()
    await expect(db.sql.query('delete from lastro.event')).rejects.toThrow()
  })
})
