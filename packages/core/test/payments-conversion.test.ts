import { type AssetId, createLastro, isLastroError, Money, Rate } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { createPsp } from './psp.ts'

const PRICE = Money.of(50_00n, 'BRL/2')

eachDatabase((db) => {
  let lastro: ReturnType<typeof engine>
  let told: string | null

  const engine = () => {
    const { port } = createPsp('wallet')
    return createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {
        wallet: { id: 'wallet', payments: { ...port, assets: ['PI/7'] as const } },
        exchange: {
          id: 'exchange',
          rates: {
            specVersion: 1,
            rate: async (pair: { base: AssetId; quote: AssetId }) =>
              told === null ? null : { rate: Rate.of(pair, told), observedAt: db.clock.now() },
          },
        },
      },
    })
  }
  const order = (idempotencyKey: string) => ({
    amount: PRICE,
    payIn: 'PI/7' as const,
    method: 'pix' as const,
    idempotencyKey,
  })

  beforeEach(async () => {
    await db.truncate()
    told = '1.0406'
    lastro = engine()
    await lastro.migrate()
  })

  describe('a price in reais, paid in Pi', () => {
    it('is converted up at the rate of now, and both are kept', async () => {
      const { id } = await lastro.payments.create(order('k1'))
      const payment = await lastro.payments.get(id)
      // 50 / 1.0406 = 48.04920238…
      expect(payment.amount).toEqual(Money.of(480_492_024n, 'PI/7'))
      expect(payment.conversion).toMatchObject({
        price: PRICE,
        source: 'exchange',
        observedAt: db.clock.now(),
      })
      expect((await lastro.payments.view(id)).conversion).toMatchObject({ rate: '1.040600000000' })
    })

    it('is one intent at whatever rate it is asked for again', async () => {
      const first = await lastro.payments.create(order('k2'))
      told = '1.0500'
      await db.clock.advance(30_000)
      const again = await lastro.payments.create(order('k2'))
      expect(again).toEqual(first)
    })

    it('is refused without a rate, and nothing is written', async () => {
      told = null
      const error = await lastro.payments.create(order('k3')).catch((thrown: unknown) => thrown)
      expect(isLastroError(error, 'rate_unavailable')).toBe(true)
      expect((await lastro.payments.list()).items).toEqual([])
    })

    it("takes the stored rate inside the host's transaction", async () => {
      await lastro.rates.get({ base: 'PI/7', quote: 'BRL/2' })
      const payment = await db.storage.transaction((tx) =>
        lastro.payments.create(order('k4'), { tx: tx.host }),
      )
      expect(payment.conversion?.source).toBe('exchange')
    })

    it('needs a provider that takes the asset', async () => {
      const error = await lastro.payments
        .create({ ...order('k5'), payIn: 'XTS/2' })
        .catch((thrown: unknown) => thrown)
      expect(isLastroError(error, 'invalid_input') && error.message).toContain('amount.asset')
    })
  })
})
