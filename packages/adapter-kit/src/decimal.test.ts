import { isProviderError, Money } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalFormat } from './decimal.ts'

const brl = decimalFormat({ provider: 'efi', asset: 'BRL/2', pattern: /\d{1,10}\.\d{2}/ })

describe('decimalFormat', () => {
  it('writes and reads every amount back exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999n }), (cents) => {
        const money = Money.of(cents, 'BRL/2')
        expect(brl.read(brl.write(money, 'valor'), 'valor')).toEqual(money)
      }),
    )
  })

  it.each([
    ['12.34', 1234n],
    ['0.01', 1n],
    ['0000000012.34', 1234n],
    ['9999999999.99', 999_999_999_999n],
  ])('reads %s', (text, cents) => {
    expect(brl.read(text, 'valor')).toEqual(Money.of(cents, 'BRL/2'))
  })

  const REFUSED = [
    12.34,
    '12.3',
    '12',
    '12,34',
    ' 12.34',
    '12.34\n',
    '-1.00',
    '1e3',
    '١٢.٣٤',
    '',
    null,
    undefined,
    {},
  ]

  it.each(REFUSED)('refuses %j, naming the field and not the value', (value) => {
    const attempt = (): unknown => brl.read(value, 'pix[0].valor')
    expect(attempt).toThrow('pix[0].valor is not a decimal text')
    try {
      attempt()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('unexpected_answer')
      if (typeof value === 'string' && value.length > 2) expect(String(error)).not.toContain(value)
    }
  })

  it('refuses to write what the pattern does not hold', () => {
    expect(() => brl.write(Money.of(1_000_000_000_000n, 'BRL/2'), 'valor')).toThrow(/valor must be/)
    expect(() => brl.write(Money.of(-1n, 'BRL/2'), 'valor')).toThrow(RangeError)
    const other = Money.of(1n, 'BRL/8') as Money
    expect(() => brl.write(other as Money<'BRL/2'>, 'valor')).toThrow('must be in BRL/2, not BRL/8')
  })

  it('does not remember the last match of a pattern with flags', () => {
    const sticky = decimalFormat({ provider: 'x', asset: 'BRL/2', pattern: /\d+\.\d{2}/gy })
    expect(sticky.read('1.00', 'a')).toEqual(sticky.read('1.00', 'a'))
  })

  it('refuses more places than the asset has, unless they are zeros', () => {
    const loose = decimalFormat({ provider: 'x', asset: 'BRL/2', pattern: /\d+\.\d+/ })
    expect(loose.read('1.2300', 'a')).toEqual(Money.of(123n, 'BRL/2'))
    expect(() => loose.read('1.2301', 'a')).toThrow('a is not a decimal text')
  })
})
