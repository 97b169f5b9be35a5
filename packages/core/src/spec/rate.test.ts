import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Money, Rate } from './index.ts'

const usdcBrl = Rate.of({ base: 'USDC.polygon/6', quote: 'BRL/2' }, '5.1234')

describe('rate', () => {
  it('is the exact ratio of its text', () => {
    expect(usdcBrl).toMatchObject({ numerator: 51234n, denominator: 10000n })
    expect(Rate.format(usdcBrl, 4)).toBe('5.1234')
  })

  it.each(['0', '0.00', '-1', '1e3', '', '1.', 'x', ' 5'])('refuses %j', (text) => {
    expect(() => Rate.of({ base: 'USDC.polygon/6', quote: 'BRL/2' }, text)).toThrow(RangeError)
  })

  it('converts across scales by the named rounding', () => {
    expect(Rate.convert(Money.of(1_000_000n, 'USDC.polygon/6'), usdcBrl, 'down').amount).toBe(512n)
    expect(Rate.convert(Money.of(1_000_000n, 'USDC.polygon/6'), usdcBrl, 'up').amount).toBe(513n)
    const pol = Rate.of({ base: 'POL.polygon/18', quote: 'BRL/2' }, '2.2222')
    expect(Rate.convert(Money.parse('22', 'POL.polygon/18'), pol, 'down').amount).toBe(4888n)
  })

  it('refuses money of another asset', () => {
    // @ts-expect-error the asset is known to differ
    expect(() => Rate.convert(Money.of(1n, 'BRL/2'), usdcBrl, 'down')).toThrow('Cannot convert')
  })

  it('never gives back more than it took, there and back again rounded down', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (amount, scaled) => {
          const rate = {
            base: 'A/18',
            quote: 'B/2',
            numerator: BigInt(scaled),
            denominator: 10_000n,
          } as const
          const there = Rate.convert(Money.of(amount, 'A/18'), rate, 'down')
          const back = Rate.convert(there, Rate.invert(rate), 'down')
          expect(back.amount <= amount).toBe(true)
        },
      ),
    )
  })
})

describe('chain', () => {
  it('is exact, and refuses rates that do not meet', () => {
    const piInUsd = Rate.of({ base: 'PI/7', quote: 'USD/2' }, '0.2031')
    const usdInBrl = Rate.of({ base: 'USD/2', quote: 'BRL/2' }, '5.1234')
    const piInBrl = Rate.chain(piInUsd, usdInBrl)
    expect(Rate.format(piInBrl, 8)).toBe('1.04056254')
    expect(() => Rate.chain(usdInBrl as never, piInUsd)).toThrow(RangeError)
  })
})

describe('isWithin', () => {
  const of = (text: string) => Rate.of({ base: 'USD/2', quote: 'BRL/2' }, text)
  it.each([
    ['5.05', '5', 100, true],
    ['5.0500001', '5', 100, false],
    ['4.95', '5', 100, true],
    ['4.9499999', '5', 100, false],
    ['5', '5', 0, true],
  ])('%s and %s within %i bps: %s', (left, right, bps, is) => {
    expect(Rate.isWithin(of(left), { of: of(right), bps })).toBe(is)
  })
  it('is false for another pair', () => {
    expect(Rate.isWithin(of('5'), { of: Rate.of({ base: 'EUR/2', quote: 'BRL/2' }, '5'), bps: 10_000 })).toBe(
      false,
    )
  })
})
