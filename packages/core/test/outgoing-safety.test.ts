/** What must hold whatever fails: secrets hidden, one sender at a time, nothing lost, nothing doubled. */
import { reveal } from '@lastro/core'
import type { SendResult } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { AMOUNT, DESTINATION } from './bank.ts'
import {
  createWorld,
  type Engine,
  endpoint,
  idsOf,
  KEY,
  OTHER_KEY,
  onlyDelivery,
  verified,
} from './outgoing-world.ts'

const PAID = { type: 'payment.paid', data: { id: 'pay_1' } } as const
const HOUR = 3_600_000
const DONE: SendResult = { kind: 'answered', status: 200, headers: {}, body: new Uint8Array() }

eachDatabase((db) => {
  let world: ReturnType<typeof createWorld>
  let lastro: Engine

  beforeEach(async () => {
    await db.truncate()
    world = createWorld(db)
    lastro = world.engine()
    await lastro.migrate()
  })

  const hanging = () => {
    let release: (result: SendResult) => void = () => undefined
    const promise = new Promise<SendResult>((resolve) => {
      release = resolve
    })
    return { promise, release }
  }
  const until = (condition: () => boolean) =>
    vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000 })

  describe('a rotation', () => {
    it('signs with both secrets until the overlap ends, and with the new one after it', async () => {
      const { id, secret: old } = await endpoint(lastro, 'a')
      const { secret: fresh } = await lastro.outgoing.endpoints.rotateSecret({ id })
      const deliver = async () => {
        await lastro.outgoing.send(PAID)
        await lastro.tick()
        const request = world.requests.at(-1)
        if (request === undefined) throw new Error('nothing came')
        return request
      }
      const during = await deliver()
      expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2)
      for (const secret of [old, fresh]) verified(during, { secret, now: db.clock.now() })
      expect((await lastro.outgoing.endpoints.secrets(id)).map(({ notAfter }) => notAfter)).toEqual([
        null,
        new Date(db.clock.now().getTime() + 24 * HOUR),
      ])
      await db.clock.advance(24 * HOUR)
      const after = await deliver()
      expect(after.headers['webhook-signature']?.split(' ')).toHaveLength(1)
      verified(after, { secret: fresh, now: db.clock.now() })
      expect(() => verified(after, { secret: old, now: db.clock.now() })).toThrow('No matching')
      // A secret that became known ends now.
      const { secret: third } = await lastro.outgoing.endpoints.rotateSecret({ id, overlapMs: 0 })
      const now = await deliver()
      verified(now, { secret: third, now: db.clock.now() })
      expect(() => verified(now, { secret: fresh, now: db.clock.now() })).toThrow('No matching')
    })

    it('holds no more secrets than a header should', async () => {
      const { id } = await endpoint(lastro, 'a')
      for (let count = 0; count < 4; count += 1) await lastro.outgoing.endpoints.rotateSecret({ id })
      await expect(lastro.outgoing.endpoints.rotateSecret({ id })).rejects.toThrow(
        '5 secrets that still sign',
      )
      await lastro.outgoing.endpoints.rotateSecret({ id, overlapMs: 0 })
      expect(await lastro.outgoing.endpoints.secrets(id)).toHaveLength(1)
    })
  })

  describe('secrets', () => {
    it('stand in no table, log, answer or error', async () => {
      const { id, secret } = await endpoint(lastro, 'a')
      const { secret: second } = await lastro.outgoing.endpoints.rotateSecret({ id })
      await lastro.outgoing.send({ ...PAID, idempotencyKey: 'k1' })
      await lastro.tick()
      const tables = await db.sql.query<{ name: string }>(
        `select table_schema || '.' || table_name as name from information_schema.tables
         where table_schema in ('lastro', 'lastro_jobs') and table_type = 'BASE TABLE'`,
      )
      let text = JSON.stringify(await lastro.outgoing.endpoints.get(id))
      for (const { name } of tables) {
        const rows = await db.sql.query<{ row: string }>(`select t::text as row from ${name} t`)
        text += rows.map(({ row }) => row).join('\n')
      }
      expect(text).toContain('outgoing.secret_rotated')
      for (const one of [secret, second]) {
        const shown = reveal(one)
        const bytes = Buffer.from(shown.slice(6), 'base64')
        for (const form of [shown, shown.slice(6), bytes.toString('hex'), bytes.toString('latin1')])
          expect(text.includes(form)).toBe(false)
        expect(JSON.stringify({ one, text: `${one}` })).not.toContain(shown.slice(6))
      }
      expect(text.includes(KEY) || text.includes(Buffer.from(KEY, 'base64').toString('hex'))).toBe(false)
    })

    it('move to a new encryption key, after which the old one is not needed', async () => {
      const { secret } = await endpoint(lastro, 'a')
      const both = world.engine({ encryptionKeys: [OTHER_KEY, KEY] })
      expect(await both.outgoing.resealSecrets()).toBe(1)
      expect(await both.outgoing.resealSecrets()).toBe(0)
      const moved = world.engine({ encryptionKeys: [OTHER_KEY] })
      await moved.outgoing.send(PAID)
      await moved.tick()
      const [request] = world.requests
      if (request === undefined) throw new Error('nothing came')
      verified(request, { secret, now: db.clock.now() })
    })

    it('under a key that is not there, or in a row that was moved, send nothing and lose nothing', async () => {
      const a = await endpoint(lastro, 'a')
      const b = await endpoint(lastro, 'b', { customer: 'c1' })
      await lastro.outgoing.send(PAID)
      await world.engine({ encryptionKeys: [OTHER_KEY] }).tick()
      expect(world.requests).toHaveLength(0)
      expect((await onlyDelivery(lastro, a.id)).delivery).toMatchObject({ state: 'pending', attempts: 0 })
      // With the key back, it goes by itself.
      await db.clock.advance(HOUR)
      await lastro.tick()
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
      await db.sql.query(
        `update lastro.outgoing_secret set sealed = (select sealed from lastro.outgoing_secret where endpoint_id = $1)
         where endpoint_id = $2`,
        [b.id, a.id],
      )
      await lastro.outgoing.send(PAID)
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
    })
  })

  describe('a process', () => {
    it('that dies between sending and storing the answer: it goes again, under the same id', async () => {
      const { id, url } = await endpoint(lastro, 'a')
      const { promise, release } = hanging()
      world.answers.set(url, [promise])
      const { id: messageId } = await lastro.outgoing.send(PAID)
      const dead = lastro.tick()
      await until(() => world.requests.length === 1)
      // The lease is not over: nobody else sends it.
      const other = world.engine()
      await db.clock.advance(25_000)
      await other.tick()
      expect(world.requests).toHaveLength(1)
      await db.clock.advance(10_000)
      await world.engine().tick()
      expect(idsOf(world.requests)).toEqual([messageId, messageId])
      // The dead one comes back to life, too late to say anything.
      release({ kind: 'answered', status: 410, headers: {}, body: new Uint8Array() })
      await dead
      const { delivery, attempts } = await onlyDelivery(lastro, id)
      expect(delivery).toMatchObject({ state: 'delivered', attempts: 2 })
      expect(attempts.map(({ error, status }) => [error, status])).toEqual([
        ['lost', null],
        [null, 204],
      ])
      expect((await lastro.outgoing.endpoints.get(id)).state).toBe('enabled')
    })

    it('that is stopped while it sends gives the try back', async () => {
      const { id, url } = await endpoint(lastro, 'a')
      world.answers.set(url, [{ error: 'stopped' }])
      await lastro.outgoing.send(PAID)
      await lastro.tick()
      expect((await onlyDelivery(lastro, id)).delivery).toMatchObject({
        state: 'delivered',
        attempts: 2,
        tries: 1,
      })
    })

    it('is one of several, and each delivery is sent by one of them', async () => {
      for (const name of ['a', 'b', 'c']) await endpoint(lastro, name)
      for (let count = 0; count < 20; count += 1) await lastro.outgoing.send(PAID)
      const engines = [lastro, world.engine(), world.engine()]
      for (let round = 0; round < 100 && world.requests.length < 60; round += 1)
        await Promise.all(engines.map((one) => one.tick()))
      const pairs = world.requests.map(({ url, headers }) => `${url} ${headers['webhook-id']}`)
      expect([pairs.length, new Set(pairs).size]).toEqual([60, 60])
    })

    it('whose jobs were lost finds the deliveries again', async () => {
      await endpoint(lastro, 'a')
      await lastro.outgoing.send(PAID)
      await db.sql.query(`delete from lastro_jobs.job_common where name = 'outgoing.deliver'`)
      await lastro.tick()
      expect(world.requests).toHaveLength(0)
      await db.clock.advance(16 * 60_000)
      await lastro.tick()
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
    })
  })

  it('a slow endpoint holds up none of the others', async () => {
    const slow = await endpoint(lastro, 'slow')
    await endpoint(lastro, 'quick')
    const { promise, release } = hanging()
    world.answers.set(slow.url, [promise])
    for (let count = 0; count < 5; count += 1) await lastro.outgoing.send(PAID)
    await lastro.worker.start()
    const to = (name: string) => world.requests.filter(({ url }) => url.endsWith(name)).length
    await until(() => to('quick') === 5)
    expect(to('slow')).toBe(1)
    release(DONE)
    await until(() => to('slow') === 5)
    await lastro.worker.stop()
  })

  describe('logged events', () => {
    const pay = (key: string) =>
      lastro.payouts.create({
        provider: 'bank',
        amount: AMOUNT,
        destination: DESTINATION,
        idempotencyKey: key,
      })

    it('that the host chose become messages, each exactly once, for endpoints that were there', async () => {
      lastro = world.engine({ fromEvents: ['payout.created'] })
      const early = await pay('before')
      await db.clock.advance(1_000)
      const { id, secret } = await endpoint(lastro, 'a')
      const payout = await pay('k1')
      await Promise.all([
        lastro.events.deliver(),
        world.engine({ fromEvents: ['payout.created'] }).events.deliver(),
      ])
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
      const [request] = world.requests
      if (request === undefined) throw new Error('nothing came')
      expect(verified(request, { secret, now: db.clock.now() })).toMatchObject({
        type: 'payout.created',
        data: { subject: payout.id, facts: { provider: 'bank' } },
      })
      expect(early.id).not.toBe(payout.id)
      // Even when the reader's place is lost.
      await db.sql.query('delete from lastro.event_reader')
      await lastro.tick()
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
      expect((await lastro.outgoing.deliveries.list({ endpointId: id })).items).toHaveLength(1)
    })

    it('go to the customer that the host names, and those of outgoing webhooks to nobody', async () => {
      lastro = world.engine({
        fromEvents: ['*'],
        customerOf: ({ type }) => (type === 'payout.created' ? 'c1' : null),
      })
      const mine = await endpoint(lastro, 'mine', { customer: 'c1' })
      await endpoint(lastro, 'host')
      await lastro.outgoing.endpoints.disable((await endpoint(lastro, 'gone')).id)
      await pay('k1')
      for (let round = 0; round < 4; round += 1) await lastro.tick()
      const told = world.requests.map(({ url, body }) => [url.split('/').at(-1), JSON.parse(body).type])
      expect(told.filter(([name]) => name === 'mine')).toEqual([['mine', 'payout.created']])
      expect(told.filter(([name]) => name === 'host').map(([, type]) => type)).not.toContain('payout.created')
      expect(told.some(([, type]) => String(type).startsWith('outgoing.'))).toBe(false)
      expect(told.filter(([name]) => name === 'host').length).toBeGreaterThan(0)
      expect((await lastro.outgoing.endpoints.get(mine.id)).lastSuccessAt).not.toBeNull()
    })
  })

  it('what is old and has ended is deleted; what is open stays', async () => {
    lastro = world.engine({ keepMs: 48 * HOUR, scheduleMs: [0, 160 * HOUR] })
    const { id, url } = await endpoint(lastro, 'a')
    await lastro.outgoing.send(PAID)
    await lastro.tick()
    world.answers.set(url, [500])
    await lastro.outgoing.send(PAID)
    await lastro.tick()
    await db.clock.advance(49 * HOUR)
    await lastro.tick()
    await lastro.tick()
    const { delivery } = await onlyDelivery(lastro, id)
    expect(delivery).toMatchObject({ state: 'pending', attempts: 1 })
    const counts = await db.sql.query(
      `select (select count(*)::int from lastro.outgoing_message) as messages,
        (select count(*)::int from lastro.outgoing_attempt) as attempts`,
    )
    expect(counts).toEqual([{ messages: 1, attempts: 1 }])
  })
})
