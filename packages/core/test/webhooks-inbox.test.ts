import { createLastro, isLastroError, type LastroOptions, webhookMetricsText } from '@lastro/core'
import { ProviderError, type ProviderEvent, type WebhookSource } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AMOUNT, type Bank, createBank, DESTINATION } from './bank.ts'
import { changed, payoutNews, type Said, said, signedSource } from './webhooks-fixture.ts'

const DAY_MS = 86_400_000
type Options = Pick<LastroOptions, 'webhooks' | 'logger'>

eachDatabase((db) => {
  let bank: Bank
  let version: string
  const logged: unknown[] = []
  const keep = (facts: object, message: string) => logged.push([facts, message])

  const engine = (options: Options = {}, more: Partial<WebhookSource> = {}) => {
    const webhooks = signedSource({ secrets: ['s1', 's0'], takesUnsigned: true, more })
    return createLastro({
      storage: db.storage,
      clock: db.clock,
      logger: { debug: keep, info: keep, warn: keep, error: keep },
      providers: { bank: { id: 'bank', version, payouts: bank.port, webhooks } },
      ...(options as object),
    })
  }
  let lastro: ReturnType<typeof engine>
  const deliver = (what: Said, secret: string | null = 's1') =>
    lastro.webhooks.receive('bank', said(what, secret))
  const pay = async () => {
    const payout = await lastro.payouts.create({
      provider: 'bank',
      amount: AMOUNT,
      destination: DESTINATION,
      idempotencyKey: 'k1',
    })
    await lastro.tick()
    return payout
  }
  const events = async (type: string) =>
    (await lastro.events.read({ types: [type], limit: 1_000 })).map(
      ({ data }) => data as Record<string, unknown>,
    )
  const audits = async (action: string) =>
    (await db.storage.read((tx) => tx.audit.list({ action, limit: 200 }))).items
  const hostRows = async () =>
    (await db.sql.query<{ word: string }>('select word from host_news order by place')).map(
      ({ word }) => word,
    )
  const states = async () => (await lastro.webhooks.list({ limit: 200 })).items.map(({ state }) => state)
  /** Rounds of retries until nothing waits any more. */
  const untilSettled = async () => {
    for (let round = 0; round < 12; round += 1) {
      await db.clock.advance(400_000)
      await lastro.tick()
    }
  }

  beforeAll(async () => {
    await db.sql.query('create table host_news (place int generated always as identity, word text not null)')
  })
  beforeEach(async () => {
    await db.truncate()
    await db.sql.query('truncate host_news')
    logged.length = 0
    version = '1.0.0'
    bank = createBank()
    lastro = engine()
    await lastro.migrate()
  })

  /** A handler that writes what it was given into the host's own table. */
  const writing: NonNullable<LastroOptions['webhooks']>['handlers'] = {
    '*': async (tx, event, { deliveryId }) => {
      const word = event.kind === 'changed' ? event.change : event.kind
      await tx.host.query('insert into host_news (word) values ($1)', [`${deliveryId}:${word}`])
    },
  }

  describe('intake', () => {
    it('stores what arrives at the same time by one commit, each with its own answer', async () => {
      let commits = 0
      lastro = engine({ webhooks: { onPoint: (point) => (commits += point === 'intake.committed' ? 1 : 0) } })
      const ids = Array.from({ length: 300 }, (_, index) => `d${index % 200}`)
      const receipts = await Promise.all(ids.map((id) => deliver({ id })))
      expect(receipts.filter(({ result }) => result === 'received')).toHaveLength(200)
      expect(receipts.filter(({ result }) => result === 'duplicate')).toHaveLength(100)
      expect(new Set(receipts.map(({ id }) => id)).size).toBe(201)
      expect(commits).toBeLessThanOrEqual(4)
      const stored = await db.sql.query('select delivery_id from lastro.delivery')
      expect(stored).toHaveLength(200)
      const report = await lastro.tick()
      expect(report.done).toBeGreaterThanOrEqual(200)
    })

    it('fails every call of a batch that cannot be stored, and the next one is stored', async () => {
      let isDown = true
      const storage = {
        ...db.storage,
        transaction: ((work, options) =>
          isDown
            ? Promise.reject(new Error('connection lost'))
            : db.storage.transaction(work, options)) as typeof db.storage.transaction,
      }
      const webhooks = signedSource({ secrets: ['s1'] })
      const failing = createLastro({
        storage,
        clock: db.clock,
        providers: { bank: { id: 'bank', webhooks } },
      })
      const calls = ['a', 'b', 'c'].map((id) => failing.webhooks.receive('bank', said({ id })))
      const outcomes = await Promise.allSettled(calls)
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      isDown = false
      expect(await failing.webhooks.receive('bank', said({ id: 'a' }))).toMatchObject({ result: 'received' })
    })

    it('is refused inside a transaction: it would wait for itself', async () => {
      await expect(db.storage.transaction(() => deliver({ id: 'd1' }))).rejects.toThrow('transaction is open')
    })

    it('slows a sender down by type, and stores nothing of what is too much', async () => {
      lastro = engine({ webhooks: { rateLimits: { 'bank/item': { perSecond: 0.5, burst: 2 } } } })
      const item = (id: string) => deliver({ id, topic: 'item' })
      expect([(await item('a')).status, (await item('b')).status]).toEqual([200, 200])
      const slowed = await item('c')
      expect(slowed).toMatchObject({ status: 429, result: 'rejected', reason: 'rate_limited' })
      expect(slowed.headers).toEqual({ 'retry-after': '2' })
      expect((await item('a')).result).toBe('duplicate')
      expect((await deliver({ id: 'd' })).status).toBe(200)
      expect(await states()).toHaveLength(3)
      await db.clock.advance(2_000)
      expect((await item('c')).result).toBe('received')
    })

    it('answers what the provider wants to hear, for what is new and for what is not', async () => {
      const acknowledge = () => ({ status: 202, headers: { 'x-heard': 'yes' } }) as const
      lastro = engine({}, { acknowledge })
      expect(await deliver({ id: 'a' })).toMatchObject({ status: 202, headers: { 'x-heard': 'yes' } })
      expect(await deliver({ id: 'a' })).toMatchObject({ status: 202, result: 'duplicate' })
      expect((await deliver({ id: 'b' }, 'wrong')).status).toBe(401)
      const throwing = engine({}, { acknowledge: () => JSON.parse('no') })
      expect(await throwing.webhooks.receive('bank', said({ id: 'b' }))).toMatchObject({ status: 200 })
    })

    it('keeps a type that the adapter does not list, marked and counted', async () => {
      const detail = 'is new'
      const tells: ProviderEvent[] = [{ kind: 'unrecognised', topic: 'brand.new', detail }]
      await deliver({ id: 'a', topic: 'brand.new', tells })
      await lastro.tick()
      expect((await lastro.webhooks.list()).items).toMatchObject([{ isKnownType: false, state: 'applied' }])
      expect(await audits('webhook.unmatched')).toMatchObject([{ details: { detail, topic: 'brand.new' } }])
    })

    it('forgeries are counted, and stand in the audit once a minute', async () => {
      for (let count = 0; count < 20; count += 1) await deliver({ id: `d${count}` }, 'guessed')
      await Promise.all(['x', 'y', 'z'].map((name) => lastro.webhooks.receive(name, said({ id: 'd' }))))
      expect(await audits('webhook.rejected')).toHaveLength(2)
      await db.clock.advance(60_000)
      await deliver({ id: 'd' }, 'guessed')
      expect(await audits('webhook.rejected')).toHaveLength(3)
      const { rejected } = await lastro.webhooks.metrics()
      expect(rejected).toEqual([
        { provider: '?', topic: '', reason: 'unknown_provider', count: 3 },
        { provider: 'bank', topic: '', reason: 'bad_signature', count: 21 },
      ])
    })

    it('with two active secrets rejects no delivery of either, and everything of a retired one', async () => {
      const results = await Promise.all(
        ['s1', 's0', 'old'].flatMap((secret) =>
          Array.from({ length: 50 }, (_, index) => deliver({ id: `${secret}-${index}` }, secret)),
        ),
      )
      expect(results.map(({ status }) => status)).toEqual([
        ...Array.from({ length: 100 }, () => 200),
        ...Array.from({ length: 50 }, () => 401),
      ])
    })
  })

  describe('order', () => {
    it('deliveries of one subject are applied one after another, in the order of their arrival', async () => {
      lastro = engine({ webhooks: { handlers: writing } })
      const items = Array.from({ length: 12 }, (_, index) => `${index % 2 === 0 ? 'x' : 'y'}${index}`)
      for (const id of items) await deliver({ id, subject: id.charAt(0), tells: [changed(id, 'updated')] })
      await Promise.all([lastro.tick(), engine({ webhooks: { handlers: writing } }).tick()])
      await lastro.tick()
      const words = await hostRows()
      for (const subject of ['x', 'y'])
        expect(words.filter((word) => word.startsWith(subject))).toEqual(
          items.filter((id) => id.startsWith(subject)).map((id) => `${id}:updated`),
        )
    })

    it('what is not above the last sequence changes nothing, whenever it comes', async () => {
      lastro = engine({ webhooks: { handlers: writing } })
      for (const sequence of ['2', '1', '2', '3', '0']) {
        await deliver({
          id: `d${sequence}-${(await states()).length}`,
          subject: 'x',
          sequence,
          tells: [changed('x', sequence)],
        })
        await lastro.tick()
      }
      await deliver({ id: 'other', subject: 'y', sequence: '1', tells: [changed('y', '1')] })
      await lastro.tick()
      expect((await hostRows()).sort()).toEqual(['d2-0:2', 'd3-3:3', 'other:1'])
      const { items } = await lastro.webhooks.list({ subject: 'x' })
      expect(items.map(({ state, note }) => [state, note]).reverse()).toEqual([
        ['applied', null],
        ['applied', 'superseded'],
        ['applied', 'superseded'],
        ['applied', null],
        ['applied', 'superseded'],
      ])
    })

    it('what nothing proves cannot hide true news by a great sequence', async () => {
      lastro = engine({ webhooks: { handlers: writing } })
      await deliver({ id: 'forged', subject: 'x', sequence: '9', tells: [changed('x', 'deleted')] }, null)
      await deliver({ id: 'true', subject: 'x', sequence: '1', tells: [changed('x', 'updated')] })
      await lastro.tick()
      expect(await hostRows()).toEqual(['true:updated'])
      expect((await lastro.webhooks.list()).items.map(({ note }) => note)).toEqual([null, 'unconfirmed'])
    })
  })

  describe('application', () => {
    it('logs what changed, and hands it to the host in the same transaction', async () => {
      lastro = engine({
        webhooks: {
          handlers: {
            ...writing,
            bank: async (tx) =>
              void (await tx.host.query(`insert into host_news (word) values ('first')`, [])),
          },
        },
      })
      await deliver({
        id: 'a',
        topic: 'item',
        tells: [changed('i1', 'updated'), { kind: 'ignored', topic: 'x' }],
      })
      await lastro.tick()
      expect(await events('provider.changed')).toMatchObject([
        { provider: 'bank', object: 'item', ref: 'i1', change: 'updated', status: null },
      ])
      expect(await hostRows()).toEqual(['first', 'a:updated'])
    })

    it('a handler that throws undoes everything, and is tried again', async () => {
      let isBroken = true
      lastro = engine({
        webhooks: {
          handlers: {
            bank: async (tx) => {
              await tx.host.query(`insert into host_news (word) values ('half')`, [])
              if (isBroken) throw new Error('the host is not ready')
            },
          },
        },
      })
      const payout = await pay()
      await deliver({ id: 'a', tells: [payoutNews(payout.id, 'paid')] })
      await lastro.tick()
      expect([await hostRows(), (await lastro.payouts.get(payout.id)).state]).toEqual([[], 'pending'])
      const [waiting] = (await lastro.webhooks.list()).items
      expect(waiting).toMatchObject({ state: 'received', error: 'Error: the host is not ready' })
      isBroken = false
      await db.clock.advance(5_000)
      await lastro.tick()
      expect([await hostRows(), (await lastro.payouts.get(payout.id)).state]).toEqual([['half'], 'paid'])
    })

    it('a handler for nobody is refused', () => {
      const handlers = { nobody: async () => undefined } as never
      expect(() => engine({ webhooks: { handlers } })).toThrowError(
        expect.objectContaining({ details: expect.objectContaining({ field: 'webhooks.handlers.nobody' }) }),
      )
    })

    it('a hint is asked about outside of any transaction, and the answer is applied', async () => {
      const payout = await pay()
      const asked: string[] = []
      const hint = { kind: 'hint', topic: 'payout', ref: `ref-${payout.id}` } as const
      lastro = engine(
        {},
        {
          lookUp: async (event) => {
            asked.push(event.kind)
            return asked.length === 1
              ? []
              : [
                  {
                    kind: 'payout',
                    idempotencyKey: payout.id,
                    providerRef: hint.ref,
                    state: 'paid',
                    amount: AMOUNT,
                  },
                ]
          },
        },
      )
      await deliver({ id: 'a', tells: [hint] })
      await lastro.tick()
      expect((await lastro.webhooks.list()).items).toMatchObject([{ state: 'applied', note: 'unconfirmed' }])
      expect((await audits('webhook.unmatched'))[0]?.details).toMatchObject({ kind: 'unrecognised' })
      await deliver({ id: 'b', tells: [hint] })
      await lastro.tick()
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    })

    it('waits and asks again while the provider cannot be asked', async () => {
      let isDown = true
      lastro = engine(
        {},
        {
          lookUp: async () => {
            if (isDown) throw new ProviderError({ provider: 'bank', kind: 'unavailable', message: 'down' })
            return [changed('i1', 'updated')]
          },
        },
      )
      await deliver({ id: 'a', tells: [changed('i1', 'guessed')] }, null)
      await lastro.tick()
      expect(await states()).toEqual(['received'])
      isDown = false
      await db.clock.advance(5_000)
      await lastro.tick()
      expect((await events('provider.changed')).map(({ change }) => change)).toEqual(['updated'])
    })

    it('a provider that answers hints is not asked for ever', async () => {
      const hint = { kind: 'hint', topic: 't', ref: 'r' } as const
      lastro = engine({}, { lookUp: async () => [hint] })
      await deliver({ id: 'a', tells: [hint] })
      await lastro.tick()
      expect(await audits('webhook.unmatched')).toMatchObject([{ details: { kind: 'unrecognised' } }])
    })
  })

  describe('replay', () => {
    it('of settled state is a no-op: no event, no handler, no money', async () => {
      lastro = engine({ webhooks: { handlers: writing } })
      const payout = await pay()
      const tells = [payoutNews(payout.id, 'paid'), changed('i1', 'updated')]
      await deliver({ id: 'a', tells })
      await lastro.tick()
      const before = [await hostRows(), await lastro.events.read({ limit: 1_000 })]
      expect(await lastro.webhooks.replay({ state: 'applied' })).toEqual({ replayed: 1 })
      expect(await states()).toEqual(['received'])
      await lastro.tick()
      expect(await states()).toEqual(['applied'])
      expect([await hostRows(), await lastro.events.read({ limit: 1_000 })]).toEqual(before)
      expect(await lastro.ledger.verify()).toEqual([])
    })

    it('after a mended adapter applies only what is new', async () => {
      await deliver({ id: 'a', tells: [changed('i1', 'updated')] })
      await lastro.tick()
      version = '1.1.0'
      const more = { translate: () => [changed('i1', 'updated'), changed('i2', 'updated')] }
      lastro = engine({ webhooks: { handlers: writing } }, more)
      const [delivery] = (await lastro.webhooks.list()).items
      await lastro.webhooks.replay(delivery?.id ?? '')
      await lastro.tick()
      expect((await events('provider.changed')).map(({ ref }) => ref)).toEqual(['i1', 'i2'])
      expect(await hostRows()).toEqual(['a:updated'])
      expect((await lastro.webhooks.list()).items).toMatchObject([{ adapterVersion: '1.1.0' }])
    })

    it('tries again what nothing of ours was waiting for', async () => {
      await deliver({ id: 'a', tells: [payoutNews('pout_later', 'paid')] })
      await lastro.tick()
      const [delivery] = (await lastro.webhooks.list()).items
      await lastro.webhooks.replay(delivery?.id ?? '')
      await lastro.tick()
      expect(await audits('webhook.unmatched')).toHaveLength(2)
    })

    it('of a filter and a range runs those, oldest first, and is audited', async () => {
      let isBroken = true
      const throwing: Partial<WebhookSource> = {
        translate: ({ topic }) => {
          if (isBroken) throw new Error('a bug')
          return [changed(topic, 'updated')]
        },
      }
      lastro = engine({ webhooks: { handlers: writing } }, throwing)
      const from = db.clock.now()
      for (const [index, topic] of ['item', 'payout', 'item', 'item'].entries()) {
        await deliver({ id: `d${index}`, topic })
        await db.clock.advance(1_000)
      }
      const to = db.clock.now()
      await deliver({ id: 'd4', topic: 'item' })
      await untilSettled()
      expect(await states()).toEqual(['dead', 'dead', 'dead', 'dead', 'dead'])
      isBroken = false
      const filter = { provider: 'bank', topic: 'item', from, to, limit: 2 }
      expect(await lastro.webhooks.replay(filter)).toEqual({ replayed: 2 })
      await lastro.tick()
      expect((await hostRows()).sort()).toEqual(['d0:updated', 'd2:updated'])
      expect(await lastro.webhooks.replay(filter)).toEqual({ replayed: 1 })
      expect(await lastro.webhooks.replay({ to })).toEqual({ replayed: 1 })
      const { to: _to, from: _from, limit: _limit, ...told } = filter
      expect((await audits('webhook.replayed')).map(({ details }) => details)).toMatchObject([
        { replayed: 1, filter: { state: 'dead', to: to.toISOString() } },
        { replayed: 1, filter: told },
        { replayed: 2, filter: { ...told, from: from.toISOString() } },
      ])
      const wrong = lastro.webhooks.replay({ state: 'lost' as never })
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'state' } })
      await expect(lastro.webhooks.replay('whd_none')).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  describe('for operators', () => {
    it('a dead delivery tells its errors, by adapter version, and what it holds, without secrets', async () => {
      lastro = engine({}, { translate: () => JSON.parse('{') })
      await deliver({ id: 'a', topic: 'item', client_secret: 'canary', note: 'kept' })
      await untilSettled()
      const [dead] = (await lastro.webhooks.list({ state: 'dead', topic: 'item' })).items
      const found = await lastro.webhooks.inspect(dead?.id ?? '')
      expect(found).toMatchObject({
        state: 'dead',
        adapterVersion: '1.0.0',
        content: { note: 'kept', client_secret: '[secret]' },
        tells: null,
      })
      expect(found.history.map(({ number, adapterVersion }) => [number, adapterVersion])).toEqual(
        [1, 2, 3, 4, 5, 6, 7, 8].map((number) => [number, '1.0.0']),
      )
      const mended = await engine({}, { translate: () => [changed('i', 'x')] }).webhooks.inspect(found.id)
      expect(mended.tells).toMatchObject([{ kind: 'changed', ref: 'i' }])
      await expect(lastro.webhooks.inspect('whd_none')).rejects.toMatchObject({ code: 'not_found' })
    })

    it('metrics tell depth, age, rate and failures by type, as JSON and as text', async () => {
      await deliver({ id: 'a', tells: [changed('i', 'x')] })
      await lastro.tick()
      await deliver({ id: 'b', topic: 'item' })
      await db.clock.advance(90_000)
      await deliver({ id: 'c', topic: 'item' }, 'wrong')
      const metrics = await lastro.webhooks.metrics({ windowMinutes: 10 })
      expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics)
      const none = { superseded: 0, unrecognised: 0, dead: 0, received: 1, perMinute: 0.1 }
      expect(metrics.topics).toEqual(
        expect.arrayContaining([
          { ...none, provider: 'bank', topic: 'payout', applied: 1, depth: 0, oldestAgeMs: 0 },
          { ...none, provider: 'bank', topic: 'item', applied: 0, depth: 1, oldestAgeMs: 90_000 },
        ]),
      )
      const text = webhookMetricsText(metrics)
      expect(text).toContain('lastro_webhooks_depth{provider="bank",topic="item"} 1\n')
      expect(text).toContain('lastro_webhooks_oldest_age_ms{provider="bank",topic="item"} 90000\n')
      expect(text).toContain('lastro_webhooks_rejected{provider="bank",topic="",reason="bad_signature"} 1\n')
      await expect(lastro.webhooks.metrics({ windowMinutes: 0 })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    })
  })

  describe('keeping', () => {
    it('empties bodies, then deletes rows, never of what was not applied', async () => {
      lastro = engine({ webhooks: { retention: { bodyDays: 1, rowDays: 10 } } })
      await deliver({ id: 'a', tells: [changed('i', 'x')], client_secret: 'canary-gone' })
      await lastro.tick()
      await deliver({ id: 'b', tells: [{ kind: 'wrong' } as never] })
      await untilSettled()
      await db.clock.advance(2 * DAY_MS)
      await lastro.tick()
      const [b, a] = (await lastro.webhooks.list()).items
      expect([a?.emptiedAt, b?.emptiedAt, b?.state]).toEqual([expect.any(Date), null, 'dead'])
      expect((await lastro.webhooks.inspect(a?.id ?? '')).content).toBeNull()
      const again = await lastro.webhooks.replay(a?.id ?? '').catch((error: unknown) => error)
      expect(isLastroError(again, 'delivery_emptied')).toBe(true)
      expect((await deliver({ id: 'a' })).result).toBe('duplicate')
      await db.clock.advance(10 * DAY_MS)
      await lastro.tick()
      expect((await lastro.webhooks.list()).items.map(({ deliveryId }) => deliveryId)).toEqual(['b'])
    })

    it.each([
      [{ rowDays: 3 }, 'rowDays'],
      [{ bodyDays: 9, rowDays: 8 }, 'bodyDays'],
      [{ bodyDays: -1 }, 'bodyDays'],
    ])('refuses %j', (retention, field) => {
      expect(() => engine({ webhooks: { retention } })).toThrowError(
        expect.objectContaining({
          details: expect.objectContaining({ field: `webhooks.retention.${field}` }),
        }),
      )
    })

    it('takes up a delivery whose job is gone', async () => {
      await deliver({ id: 'a', tells: [changed('i', 'x')] })
      await db.sql.query('delete from lastro_jobs.job_common')
      await db.clock.advance(3_700_000)
      await lastro.tick()
      expect(await states()).toEqual(['applied'])
    })
  })
})
