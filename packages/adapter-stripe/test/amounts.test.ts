import { type AssetId, Money } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assetOf, moneyOf, stripeAmount } from '../src/amounts.ts'

describe('amounts', () => {
  it.each([
    ['usd', 'USD/2'],
    ['BRL', 'BRL/2'],
    ['huf', 'HUF/2'],
    ['twd', 'TWD/2'],
    ['isk', 'ISK/2'],
    ['ugx', 'UGX/2'],
    ...'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'
      .split(' ')
      .map((code) => [code, `${code.toUpperCase()}/0`]),
    ...'bhd jod kwd omr tnd'.split(' ').map((code) => [code, `${code.toUpperCase()}/3`]),
  ])('of %s are in %s', (currency, asset) => {
    expect(assetOf(currency)).toBe(asset)
    expect(moneyOf(500, currency)).toEqual({ amount: 500n, asset })
  })

  it.each(['', 'us', 'usdc', 'u$d', '../'])('of %o are in nothing', (currency) => {
    expect(assetOf(currency)).toBeNull()
    expect(moneyOf(1, currency)).toBeNull()
  })

  it('are whole and exact, or none', () => {
    for (const amount of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      expect(moneyOf(amount, 'usd')).toBeNull()
  })

  it('are asked for as they are read', () => {
    const currency = fc.constantFrom('usd', 'jpy', 'kwd', 'isk', 'ugx')
    fc.assert(
      fc.property(currency, fc.integer({ min: 1, max: 999_999 }), (code, count) => {
        const money = moneyOf(count * 100, code)
        if (money === null) throw new Error('no money')
        const given = stripeAmount(money)
        if (count * 100 > 99_999_999) return expect(given.kind).toBe('refused')
        expect(given).toEqual({ kind: 'amount', amount: count * 100, currency: code })
      }),
    )
  })

  it.each<[bigint, AssetId, RegExp]>([
    [0n, 'USD/2', /from 1 to/],
    [-1n, 'USD/2', /from 1 to/],
    [100_000_000n, 'USD/2', /to 99999999/],
    [150n, 'ISK/2', /multiple of 100/],
    [150n, 'UGX/2', /multiple of 100/],
    [1_001n, 'KWD/3', /multiple of 10/],
    [5n, 'JPY/2', /such as JPY\/0/],
    [5n, 'USDC.polygon/6', /asset of Stripe/],
  ])('of %s %s are refused', (amount, asset, rule) => {
    const given = stripeAmount(Money.of(amount, asset))
    expect(given).toEqual({ kind: 'refused', rule: expect.stringMatching(rule) })
  })
})
