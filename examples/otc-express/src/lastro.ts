/** The engine, built from configuration. */
import { evm } from '@lastro/adapter-chains/evm'
import { localKeystore } from '@lastro/adapter-chains/keystore'
import { efi } from '@lastro/adapter-pix-efi'
import { fixedRates, httpRates } from '@lastro/adapter-rates'
import { type Clock, createLastro, type Logger, systemClock } from '@lastro/core'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'
import { createOrders } from './orders.ts'

/** Opens the database, brings it up to date and wires the engine. Nothing runs before the worker or `tick` does. */
export async function openDesk(config: Config, { clock = systemClock, logger = console }: Surroundings = {}) {
  const { storage, db, close } = await openDatabase(config.database, clock)
  const bank = efi({ ...config.efi, clock })
  const lastro = createLastro({
    storage,
    clock,
    logger,
    providers: {
      polygon: evm({ network: 'polygon', ...config.polygon }),
      keys: localKeystore(config.keystore),
      rates:
        'url' in config.rates
          ? httpRates({ ...config.rates, clock })
          : fixedRates({ ...config.rates, clock }),
      efi: bank,
    },
    onchain: { chains: { polygon: { pollMs: 2_000 } } },
  })
  await lastro.migrate()
  const orders = createOrders({ lastro, db })
  await orders.prepare()

  return {
    lastro,
    orders,
    /** Efí calls the address back before it answers, so this app must be reachable there. */
    registerWebhook: () => bank.webhooks.register({ url: `${config.publicUrl}/webhooks/efi` }),
    async close() {
      await lastro.close()
      await close()
    },
  }
}

/** What tests bring along. */
interface Surroundings {
  readonly clock?: Clock
  readonly logger?: Logger
}

/** An open desk. */
export type Desk = Awaited<ReturnType<typeof openDesk>>
