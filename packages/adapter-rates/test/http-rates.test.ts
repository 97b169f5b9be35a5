import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isProviderError, type ProviderErrorKind, Rate, secret } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpRatesOptions, httpRates } from '../src/index.ts'

const clock = manualClock('2026-03-02T12:00:00.000Z')
const pair = { base: 'POL.polygon/18', quote: 'BRL/2' } as const

let answer: (request: IncomingMessage, response: ServerResponse) => void
const seen: { url: string | undefined; headers: IncomingMessage['headers'] }[] = []
const server = createServer((request, response) => {
  seen.push({ url: request.url, headers: request.headers })
  answer(request, response)
})
let origin = ''

const says = (body: string, status = 200, headers: Record<string, string> = {}): void => {
  answer = (_request, response) => response.writeHead(status, headers).end(body)
}
const source = (options: Partial<HttpRatesOptions> = {}) =>
  httpRates({ id: 'acme', url: `${origin}/{base}-{quote}`, path: 'price', clock, ...options }).rates

async function troubleOf(promise: Promise<unknown>): Promise<{ kind: ProviderErrorKind; error: Error }> {
  const error: unknown = await promise.then(
    (value) => expect.unreachable(`answered ${String(value)}`),
    (thrown) => thrown,
  )
  if (!isProviderError(error)) throw error
  return { kind: error.kind, error }
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  seen.length = 0
})

describe('an exact rate', () => {
  it.each([
    ['{"price":"2.2222"}', '2.2222'],
    ['{"price":2.2222}', '2.2222'],
    ['{"price":5.10}', '5.1'],
    // Neither fits a float: 0.1234567890123456789 and 9007199254740993.
    ['{"price":0.1234567890123456789}', '0.1234567890123456789'],
    ['{"price":9007199254740993}', '9007199254740993'],
    ['{"price":1.5e-7}', '0.00000015'],
  ])('from %s', async (body, text) => {
    says(body)
    const observed = await source().rate(pair)
    expect(observed).toEqual({ rate: Rate.of(pair, text), observedAt: clock.now() })
    expect(seen[0]?.url).toBe('/POL-BRL')
  })

  it('from deep inside, by the symbol of the pair, with the source’s time', async () => {
    says('{"result":{"POL/BRL":[{"bid":"2.1","ask":"2.3","time":"1772452740"}]}}')
    const rates = source({
      url: `${origin}/latest?symbols={symbol}&key=k`,
      path: ['result', '{symbol}', '0', 'bid'],
      observedAtPath: ['result', '{symbol}', '0', 'time'],
      observedAtFormat: 'seconds',
      pairs: { 'POL.polygon/18': { 'BRL/2': 'POL/BRL' } },
    })
    const observed = await rates.rate(pair)
    expect(observed?.rate).toEqual(Rate.of(pair, '2.1'))
    expect(observed?.observedAt.toISOString()).toBe('2026-03-02T11:59:00.000Z')
    expect(seen[0]?.url).toBe('/latest?symbols=POL%2FBRL&key=k')
  })

  it.each([
    ['iso', '"2026-03-02T08:59:00-03:00"', '2026-03-02T11:59:00.000Z'],
    ['milliseconds', '1772452740000', '2026-03-02T11:59:00.000Z'],
    // A little ahead of our clock is cut to our clock.
    ['seconds', '1772452830', '2026-03-02T12:00:00.000Z'],
  ] as const)('with a time written as %s', async (observedAtFormat, written, expected) => {
    says(`{"price":"2.1","at":${written}}`)
    const observed = await source({ observedAtPath: 'at', observedAtFormat }).rate(pair)
    expect(observed?.observedAt.toISOString()).toBe(expected)
  })

  it('asks where a function says, with headers whose secrets are opened for the call only', async () => {
    says('{"price":"2.1"}')
    const rates = source({
      url: ({ base, quote }) => `${origin}/${base.length}/${quote.length}`,
      headers: { 'x-api-key': secret('very-secret') },
    })
    await rates.rate(pair)
    expect(seen[0]).toMatchObject({ url: '/14/5', headers: { 'x-api-key': 'very-secret' } })
  })
})

describe('a pair the source does not know', () => {
  it('is null without asking, when it is not among the pairs', async () => {
    const rates = source({ pairs: { 'BRL/2': { 'POL.polygon/18': 'BRLPOL' } } })
    expect(await rates.rate(pair)).toBeNull()
    expect(seen).toHaveLength(0)
  })

  it('is null by 404 when no pairs are listed, and by no other status', async () => {
    says('{}', 404)
    expect(await source().rate(pair)).toBeNull()
    says('{}', 400)
    expect((await troubleOf(source().rate(pair))).kind).toBe('invalid_request')
    expect(await source({ unknownPairStatuses: [400] }).rate(pair)).toBeNull()
  })

  it('is trouble when a listed pair is not found', async () => {
    says('{}', 404)
    const rates = source({ pairs: { 'POL.polygon/18': { 'BRL/2': 'POLBRL' } } })
    expect((await troubleOf(rates.rate(pair))).kind).toBe('invalid_request')
  })
})

describe('trouble throws', () => {
  it.each([
    [500, 'unavailable'],
    [503, 'unavailable'],
    [429, 'rate_limited'],
    [401, 'unauthorized'],
    [302, 'unexpected_answer'],
  ] as const)('on status %d', async (status, kind) => {
    says('{"price":"2.1"}', status, { location: '/elsewhere' })
    expect((await troubleOf(source().rate(pair))).kind).toBe(kind)
    expect(seen).toHaveLength(1)
  })

  it.each([
    ['no JSON', '<html>2.1</html>'],
    ['nothing at the path', '{"cost":"2.1"}'],
    ['an inherited member', '{}', { path: 'constructor.name' }],
    ['null', '{"price":null}'],
    ['zero', '{"price":0}'],
    ['a negative rate', '{"price":-2.1}'],
    ['a comma', '{"price":"2,1"}'],
    ['too many places', '{"price":1e-31}'],
    ['no time', '{"price":"2.1"}', { observedAtPath: 'at' }],
    ['a local time', '{"price":"2.1","at":"2026-03-02T08:59:00"}', { observedAtPath: 'at' }],
    ['a time to come', '{"price":"2.1","at":"2026-03-02T12:01:01Z"}', { observedAtPath: 'at' }],
    ['no day', '{"price":"2.1","at":"2026-02-31T25:00:00Z"}', { observedAtPath: 'at' }],
  ] as const)('on an answer with %s', async (_what, body, options?: Partial<HttpRatesOptions>) => {
    says(body)
    expect((await troubleOf(source(options).rate(pair))).kind).toBe('unexpected_answer')
  })

  it('when the answer is larger than the limit', async () => {
    says(`{"price":"2.1","pad":"${'x'.repeat(2_000)}"}`)
    expect((await troubleOf(source({ maxBodyBytes: 1_000 }).rate(pair))).kind).toBe('unavailable')
  })

  it('when no answer comes in time', async () => {
    answer = () => undefined
    expect((await troubleOf(source({ timeoutMs: 30 }).rate(pair))).kind).toBe('unavailable')
  })

  it('when the caller gives up', async () => {
    const rates = source()
    const controller = new AbortController()
    answer = () => controller.abort()
    const trouble = await troubleOf(rates.rate({ ...pair, signal: controller.signal }))
    expect(trouble.kind).toBe('unavailable')
  })

  it('and shows neither address nor header', async () => {
    says('{"secret":"body-secret"}', 500)
    const rates = source({ url: `${origin}/?key=url-secret`, headers: { authorization: 'header-secret' } })
    const { error } = await troubleOf(rates.rate(pair))
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 10 })).not.toMatch(/url-secret|header-secret|body-secret/)
  })
})

describe('options', () => {
  it.each([
    [{ url: 'http://rates.example/x' }, /options.url must be an https: address/],
    [{ url: 'ftp://rates.example' }, /options.url/],
    [{ url: 'https://user:secret@rates.example' }, /options.url/],
    [{ url: 'https://rates.example/{pair}' }, /options.url may name \{base\}/],
    [{ url: 'https://rates.example/{symbol}' }, /options.url names \{symbol\}, which needs/],
    [{ path: '' }, /options.path must be 1 to 20 steps/],
    [{ path: 'a..b' }, /options.path/],
    [{ path: ['a', 1] }, /options.path/],
    [{ observedAtPath: '{symbol}' }, /options.observedAtPath names \{symbol\}/],
    [{ observedAtFormat: 'unix' }, /options.observedAtFormat must be one of iso/],
    [{ timeoutMs: 0 }, /options.timeoutMs/],
    [{ maxBodyBytes: 1.5 }, /options.maxBodyBytes/],
    [{ id: 'My Rates' }, /rates: options.id must be/],
    [{ clock: {} }, /options.clock must have now/],
    [{ headers: { 'x key': 'very-secret' } }, /options.headers\["x key"\]/],
    [{ headers: { 'x-key': 'very-secret\n' + 'y' } }, /options.headers\["x-key"\]/],
    [{ pairs: { POL: { 'BRL/2': 'POLBRL' } } }, /options.pairs\["POL"\]\["BRL\/2"\] must name two asset ids/],
    [{ pairs: { 'POL.polygon/18': { 'BRL/2': '' } } }, /must be a symbol/],
    [{ unknownPairStatuses: [200] }, /options.unknownPairStatuses/],
    [{ fetch: 'fetch' }, /options.fetch/],
    [{ pair: {} }, /options.pair is none of id, url/],
  ])('refuses %j', (options, message) => {
    const good = { url: 'https://rates.example', path: 'price', clock }
    const make = (): unknown => httpRates({ ...good, ...options } as unknown as HttpRatesOptions)
    expect(make).toThrow(message)
    expect(make).not.toThrow(/very-secret|user:secret/)
  })

  it('refuses the address a function gave, and asks nobody', async () => {
    const rates = source({ url: () => 'http://rates.example/x' })
    expect((await troubleOf(rates.rate(pair))).kind).toBe('misconfigured')
  })
})
