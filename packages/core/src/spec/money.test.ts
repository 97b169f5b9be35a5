import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AssetId, Money, type Rounding } from './index.ts'

const roundings: readonly Rounding[] = ['down', 'up', 'floor', 'ceiling', 'half_up', 'half_even']

describe('parse and format', () => {
  it('reads and writes whole units exactly', () => {
    expect(Money.parse('150.00', 'BRL/2')).toEqual({ amount: 15000n, asset: 'BRL/2' })
    expect(Money.parse('-0.5', 'BRL/2').amount).toBe(-50n)
    expect(Money.format(Money.of(-5n, 'BRL/2'))).toBe('-0.05')
    expect(Money.format(Money.of(7n, 'PTS/0'))).toBe('7')
    expect(Money.parse('1.2300', 'BRL/2').amount).toBe(123n)
  })

  it.each(['', '1,5', '1.', '.5', '01', '+1', '1e3', ' 1', '1.234', 'NaN', '--1'])(
    'refuses %j for BRL/2',
    (text) => {
      expect(() => Money.parse(text, 'BRL/2')).toThrow(RangeError)
    },
  )

  it('gives back what it wrote, at every scale', () => {
    const scale = fc.integer({ min: 0, max: 30 })
    const amount = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
    fc.assert(
      fc.property(amount, scale, (value, places) => {
        const asset: AssetId = `X/${places}`
        expect(Money.parse(Money.format(Money.of(value, asset)), asset).amount).toBe(value)
        expect(Money.fromJson(Money.toJson(Money.of(value, asset)))).toEqual({ amount: value, asset })
      }),
    )
  })

  it.each([
    { amount: '1.5', asset: 'BRL/2' },
    { amount: '1', asset: 'BRL' },
    { amount: '1', asset: 'BRL/100' },
    { amount: '', asset: 'BRL/2' },
    { amount: 12 as unknown as string, asset: 'BRL/2' },
    { amount: '1', asset: undefined as unknown as string },
  ])('refuses the JSON form %j', (json) => {
    expect(() => Money.fromJson(json)).toThrow(RangeError)
  })
})

describe('arithmetic', () => {
  it('refuses to mix assets, at compile time and at run time', () => {
    const brl = Money.of(1n, 'BRL/2')
    const usd = Money.of(1n, 'USD/2')
    // @ts-expect-error two assets known to differ do not add
    expect(() => Money.add(brl, usd)).toThrow('the assets differ')
    // @ts-expect-error the same
    expect(() => Money.subtract(brl, usd)).toThrow(RangeError)
    // @ts-expect-error the same
    expect(() => Money.compare(brl, usd)).toThrow(RangeError)
    expect(Money.equals(brl, usd)).toBe(false)
  })

  it.each<[bigint, bigint, Record<Rounding, bigint>]>([
    [5n, 2n, { down: 2n, up: 3n, floor: 2n, ceiling: 3n, half_up: 3n, half_even: 2n }],
    [7n, 2n, { down: 3n, up: 4n, floor: 3n, ceiling: 4n, half_up: 4n, half_even: 4n }],
    [-5n, 2n, { down: -2n, up: -3n, floor: -3n, ceiling: -2n, half_up: -3n, half_even: -2n }],
    [-7n, 3n, { down: -2n, up: -3n, floor: -3n, ceiling: -2n, half_up: -2n, half_even: -2n }],
    [1n, 3n, { down: 0n, up: 1n, floor: 0n, ceiling: 1n, half_up: 0n, half_even: 0n }],
    [6n, -4n, { down: -1n, up: -2n, floor: -2n, ceiling: -1n, half_up: -2n, half_even: -2n }],
    [6n, 3n, { down: 2n, up: 2n, floor: 2n, ceiling: 2n, half_up: 2n, half_even: 2n }],
  ])('divides %s by %s by every named rounding', (top, bottom, wanted) => {
    for (const rounding of roundings)
      expect(Money.divide(top, bottom, rounding), rounding).toBe(wanted[rounding])
  })

  it('rounds to a neighbour of the exact quotient, and exactly where there is nothing to round', () => {
    const denominator = fc.bigInt({ min: 1n, max: 10n ** 12n })
    fc.assert(
      fc.property(fc.bigInt(), denominator, fc.constantFrom(...roundings), (top, bottom, rounding) => {
        const result = Money.divide(top, bottom, rounding)
        const error = result * bottom - top
        expect(error < bottom && error > -bottom).toBe(true)
        if (rounding === 'floor') expect(error <= 0n).toBe(true)
        if (rounding === 'ceiling') expect(error >= 0n).toBe(true)
        if (rounding === 'half_even' || rounding === 'half_up')
          expect(error * 2n <= bottom && error * 2n >= -bottom).toBe(true)
      }),
    )
  })

  it('allocates without losing or making a unit', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.bigInt(), weights, (amount, shares) => {
        fc.pre(shares.some((share) => share > 0n))
        const parts = Money.allocate(Money.of(amount, 'BRL/2'), shares)
        expect(parts.reduce((sum, part) => sum + part.amount, 0n)).toBe(amount)
        parts.forEach((part, index) => {
          if (shares[index] === 0n) expect(part.amount).toBe(0n)
        })
      }),
    )
    expect(() => Money.allocate(Money.of(1n, 'BRL/2'), [0n, 0n])).toThrow(RangeError)
    expect(() => Money.allocate(Money.of(1n, 'BRL/2'), [2n, -1n])).toThrow(RangeError)
  })
})
