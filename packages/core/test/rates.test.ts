import {
  type AssetId,
  createLastro,
  isLastroError,
  type ObservedRate,
  Rate,
  type RateOptions,
} from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'

const PI_USD = { base: 'PI/7', quote: 'USD/2' } as const
const USD_BRL = { base: 'USD/2', quote: 'BRL/2' } as const
const PI_BRL = { base: 'PI/7', quote: 'BRL/2' } as const

/** A source whose rates a test writes; null is "I do not know", an Error is trouble. */
type Script = Record<string, string | null | Error>

eachDatabase((db) => {
  let scripts: Record<'first' | 'second', Script>
  let asked: string[]
  let ageMs: number
  /** Of rates of one source, where it is another. */
  let ages: Partial<Record<'first' | 'second', number>>

  const source = (name: 'first' | 'second') => ({
    id: name,
    rates: {
      specVersion: 1,
      async rate({ base, quote }: { base: AssetId; quote: AssetId }): Promise<ObservedRate | null> {
        asked.push(`${name} ${base}`)
        const told = scripts[name][base] ?? null
        if (told instanceof Error) throw told
        const observedAt = new Date(db.clock.now().getTime() - (ages[name] ?? ageMs))
        return told === null ? null : { rate: Rate.of({ base, quote }, told), observedAt }
      },
    } as const,
  })
  const engine = (rates: RateOptions = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { first: source('first'), second: source('second') },
      rates,
    })
  const text = async (promise: Promise<{ rate: Rate }>) => Rate.format((await promise).rate, 6)
  const reason = async (promise: Promise<unknown>): Promise<string> => {
    const error = await promise.then(
      () => expect.unreachable('a rate was given'),
      (thrown: unknown) => thrown,
    )
    if (!isLastroError(error, 'rate_unavailable')) throw error
    return error.message
  }

  beforeEach(async () => {
    await db.truncate()
    scripts = { first: { 'USD/2': '5' }, second: { 'USD/2': '5.1' } }
    asked = []
    ageMs = 0
    ages = {}
  })

  describe(`rates on ${db.name}`, () => {
    it('come from the first source that answers, and are kept while fresh', async () => {
      scripts.first['USD/2'] = new Error('down')
      const { rates } = engine()
      expect(await rates.get(USD_BRL)).toMatchObject({ source: 'second' })
      await rates.get(USD_BRL)
      expect(asked).toEqual(['first USD/2', 'second USD/2'])
    })

    it('live as long as their source says', async () => {
      ageMs = 3_600_000
      const day = 86_400_000
      expect(await reason(engine().rates.get(USD_BRL))).toContain('3600000 ms old')
      const { rates } = engine({ sources: { first: { freshMs: day, maxAgeMs: day } } })
      expect(await rates.get(USD_BRL)).toMatchObject({ source: 'first' })
      asked = []
      await rates.get(USD_BRL)
      expect(asked).toEqual([])
    })

    it('that jump need a second source, and an outlier is passed over', async () => {
      const { rates } = engine()
      await rates.get(USD_BRL)
      scripts.first['USD/2'] = '50'
      expect(await rates.refresh(USD_BRL)).toMatchObject({ source: 'second' })
      scripts.second['USD/2'] = '9'
      expect(await reason(rates.refresh(USD_BRL))).toContain('more than 1000 bps from the last, 5.10000000')
      scripts.second['USD/2'] = '49'
      expect(await text(rates.refresh(USD_BRL))).toBe('50.000000')
    })

    it('that jump are believed once the last one is out of the window', async () => {
      const { rates } = engine({ guard: { windowMs: 1_000 } })
      await rates.get(USD_BRL)
      scripts.first['USD/2'] = '50'
      await db.clock.advance(2_000)
      expect(await text(rates.refresh(USD_BRL))).toBe('50.000000')
    })

    it('wait for a quorum', async () => {
      const { rates } = engine({ guard: { quorum: 2 } })
      scripts.second['USD/2'] = null
      expect(await reason(rates.get(USD_BRL))).toContain('confirmed by fewer than 2')
      scripts.second['USD/2'] = '5.2'
      expect(await text(rates.get(USD_BRL))).toBe('5.000000')
    })

    it('of two pairs make a third, exactly, as old as the older', async () => {
      scripts.second['PI/7'] = '0.2031'
      const { rates } = engine({ crosses: { 'PI/7': { 'BRL/2': 'USD/2' } } })
      const told = await rates.get(PI_BRL)
      expect(told).toMatchObject({ source: 'second*first', rate: { base: 'PI/7', quote: 'BRL/2' } })
      expect(Rate.format(told.rate, 6)).toBe('1.015500')
      expect(asked).toEqual(['first PI/7', 'second PI/7', 'first USD/2'])
      await rates.get(PI_USD)
      expect(asked).toHaveLength(3)
    })

    it('are taken from the cache before the database, and trouble with it stops nobody', async () => {
      const kept = new Map<string, string>()
      const cache = {
        get: async (key: string) => kept.get(key) ?? null,
        set: async (key: string, value: string) => kept.set(key, value),
      }
      await engine({ cache }).rates.get(USD_BRL)
      expect(kept.size).toBe(1)
      await db.truncate()
      asked = []
      expect(await text(engine({ cache }).rates.get(USD_BRL))).toBe('5.000000')
      expect(asked).toEqual([])
      for (const key of kept.keys()) kept.set(key, '{"source":"first","numerator":"-1"}')
      expect(await text(engine({ cache }).rates.get(USD_BRL))).toBe('5.000000')
      const broken = {
        get: () => Promise.reject(new Error('gone')),
        set: () => Promise.reject(new Error('gone')),
      }
      expect(await text(engine({ cache: broken }).rates.get(USD_BRL))).toBe('5.000000')
      const silent = { get: () => new Promise<never>(() => {}), set: () => new Promise<never>(() => {}) }
      expect(await text(engine({ cache: silent }).rates.get(USD_BRL))).toBe('5.000000')
    })

    it('are kept fresh by a schedule', async () => {
      const lastro = engine({ refresh: { pairs: [USD_BRL], everyMs: 10_000 } })
      await lastro.migrate()
      await lastro.tick()
      expect(asked).toEqual(['first USD/2'])
      await db.clock.advance(10_000)
      await lastro.tick()
      expect(asked).toHaveLength(2)
    })

    it('are read inside a transaction, and never asked for there', async () => {
      const { rates } = engine()
      await db.storage.transaction(async (tx) => {
        expect(await reason(rates.get(USD_BRL, { tx: tx.host }))).toContain(
          'none may be fetched inside a transaction',
        )
      })
      expect(asked).toEqual([])
    })

    it('of a source that tells one a day are asked for as often as it says, and no oftener', async () => {
      const day = 86_400_000
      ages = { first: day }
      const { rates } = engine({ sources: { first: { freshMs: 3_600_000, maxAgeMs: 5 * day } } })
      await rates.get(USD_BRL)
      await rates.get(USD_BRL)
      expect(asked).toEqual(['first USD/2'])
      await db.clock.advance(3_600_001)
      await rates.get(USD_BRL)
      expect(asked).toHaveLength(2)
    })

    it('that are old but allowed stand in where the newer one is too old, inside a transaction too', async () => {
      const day = 86_400_000
      ages = { second: day }
      const { rates } = engine({ sources: { second: { maxAgeMs: 5 * day } } })
      scripts.first['USD/2'] = null
      await rates.get(USD_BRL)
      scripts.first['USD/2'] = '5'
      await rates.refresh(USD_BRL)
      await db.clock.advance(120_000)
      scripts = { first: { 'USD/2': new Error('down') }, second: { 'USD/2': new Error('down') } }
      expect(await rates.get(USD_BRL)).toMatchObject({ source: 'second' })
      await db.storage.transaction(async (tx) => {
        expect(await rates.get(USD_BRL, { tx: tx.host })).toMatchObject({ source: 'second' })
      })
    })

    it('that nobody tells are refused, with what each source answered', async () => {
      scripts = { first: { 'USD/2': new Error('down') }, second: {} }
      const told = await reason(engine().rates.get(USD_BRL))
      expect(told).toContain('first: Error: down')
      expect(told).toContain('second: does not know this pair')
    })

    it('of a source that never answers, or tells no time, come from the next one', async () => {
      const never = {
        id: 'never',
        rates: { specVersion: 1, rate: () => new Promise<never>(() => {}) },
      } as const
      const timeless = {
        id: 'timeless',
        rates: {
          specVersion: 1,
          rate: async (pair: { base: AssetId; quote: AssetId }) => ({
            rate: Rate.of(pair, '5'),
            observedAt: new Date(Number.NaN),
          }),
        },
      } as const
      const { rates } = createLastro({
        storage: db.storage,
        clock: db.clock,
        providers: { never, timeless, second: source('second') },
        rates: { timeoutMs: 50 },
      })
      expect(await rates.get(USD_BRL)).toMatchObject({ source: 'second' })
      scripts.second = {}
      const told = await reason(rates.refresh(USD_BRL))
      expect(told).toContain('never: Error: no answer within 50 ms')
      expect(told).toContain('timeless: its rate is of no time')
    })

    it('that many want at once are asked for once', async () => {
      const { rates } = engine()
      await Promise.all(Array.from({ length: 20 }, () => rates.get(USD_BRL)))
      expect(asked).toEqual(['first USD/2'])
    })

    it('that a cache holds from the future are not used', async () => {
      const observedAt = new Date(db.clock.now().getTime() + 3_600_000).toISOString()
      const entry = { source: 'first', numerator: '9', denominator: '1', observedAt, fetchedAt: observedAt }
      const cache = { get: async () => JSON.stringify(entry), set: async () => undefined }
      expect(await text(engine({ cache }).rates.get(USD_BRL))).toBe('5.000000')
    })

    it.each([
      [{ base: 'USD', quote: 'BRL/2' }, 'base'],
      [{ base: 'USD/2', quote: 'USD/2' }, 'quote'],
      [{ base: 'USD/2' }, 'quote'],
    ])('of %j are refused, naming %s', async (pair, field) => {
      const { rates } = engine()
      for (const call of [rates.get, rates.refresh])
        await expect(call(pair as never)).rejects.toMatchObject({ code: 'invalid_input', details: { field } })
      expect(asked).toEqual([])
    })

    it.each([
      [{ freshMs: 0 }, 'rates.freshMs'],
      [{ sources: { frist: { maxAgeMs: 1 } } }, 'rates.sources.frist'],
      [{ guard: { quorum: 3 } }, 'rates.guard.quorum'],
      [{ crosses: { 'USD/2': { 'BRL/2': 'USD/2' } } }, 'rates.crosses.USD/2.BRL/2'],
      [
        { refresh: { pairs: [{ base: 'BRL/2', quote: 'BRL/2' }], everyMs: 10_000 } },
        'rates.refresh.pairs.0.quote',
      ],
      [{ guard: { quorum: 0 } }, 'rates.guard.quorum'],
      [
        { refresh: { pairs: [{ base: 'USD', quote: 'BRL/2' }], everyMs: 10_000 } },
        'rates.refresh.pairs.0.base',
      ],
      [{ crosses: { 'PI/7': { 'BRL/2': 'USD' } } }, 'rates.crosses.PI/7.BRL/2'],
    ])('refuse %j, naming %s', (options, field) => {
      const error = (() => {
        try {
          return engine(options as RateOptions)
        } catch (thrown) {
          return thrown
        }
      })()
      expect(isLastroError(error, 'invalid_input') && error.details).toMatchObject({ field })
    })
  })
})
