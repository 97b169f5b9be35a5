import { isProviderError, Rate } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { describe, expect, it } from 'vitest'
import { type FixedRatesOptions, fixedRates } from './fixed-rates.ts'

const clock = manualClock()
const pair = { base: 'POL.polygon/18', quote: 'BRL/2' } as const

describe('fixedRates', () => {
  it('tells the rate as written, as of now', async () => {
    const provider = fixedRates({ rates: { 'POL.polygon/18': { 'BRL/2': '2.2222' } }, clock })
    await clock.advance(60_000)
    expect(provider.id).toBe('fixed')
    expect(await provider.rates.rate(pair)).toEqual({
      rate: Rate.of(pair, '2.2222'),
      observedAt: clock.now(),
    })
  })

  it.each([
    { base: 'BRL/2', quote: 'POL.polygon/18' },
    { base: 'POL.polygon/18', quote: 'USD/2' },
    { base: 'POL.polygon/6', quote: 'BRL/2' },
    { base: 'constructor/2', quote: 'BRL/2' },
  ] as const)('knows no other pair: $base $quote', async (other) => {
    const provider = fixedRates({ rates: { 'POL.polygon/18': { 'BRL/2': '2.2222' } }, clock })
    expect(await provider.rates.rate(other)).toBeNull()
  })

  it.each([
    [{ 'POL.polygon/18': { 'BRL/2': 2.2222 } }, /\["POL.polygon\/18"\]\["BRL\/2"\] must be a text/],
    [{ 'POL.polygon/18': { 'BRL/2': '2,22' } }, /must be a positive decimal text/],
    [{ 'POL.polygon/18': { 'BRL/2': '0.00' } }, /must be a positive decimal text/],
    [{ POL: { 'BRL/2': '2.22' } }, /rates\["POL"\]\["BRL\/2"\] must name two asset ids/],
    [{ 'POL.polygon/18': { BRL: '2.22' } }, /must name two asset ids/],
  ])('refuses %j', (rates, message) => {
    const make = (): unknown => fixedRates({ rates: rates as unknown as FixedRatesOptions['rates'], clock })
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
    }
  })
})
