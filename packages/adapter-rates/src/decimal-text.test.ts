import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainDecimal } from './decimal-text.ts'

describe('plainDecimal', () => {
  it.each([
    ['5.10', '5.1'],
    ['5', '5'],
    ['0', '0'],
    ['100', '100'],
    ['5.12345678901234567890123', '5.12345678901234567890123'],
    ['2.5e-3', '0.0025'],
    ['2.5E+3', '2500'],
    ['25e-1', '2.5'],
    ['1e-7', '0.0000001'],
    ['0.05e2', '5'],
    ['12e0', '12'],
  ])('writes %s as %s', (text, plain) => {
    expect(plainDecimal(text)).toBe(plain)
  })

  it.each([
    '',
    '-1',
    '+1',
    '.5',
    '5.',
    '05',
    '1,5',
    '1e',
    '1e999',
    'NaN',
    'Infinity',
    '0x10',
    ' 1',
    '1\n',
    '١',
  ])('refuses %j', (text) => {
    expect(plainDecimal(text)).toBeNull()
  })

  it('keeps the value of every digit, wherever the point is moved', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 25n }),
        fc.integer({ min: -30, max: 30 }),
        (digits, shift) => {
          const [whole = '', places = ''] = (plainDecimal(`${digits}e${shift}`) ?? '').split('.')
          // digits · 10^shift = whole.places, both sides brought to whole numbers.
          const left = BigInt(whole + places) * 10n ** BigInt(Math.max(-shift, 0))
          const right = digits * 10n ** BigInt(places.length + Math.max(shift, 0))
          expect(left).toBe(right)
        },
      ),
    )
  })
})
