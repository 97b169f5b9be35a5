import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AssetId, Money, Rate } from '../../spec/index.ts'
import { priceGive, priceReceive } from './quote.ts'

const fees = { spreadBps: 300, networkFeeBps: 25 }

describe('price', () => {
  it('takes spread and network fee from the gross amount, to the cent', () => {
    const rate = Rate.of({ base: 'POL.polygon/18', quote: 'BRL/2' }, '2.50')
    const price = priceGive(Money.parse('22', 'POL.polygon/18'), { rate, fees })
    expect(Money.format(price.gross)).toBe('55.00')
    expect(Money.format(price.spread)).toBe('1.65')
    // 13.75 cents: half_even
    expect(Money.format(price.networkFee)).toBe('0.14')
    expect(Money.format(price.receive)).toBe('53.21')
  })

  const rates = fc.integer({ min: 1, max: 10 ** 10 }).map((scaled) => BigInt(scaled))
  const scales = fc.constantFrom<AssetId>('A/0', 'A/2', 'A/6', 'A/8', 'A/18')
  const bps = fc.integer({ min: 0, max: 2_000 })

  it('always sums to the gross amount, and no part is negative', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 26n }),
        rates,
        bps,
        bps,
        (amount, numerator, spreadBps, networkFeeBps) => {
          const rate = { base: 'A/18', quote: 'BRL/2', numerator, denominator: 10_000n } as const
          const price = priceGive(Money.of(amount, 'A/18'), { rate, fees: { spreadBps, networkFeeBps } })
          expect(price.receive.amount + price.spread.amount + price.networkFee.amount).toBe(
            price.gross.amount,
          )
          expect(
            price.receive.amount >= 0n && price.spread.amount >= 0n && price.networkFee.amount >= 0n,
          ).toBe(true)
        },
      ),
    )
  })

  it('asks for enough to receive what was wanted, and for hardly more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), rates, scales, (amount, numerator, asset) => {
        const rate = { base: asset, quote: 'BRL/2' as const, numerator, denominator: 10_000n }
        const price = priceReceive(Money.of(amount, 'BRL/2'), { asset, rate, fees })
        expect(price.receive.amount >= amount).toBe(true)
        // One unit of the asset given is worth this many cents: no more than that and three roundings too much.
        const unit = Rate.convert(Money.of(1n, asset), rate, 'up').amount
        expect(price.receive.amount - amount <= unit + 3n).toBe(true)
      }),
    )
  })
})
