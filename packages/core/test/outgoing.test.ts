import { isLastroError, reveal } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type Engine, endpoint, idsOf, KEY, onlyDelivery, verified } from './outgoing-world.ts'

const PAID = { type: 'payment.paid', data: { id: 'pay_1', amount: '19.99', version: 3 } } as const
const MINUTE = 60_000
const HOUR = 60 * MINUTE

eachDatabase((db) => {
  let world: ReturnType<typeof createWorld>
  let lastro: Engine

  beforeEach(async () => {
    await db.truncate()
    world = createWorld(db)
    lastro = world.engine()
    await lastro.migrate()
  })

  const states = async () => (await lastro.outgoing.deliveries.list()).items.map(({ state }) => state)
  const eventTypes = async () => (await lastro.events.read()).map(({ type }) => type)

  describe('a message', () => {
    it('reaches each endpoint of its customer that takes its type, in the form of Standard Webhooks', async () => {
      const all = await endpoint(lastro, 'all', { customer: 'c1' })
      const exact = await endpoint(lastro, 'exact', { customer: 'c1', eventTypes: ['a.b', 'payment.paid'] })
      const group = await endpoint(lastro, 'group', { customer: 'c1', eventTypes: ['payment.*'] })
      await endpoint(lastro, 'other-type', { customer: 'c1', eventTypes: ['payment', 'payout.*', 'pay.*'] })
      await endpoint(lastro, 'other-customer', { customer: 'c2' })
      await endpoint(lastro, 'host')
      const sent = await lastro.outgoing.send({
        ...PAID,
        customer: 'c1',
        occurredAt: new Date('2026-03-01T10:00:00Z'),
      })
      expect(sent.deliveries).toBe(3)
      await lastro.tick()
      expect(world.requests.map(({ url }) => url).sort()).toEqual([all.url, exact.url, group.url].sort())
      for (const { url, secret } of [all, exact, group]) {
        const request = world.requests.find((one) => one.url === url)
        expect(request?.headers).toMatchObject({
          'content-type': 'application/json',
          'webhook-id': sent.id,
          'webhook-timestamp': String(Math.floor(db.clock.now().getTime() / 1_000)),
        })
        if (request === undefined) throw new Error(`nothing came to ${url}`)
        expect(verified(request, { secret, now: db.clock.now() })).toEqual({
          type: 'payment.paid',
          timestamp: '2026-03-01T10:00:00.000Z',
          data: PAID.data,
        })
      }
      // One secret for each endpoint: that of another does not verify.
      const [first] = world.requests
      const foreign = [all, exact, group].find(({ url }) => url !== first?.url)
      if (first === undefined || foreign === undefined) throw new Error('nothing came')
      expect(() => verified(first, { secret: foreign.secret, now: db.clock.now() })).toThrow('No matching')
      expect(await states()).toEqual(['delivered', 'delivered', 'delivered'])
    })

    it("commits with the host's row, or not at all", async () => {
      await endpoint(lastro, 'a')
      const failed = db.hostTransaction(async ({ tx }) => {
        await lastro.outgoing.send(PAID, { tx })
        throw new Error('the host thinks again')
      })
      await expect(failed).rejects.toThrow('thinks again')
      await lastro.tick()
      expect([world.requests.length, await states()]).toEqual([0, []])
      await db.hostTransaction(({ tx }) => lastro.outgoing.send(PAID, { tx }))
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
    })

    it('is one for one key, however often it is sent', async () => {
      await endpoint(lastro, 'a')
      const once = await lastro.outgoing.send({ ...PAID, idempotencyKey: 'k1' })
      expect(await lastro.outgoing.send({ ...PAID, idempotencyKey: 'k1' })).toEqual(once)
      const other = lastro.outgoing.send({ ...PAID, data: { id: 'pay_2' }, idempotencyKey: 'k1' })
      await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' })
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
    })

    it('can be read with its text, and tested on one endpoint whatever it takes', async () => {
      const { id } = await endpoint(lastro, 'a', { eventTypes: ['never.sent'] })
      await endpoint(lastro, 'b')
      const sent = await lastro.outgoing.sendTest(id)
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
      expect(JSON.parse((await lastro.outgoing.message(sent.id)).body)).toMatchObject({
        type: 'webhook.test',
        data: { endpoint: id },
      })
    })

    it.each<[string, unknown]>([
      ['type: must be groups of', { type: 'payment paid', data: {} }],
      ['type: must be groups of', { type: '', data: {} }],
      ['data: must be JSON', { type: 'a.b', data: { amount: 1n } }],
      ['data: must be an object of JSON', { type: 'a.b', data: 'text' }],
      ['data: must make a body of at most 65536 bytes', { type: 'a.b', data: { text: 'x'.repeat(70_000) } }],
      ['customer: must not be empty', { type: 'a.b', data: {}, customer: '' }],
      ['to: is not a known field', { type: 'a.b', data: {}, to: 'c1' }],
    ])('is refused that breaks the rule %s', async (message, input) => {
      await expect(lastro.outgoing.send(input as never)).rejects.toThrow(message)
    })
  })

  describe('a failed attempt', () => {
    it('is tried again by the schedule with some spread, under one id, and ends dead', async () => {
      lastro = world.engine({ scheduleMs: [0, 5_000, 5 * MINUTE] })
      const { id, url } = await endpoint(lastro, 'a')
      world.answers.set(url, [
        500,
        { error: 'timeout' },
        { status: 301, headers: { location: 'https://x.example' } },
      ])
      const { id: messageId } = await lastro.outgoing.send(PAID)
      await lastro.tick()
      const first = await onlyDelivery(lastro, id)
      const wait = first.delivery.dueAt.getTime() - db.clock.now().getTime()
      expect(wait).toBeGreaterThanOrEqual(5_000)
      expect(wait).toBeLessThanOrEqual(6_000)
      await db.clock.advance(wait - 1)
      await lastro.tick()
      expect(world.requests).toHaveLength(1)
      await db.clock.advance(1)
      await lastro.tick()
      await db.clock.advance(6 * MINUTE)
      await lastro.tick()
      const { delivery, attempts } = await onlyDelivery(lastro, id)
      expect(delivery).toMatchObject({
        state: 'exhausted',
        attempts: 3,
        lastStatus: 301,
        lastError: 'status',
      })
      expect(attempts.map(({ number, status, error }) => [number, status, error])).toEqual([
        [1, 500, 'status'],
        [2, null, 'timeout'],
        [3, 301, 'status'],
      ])
      expect(new Set(idsOf(world.requests))).toEqual(new Set([messageId]))
      const times = world.requests.map(({ headers }) => headers['webhook-timestamp'])
      expect(new Set(times).size).toBe(3)
      expect(await eventTypes()).toEqual(['outgoing.delivery_exhausted'])
      expect((await lastro.outgoing.deliveries.dead()).items.map((one) => one.id)).toEqual([delivery.id])
      // Nothing is left to do.
      await db.clock.advance(100 * HOUR)
      await lastro.tick()
      expect(world.requests).toHaveLength(3)
    })

    it('is replayed by hand under the same id, with the whole schedule before it', async () => {
      lastro = world.engine({ scheduleMs: [0] })
      const { id, url, secret } = await endpoint(lastro, 'a')
      world.answers.set(url, [500])
      const { id: messageId } = await lastro.outgoing.send(PAID)
      await lastro.tick()
      const { delivery } = await onlyDelivery(lastro, id)
      await lastro.outgoing.deliveries.replay(delivery.id)
      await lastro.tick()
      expect(idsOf(world.requests)).toEqual([messageId, messageId])
      expect((await onlyDelivery(lastro, id)).delivery).toMatchObject({
        state: 'delivered',
        attempts: 2,
        tries: 1,
      })
      const [, second] = world.requests
      if (second !== undefined) verified(second, { secret, now: db.clock.now() })
      await expect(lastro.outgoing.deliveries.replay(delivery.id)).rejects.toMatchObject({
        code: 'illegal_transition',
      })
    })

    it.each([
      [{ status: 429, headers: { 'retry-after': '600' } }, 10 * MINUTE],
      [{ status: 503, headers: { 'retry-after': 'Mon, 02 Mar 2026 12:20:00 GMT' } }, 20 * MINUTE],
      [502, MINUTE],
      [504, MINUTE],
      [{ status: 503, headers: { 'retry-after': 'soon' } }, 5_000],
    ])('with the answer %j gives the endpoint rest', async (answer, restMs) => {
      const { id, url } = await endpoint(lastro, 'a')
      await db.clock.set('2026-03-02T12:00:00.000Z')
      world.answers.set(url, [answer as never])
      await lastro.outgoing.send(PAID)
      await lastro.tick()
      // What comes meanwhile waits as well, and costs no attempt.
      await lastro.outgoing.send(PAID)
      await db.clock.advance(restMs - 1_000)
      await lastro.tick()
      const isRest = restMs > 5_000
      expect(world.requests).toHaveLength(isRest ? 1 : 2)
      await db.clock.advance(6 * MINUTE)
      await lastro.tick()
      const { items } = await lastro.outgoing.deliveries.list({ endpointId: id })
      expect(items.map(({ state, attempts }) => [state, attempts])).toEqual([
        ['delivered', 1],
        ['delivered', 2],
      ])
      expect(await lastro.outgoing.endpoints.get(id)).toMatchObject({ failures: 0, restingUntil: null })
    })

    it('keeps the beginning of the answer, bounded and redacted', async () => {
      const { id, url } = await endpoint(lastro, 'a')
      const body = `\u0000bad Bearer abcdefgh12345678 ${reveal((await endpoint(lastro, 'b', { customer: 'x' })).secret)} ${'y'.repeat(3_000)}`
      world.answers.set(url, [{ status: 500, body }])
      await lastro.outgoing.send(PAID)
      await lastro.tick()
      const answer = (await onlyDelivery(lastro, id)).attempts[0]?.answer ?? ''
      expect(answer).toMatch(/^bad \[secret\] \[secret\] y+$/)
      expect(answer.length).toBeLessThanOrEqual(1_024)
      const silent = world.engine({ keepsAnswers: false })
      world.answers.set(url, [{ status: 200, body: 'fine' }])
      await silent.outgoing.send(PAID)
      await silent.tick()
      const { items } = await silent.outgoing.deliveries.list({ state: 'delivered' })
      const [delivered] = items
      if (delivered === undefined) throw new Error('not delivered')
      expect((await silent.outgoing.deliveries.inspect(delivered.id)).attempts[0]?.answer).toBeNull()
    })
  })

  describe('an endpoint', () => {
    it('that answers 410 is disabled; what it misses is kept, and sent when a person asks', async () => {
      const { id, url } = await endpoint(lastro, 'a', { customer: 'c1' })
      const start = db.clock.now()
      world.answers.set(url, [410])
      await lastro.outgoing.send({ ...PAID, customer: 'c1' })
      await lastro.tick()
      expect(await lastro.outgoing.endpoints.get(id)).toMatchObject({
        state: 'disabled',
        disabledReason: 'gone',
      })
      const [event] = await lastro.events.read({ types: ['outgoing.endpoint_disabled'] })
      expect(event).toMatchObject({ subject: id, data: { reason: 'gone', customer: 'c1' } })
      await lastro.outgoing.send({ ...PAID, customer: 'c1' })
      await lastro.tick()
      expect(await states()).toEqual(['endpoint_disabled', 'endpoint_disabled'])
      await expect(lastro.outgoing.deliveries.replayFailed({ endpointId: id, since: start })).rejects.toThrow(
        /^(since: must be before until|endpoint: is disabled)/,
      )
      await lastro.outgoing.endpoints.enable(id)
      await db.clock.advance(MINUTE)
      expect(await lastro.outgoing.deliveries.replayFailed({ endpointId: id, since: start })).toBe(2)
      await lastro.tick()
      expect(await states()).toEqual(['delivered', 'delivered'])
      expect(world.requests).toHaveLength(3)
    })

    it('that fails for too long is disabled, and rests more and more before that', async () => {
      lastro = world.engine({ disableAfterMs: 6 * HOUR, scheduleMs: Array(50).fill(30 * MINUTE) })
      const { id, url } = await endpoint(lastro, 'a')
      world.answers.set(url, Array(100).fill(500))
      for (let count = 0; count < 3; count += 1) await lastro.outgoing.send(PAID)
      for (let count = 0; count < 60; count += 1) {
        await db.clock.advance(10 * MINUTE)
        await lastro.tick()
      }
      const disabled = await lastro.outgoing.endpoints.get(id)
      expect(disabled).toMatchObject({ state: 'disabled', disabledReason: 'failing' })
      expect(disabled.updatedAt.getTime() - (disabled.failingSince?.getTime() ?? 0)).toBeGreaterThanOrEqual(
        6 * HOUR,
      )
      expect(await eventTypes()).toEqual(['outgoing.endpoint_disabled'])
      const before = world.requests.length
      await db.clock.advance(2 * HOUR)
      await lastro.tick()
      expect(world.requests).toHaveLength(before)
      expect(new Set(await states())).toEqual(new Set(['endpoint_disabled']))
    })

    it('can be changed, disabled, and removed with its secrets', async () => {
      const { id } = await endpoint(lastro, 'a', { customer: 'c1' })
      const moved = await lastro.outgoing.endpoints.update({
        id,
        url: 'https://hook.example.com/new',
        description: 'the new shop',
        eventTypes: ['payment.*'],
      })
      expect(moved).toMatchObject({
        url: 'https://hook.example.com/new',
        description: 'the new shop',
        version: 2,
      })
      expect((await lastro.outgoing.endpoints.disable(id)).disabledReason).toBe('host')
      await lastro.outgoing.endpoints.enable(id)
      await lastro.outgoing.send({ ...PAID, customer: 'c1' })
      await lastro.outgoing.endpoints.remove(id)
      await lastro.tick()
      expect(world.requests).toHaveLength(0)
      expect(await states()).toEqual(['endpoint_disabled'])
      expect(await db.sql.query('select id from lastro.outgoing_secret')).toEqual([])
      expect((await lastro.outgoing.endpoints.list({ customer: 'c1' })).items).toEqual([])
      expect((await lastro.outgoing.endpoints.list({ state: 'removed' })).items).toHaveLength(1)
      await expect(lastro.outgoing.endpoints.enable(id)).rejects.toMatchObject({ code: 'not_found' })
    })

    it.each([
      [{ url: 'http://hook.example.com' }, 'url: must be an https address'],
      [{ url: 'https://hook.example.com', eventTypes: [] }, 'eventTypes: must name at least one type'],
      [{ url: 'https://hook.example.com', eventTypes: ['*.paid'] }, 'eventTypes.0: must be a type'],
      [{ url: 'https://hook.example.com', secret: 'whsec_c2hvcnQ=' }, 'secret: must be whsec_'],
      [{ url: 'https://hook.example.com', tenant: 'x' }, 'tenant: is not a known field'],
    ])('is not made of %j', async (input, message) => {
      await expect(lastro.outgoing.endpoints.create(input as never)).rejects.toThrow(message)
    })
  })

  it('is refused where the host configured nothing, and the engine runs all the same', async () => {
    const { createLastro } = await import('@lastro/core')
    const bare = createLastro({ storage: db.storage, clock: db.clock, providers: {} })
    await bare.tick()
    const error = await bare.outgoing.send(PAID).catch((thrown: unknown) => thrown)
    expect(isLastroError(error, 'invalid_input') && error.message).toContain('outgoing: is not configured')
  })

  it.each([
    [{ encryptionKeys: [] }, 'outgoing.encryptionKeys: is required'],
    [
      { encryptionKeys: [KEY, 'c2hvcnQ='] },
      'outgoing.encryptionKeys[1]: must be the base64 of exactly 32 bytes',
    ],
    [{ sender: {} }, 'outgoing.sender: must be a WebhookSender'],
    [{ timeoutMs: 60_000 }, 'outgoing.timeoutMs: must be a whole number from 1000 to 30000'],
    [{ scheduleMs: [] }, 'outgoing.scheduleMs: must be 1 to 50'],
    [{ fromEvents: ['outgoing.*'] }, 'outgoing.fromEvents: must not name outgoing events'],
    [{ fromEvents: ['*.paid'] }, 'outgoing.fromEvents: "*.paid" is no type'],
  ])('is not configured with %j', (options, message) => {
    expect(() => world.engine(options as never)).toThrow(message)
  })
})
