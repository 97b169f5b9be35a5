import { describe, expect, it } from 'vitest'
import type { RawDelivery, Verdict, WebhookSource } from '../../spec/index.ts'
import { type IncomingDelivery, toArrival } from './arrival.ts'
import { type Guards, LAYERS, type Layer, passLayers, typeOf } from './layers.ts'
import { createRateLimiter, DEFAULT_RATE_LIMIT } from './rate-limit.ts'
import { createRecent } from './recent.ts'

const AT = new Date('2026-03-02T12:00:00Z')
const AUTHENTIC: Verdict = { kind: 'authentic', deliveryId: 'd1', topic: 'paid' }

const guards = (): Guards => ({
  recent: createRecent(2),
  limiter: createRateLimiter({ 'bank/paid': { perSecond: 1, burst: 1 } }),
})
const raw: IncomingDelivery = { url: '/', headers: {}, body: new Uint8Array(3) }

function arriving(verdict: Verdict | (() => never) = AUTHENTIC, incoming: Partial<IncomingDelivery> = {}) {
  let asked = 0
  const thrown: unknown[] = []
  const source: WebhookSource = {
    specVersion: 1,
    maxBodyBytes: 10,
    eventTypes: [{ type: 'paid', does: 'applied', becomes: 'payout paid' }],
    async verify(_delivery: RawDelivery) {
      asked += 1
      return typeof verdict === 'function' ? verdict() : verdict
    },
    translate: () => [],
  }
  const call = { provider: 'bank', source, receivedAt: AT, onThrow: (error: unknown) => thrown.push(error) }
  return { arrival: toArrival({ ...raw, ...incoming }, call), asked: () => asked, thrown }
}
const layer = (name: Layer['name']): Layer['check'] => {
  const found = LAYERS.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no layer ${name}`)
  return found.check
}
const rejected = (reason: 'bad_signature' | 'foreign' | 'stale' | 'malformed'): Verdict => ({
  kind: 'rejected',
  reason,
})

describe('each layer', () => {
  it('stands in its place', () => {
    expect(LAYERS.map(({ name }) => name)).toEqual([
      'bytes',
      'size',
      'authenticity',
      'tolerance',
      'structure',
      'duplicate',
      'event_type',
      'rate',
    ])
  })

  it.each([
    ['an object', { id: 1 }, 'object'],
    ['a text', 'hello', 'string'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('bytes: %s is no body', (_what, body, found) => {
    const { arrival } = arriving(AUTHENTIC, { body: body as never })
    const check = () => layer('bytes')(arrival, guards())
    expect(check).toThrowError(expect.objectContaining({ code: 'webhook_body_parsed', details: { found } }))
  })

  it('size: the adapter says how much is read, to the byte', async () => {
    const of = (length: number) =>
      layer('size')(arriving(AUTHENTIC, { body: new Uint8Array(length) }).arrival, guards())
    expect(await of(10)).toBeNull()
    expect(await of(11)).toEqual({ kind: 'refused', reason: 'too_large' })
  })

  it.each([
    ['authenticity', 'bad_signature'],
    ['authenticity', 'foreign'],
    ['tolerance', 'stale'],
    ['structure', 'malformed'],
  ] as const)('%s: refuses what the adapter calls %s, and nothing else', async (name, reason) => {
    for (const other of ['bad_signature', 'foreign', 'stale', 'malformed'] as const) {
      const stop = await layer(name)(arriving(rejected(other)).arrival, guards())
      const isMine =
        other === reason || (name === 'authenticity' && (other === 'foreign' || other === 'bad_signature'))
      expect(stop).toEqual(isMine ? { kind: 'refused', reason: other } : null)
    }
    expect(await layer(name)(arriving().arrival, guards())).toBeNull()
  })

  it('structure: an adapter that throws has not said authentic', async () => {
    const { arrival, thrown } = arriving(() => {
      throw new Error('a bug')
    })
    expect(await passLayers(arrival, guards())).toMatchObject({ layer: 'structure', reason: 'malformed' })
    expect(thrown).toHaveLength(1)
  })

  it('duplicate: what was stored lately is known, by provider; the oldest is forgotten', async () => {
    const { recent, limiter } = guards()
    const check = (deliveryId: string) =>
      layer('duplicate')(arriving({ ...AUTHENTIC, deliveryId }).arrival, { recent, limiter })
    for (const deliveryId of ['d1', 'd2']) recent.add({ provider: 'bank', deliveryId })
    recent.add({ provider: 'other', deliveryId: 'd3' })
    expect([await check('d1'), await check('d2'), await check('d3')]).toEqual([
      null,
      { kind: 'duplicate' },
      null,
    ])
  })

  it('event type: one that is not listed stops nothing and is marked', async () => {
    const { arrival } = arriving({ ...AUTHENTIC, topic: 'brand.new' })
    expect(await layer('event_type')(arrival, guards())).toBeNull()
    expect([await typeOf(arrival), await typeOf(arriving().arrival)]).toEqual(['?', 'paid'])
  })

  it('rate: over the limit of its type it is told when to come again', async () => {
    const kept = guards()
    const check = (topic: string) => layer('rate')(arriving({ ...AUTHENTIC, topic }).arrival, kept)
    expect(await check('paid')).toBeNull()
    expect(await check('paid')).toEqual({ kind: 'refused', reason: 'rate_limited', retryAfterMs: 1_000 })
    expect(await check('another')).toBeNull()
  })
})

describe('passing all layers', () => {
  it('stops at the first, and asks the adapter once, after the size', async () => {
    const large = arriving(rejected('bad_signature'), { body: new Uint8Array(11) })
    expect(await passLayers(large.arrival, guards())).toMatchObject({ layer: 'size' })
    expect(large.asked()).toBe(0)
    const whole = arriving()
    expect(await passLayers(whole.arrival, guards())).toBeNull()
    expect(whole.asked()).toBe(1)
  })

  it('a duplicate takes nothing from the rate', async () => {
    const kept = guards()
    kept.recent.add({ provider: 'bank', deliveryId: 'd1' })
    for (let count = 0; count < 3; count += 1)
      expect(await passLayers(arriving().arrival, kept)).toMatchObject({ kind: 'duplicate' })
    expect(await passLayers(arriving({ ...AUTHENTIC, deliveryId: 'd2' }).arrival, kept)).toBeNull()
  })

  it.each([
    ['no delivery id', { deliveryId: '' }, { kind: 'rejected', reason: 'malformed' }],
    ['NUL and half a pair', { deliveryId: 'a\0\ud800' }, { deliveryId: 'a\ufffd\ufffd' }],
    [
      'an endless id',
      { deliveryId: 'x'.repeat(300) },
      { deliveryId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    ],
    ['a sequence of no subject', { sequence: '1' }, { kind: 'authentic', deliveryId: 'd1', topic: 'paid' }],
    ['an endless type', { topic: 'x'.repeat(300) }, { topic: 'x'.repeat(255) }],
  ] as const)('facts fit every table: %s', async (_what, facts, wanted) => {
    expect(await arriving({ ...AUTHENTIC, ...facts }).arrival.verdict()).toMatchObject(wanted)
  })
})

describe('a rate limit', () => {
  const at = (ms: number) => new Date(AT.getTime() + ms)

  it('refills with time up to its burst, and not when the clock is set back', () => {
    const { take } = createRateLimiter({ '*': { perSecond: 10, burst: 2 } })
    const of = (ms: number) => take({ provider: 'p', type: 't', at: at(ms) })
    expect([of(0), of(0), of(0), of(100), of(100), of(50), of(10_000), of(10_000), of(10_000)]).toEqual([
      0, 0, 100, 0, 100, 100, 0, 0, 100,
    ])
  })

  it('is that of the type, else of the provider, else of all, else the default', () => {
    const limits = {
      'p/t': { perSecond: 1, burst: 1 },
      p: { perSecond: 1, burst: 2 },
      '*': { perSecond: 1, burst: 3 },
    }
    const count = (limited: typeof limits | undefined, provider: string, type: string) => {
      const { take } = createRateLimiter(limited)
      let passed = 0
      while (take({ provider, type, at: AT }) === 0) passed += 1
      return passed
    }
    expect([count(limits, 'p', 't'), count(limits, 'p', 'u'), count(limits, 'q', 't')]).toEqual([1, 2, 3])
    expect(count(undefined, 'q', 't')).toBe(DEFAULT_RATE_LIMIT.burst)
  })

  it.each([
    [{ perSecond: 0, burst: 1 }, 'webhooks.rateLimits.p.perSecond'],
    [{ perSecond: Number.NaN, burst: 1 }, 'webhooks.rateLimits.p.perSecond'],
    [{ perSecond: 1, burst: 0.5 }, 'webhooks.rateLimits.p.burst'],
  ])('that lets nothing pass is refused: %j', (limit, field) => {
    expect(() => createRateLimiter({ p: limit })).toThrowError(
      expect.objectContaining({ code: 'invalid_input', details: expect.objectContaining({ field }) }),
    )
  })
})
