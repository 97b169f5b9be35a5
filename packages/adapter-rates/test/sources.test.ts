import { isProviderError, Rate } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { describe, expect, it } from 'vitest'
import { ptaxRates, redisCache, tickerRates } from '../src/index.ts'

const clock = manualClock('2026-03-02T16:30:00.000Z')
const asked: string[] = []
const answering =
  (body: string): typeof globalThis.fetch =>
  async (input, init) => {
    asked.push(new Request(input, init).url)
    return new Response(body, { headers: { 'content-type': 'application/json' } })
  }

describe('PTAX', () => {
  const bulletin =
    '{"@odata.context":"x","value":[{"paridadeCompra":1.0,"paridadeVenda":1.0,"cotacaoCompra":5.12340,' +
    '"cotacaoVenda":5.12400,"dataHoraCotacao":"2026-03-02 13:08:21.471","tipoBoletim":"Fechamento"}]}'
  const pair = { base: 'USD/2', quote: 'BRL/2' } as const
  const source = (body: string, side?: 'buy') =>
    ptaxRates({
      currencies: { 'USD/2': 'USD' },
      clock,
      fetch: answering(body),
      ...(side === undefined ? {} : { side }),
    }).rates

  it('is read exactly, with its time as one of Brasília', async () => {
    asked.length = 0
    const told = await source(bulletin).rate(pair)
    expect(told).toEqual({ rate: Rate.of(pair, '5.124'), observedAt: new Date('2026-03-02T16:08:21.471Z') })
    const [url = ''] = asked
    expect(decodeURIComponent(url)).toContain(
      "@moeda='USD'&@dataInicial='02-20-2026'&@dataFinalCotacao='03-02-2026'",
    )
    expect(decodeURIComponent(url)).toContain("startswith(tipoBoletim,'Fechamento')")
  })
  it('has a side for those who buy', async () => {
    expect((await source(bulletin, 'buy').rate(pair))?.rate).toEqual(Rate.of(pair, '5.1234'))
  })
  it('throws when there was no bulletin, and is null for what it does not list', async () => {
    const none = await source('{"value":[]}')
      .rate(pair)
      .catch((error: unknown) => error)
    expect(isProviderError(none) && none.kind).toBe('unexpected_answer')
    expect(await source(bulletin).rate({ base: 'EUR/2', quote: 'BRL/2' })).toBeNull()
    expect(await source(bulletin).rate({ base: 'USD/2', quote: 'USD/2' })).toBeNull()
  })
  it('refuses a currency that is no code', () => {
    expect(() => ptaxRates({ currencies: { 'USD/2': 'usd' }, clock })).toThrow('options.currencies["USD/2"]')
  })
})

describe('tickers', () => {
  it.each([
    [
      'binance',
      'USDTBRL',
      '{"symbol":"USDTBRL","bidPrice":"5.20100000","askPrice":"5.20200000"}',
      '5.201',
      clock.now(),
    ],
    [
      'okx',
      'PI-USDT',
      '{"code":"0","data":[{"instId":"PI-USDT","bidPx":"0.20311","askPx":"0.2032","ts":"1772468999000"}]}',
      '0.20311',
      new Date(1_772_468_999_000),
    ],
  ] as const)('%s tells the best bid of %s', async (exchange, symbol, body, text, observedAt) => {
    const pair = { base: 'PI/7', quote: 'USDT/6' } as const
    asked.length = 0
    const { rates } = tickerRates({
      exchange,
      pairs: { 'PI/7': { 'USDT/6': symbol } },
      clock,
      fetch: answering(body),
    })
    expect(await rates.rate(pair)).toEqual({ rate: Rate.of(pair, text), observedAt })
    expect(asked[0]).toContain(symbol)
  })
  it('refuse an exchange nobody knows', () => {
    expect(() => tickerRates({ exchange: 'acme' as 'okx', pairs: {}, clock })).toThrow(
      'options.exchange must be one of',
    )
  })
})

describe('the cache in Redis', () => {
  const heard: unknown[] = []
  const hear = async (parts: readonly string[], found: string | null) => {
    heard.push(parts)
    return parts[0] === 'GET' ? found : 'OK'
  }
  const clients = {
    ioredis: {
      call: (...parts: string[]) => hear(parts, 'kept'),
      sendCommand: async () => expect.unreachable('ioredis takes commands of its own here'),
    },
    'node-redis': { sendCommand: (parts: string[]) => hear(parts, null) },
  }
  it.each([
    ['ioredis', 'kept'],
    ['node-redis', null],
  ] as const)('speaks with %s', async (name, found) => {
    heard.length = 0
    const cache = redisCache(clients[name])
    await cache.set('a', 'b', { ttlMs: 60_000.7 })
    expect(await cache.get('a')).toBe(found)
    expect(heard).toEqual([
      ['SET', 'a', 'b', 'PX', '60000'],
      ['GET', 'a'],
    ])
  })
})
