import { parseJson } from '@lastro/adapter-kit'
import { Money } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountJson, checkAmount, MAX_UNITS, readAmount } from '../src/amounts.ts'

const asset = 'PI/7'
const read = (text: unknown) => readAmount(text, { field: 'amount', asset }).amount
const units = fc.bigInt({ min: 1n, max: MAX_UNITS })

describe('an amount from Pi', () => {
  it.each([
    ['3.14', 31_400_000n],
    ['0.0000001', 1n],
    ['1e-7', 1n],
    ['1E-07', 1n],
    ['3.1415926', 31_415_926n],
    ['0.3000000', 3_000_000n],
    ['1.5e3', 15_000_000_000n],
    ['12e-1', 12_000_000n],
    ['3', 30_000_000n],
    ['922337203685.4775807', MAX_UNITS],
  ])('%s is %s units', (text, amount) => {
    expect(read(text)).toBe(amount)
  })

  it.each([
    ...['0.30000000000000004', '0.00000001', '1e-8', '-1', '+1', 'NaN', '', ' 1', '1,5', '0x10', '1e400'],
    ...['922337203685.4775808', '1'.repeat(40), 3.14, null, undefined, {}],
  ])('%j is refused, and not shown', (text) => {
    expect(() => read(text)).toThrow(/^pi: amount is no amount of Pi with 7 places at most\.$/)
  })

  it('is read exactly however a server writes the number', () => {
    fc.assert(
      fc.property(units, (amount) => {
        const text = Money.format(Money.of(amount, asset))
        expect(read(text)).toBe(amount)
        expect(read(text.replace(/\.?0+$/, ''))).toBe(amount)
        expect(read(`${amount}e-7`.replace(/^(\d{14,})e-7$/, text))).toBe(amount)
      }),
    )
  })
})

describe('an amount to Pi', () => {
  it('is a JSON number with the very digits of the money', () => {
    fc.assert(
      fc.property(units, (amount) => {
        const money = Money.of(amount, asset)
        const body = JSON.stringify({ amount: amountJson(money) })
        expect(body).toBe(`{"amount":${Money.format(money)}}`)
        const parsed = parseJson(body, { numbers: 'text' })
        expect(parsed).toEqual({ kind: 'json', value: { amount: Money.format(money) } })
        expect(read(Money.format(money))).toBe(amount)
      }),
    )
  })

  it.each([
    [0n, 'must be more than nothing'],
    [-1n, 'must be more than nothing'],
    [MAX_UNITS + 1n, 'must be 922337203685.4775807 at most'],
    [MAX_UNITS, null],
    [1n, null],
  ])('of %s units: %s', (amount, rule) => {
    expect(checkAmount(Money.of(amount, asset), asset)).toBe(rule)
  })

  it('of the other network is refused', () => {
    expect(checkAmount(Money.of(1n, 'PI.testnet/7'), asset)).toBe('must be in PI/7')
  })
})
