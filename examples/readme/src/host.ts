import type { PGlite } from '@electric-sql/pglite'
import { type EvmOptions, evm } from '@lastro/adapter-chains/evm'
import { type LocalKeystoreOptions, localKeystore } from '@lastro/adapter-chains/keystore'
import { type EfiOptions, efi } from '@lastro/adapter-pix-efi'
import { type FixedRatesOptions, fixedRates } from '@lastro/adapter-rates'
import { createLastro, Money } from '@lastro/core'
import { fromPglite, pglite } from '@lastro/storage-postgres'

type Config = { node: EvmOptions; keys: LocalKeystoreOptions; bank: EfiOptions; fx: FixedRatesOptions }

export async function startHost(db: PGlite, { node, keys, bank, fx }: Config) {
  const providers = { polygon: evm(node), keys: localKeystore(keys), efi: efi(bank), rates: fixedRates(fx) }
  const lastro = createLastro({ storage: pglite(db), providers })
  await lastro.migrate()
  await lastro.worker.start()

  /** Sells POL for reais by Pix. The order's row and the trade are one commit. */
  async function sell(order: { id: string; pol: string; pixKey: string }) {
    const give = Money.parse(order.pol, 'POL.polygon/18')
    const quote = await lastro.quotes.create({ chain: 'polygon', give, idempotencyKey: order.id })
    const payout = { provider: 'efi', destination: { kind: 'pix_key', key: order.pixKey } } as const
    return db.transaction(async (tx) => {
      await tx.query('insert into orders (id) values ($1) on conflict do nothing', [order.id])
      const trade = { quoteId: quote.id, payout, idempotencyKey: order.id }
      return lastro.trades.create(trade, { tx: fromPglite(tx) })
    })
  }
  return { lastro, sell, webhooks: lastro.http.fetch } // POST /webhooks/efi, before any body parser
}
