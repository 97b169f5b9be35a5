/** The engine and the orders, from configuration. */
import { setTimeout as sleep } from 'node:timers/promises'
import { efi } from '@lastro/adapter-pix-efi'
import { type Clock, createLastro, type Logger, Money, type PaymentView, systemClock } from '@lastro/core'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'
import { createOrders, type NewOrder, type Order } from './orders.ts'

/** How long a customer waits for the code before the page opens without it. */
const PATIENCE_MS = 3_000

/** Opens the database, brings it up to date and wires the engine. Nothing runs before the worker or `tick` does. */
export async function openShop(config: Config, { clock = systemClock, logger = console }: Surroundings = {}) {
  const { storage, sql, close } = await openDatabase(config.database, clock)
  const bank = efi({ ...config.efi, clock })
  const lastro = createLastro({
    storage,
    clock,
    logger,
    providers: { efi: bank },
    payments: { onOverpaid: 'refund', onLate: 'refund' },
  })
  await lastro.migrate()
  const orders = createOrders({ lastro, sql, clock })
  await orders.prepare()

  return {
    lastro,
    orders,
    /** Places the order, then asks Efí for its code. What Efí does not answer in time, the job brings later. */
    async checkOut(order: NewOrder): Promise<Order> {
      const placed = await orders.place(order)
      const asked = lastro.payments
        .submit(placed.payment_id)
        .catch((error) => logger.warn({ order: placed.id, error: error.message }, 'no code yet'))
      await Promise.race([asked, sleep(PATIENCE_MS, undefined, { ref: false })])
      return placed
    },
    /** An order with all that its page shows. @throws LastroError `not_found`. */
    async show(id: string): Promise<ShownOrder> {
      const order = await orders.get(id)
      const payment = await lastro.payments.view(order.payment_id)
      const operations = await lastro.payments.operations(order.payment_id)
      const refunds = operations
        .filter(({ kind }) => kind === 'refund')
        .map(({ id, amount, state, reason }) => ({
          amount,
          state: payment.refunds.find((refund) => refund.id === id)?.state ?? state,
          reason,
        }))
      return { order, payment, refunds }
    },
    /** Efí calls the address back before it answers, so this app must be reachable there. */
    registerWebhook: () => bank.webhooks.register({ url: `${config.publicUrl}/webhooks/efi` }),
    async close() {
      await lastro.close()
      await close()
    },
  }
}

/** An order, its payment and what was given back, or shall be. */
export interface ShownOrder {
  readonly order: Order
  readonly payment: PaymentView
  readonly refunds: readonly {
    readonly amount: Money
    readonly state: string
    readonly reason: string | null
  }[]
}

/** What can still be given back. */
export function leftOf({ received, refunded, refunding }: PaymentView): Money {
  const { fromJson, subtract } = Money
  return subtract(subtract(fromJson(received), fromJson(refunded)), fromJson(refunding))
}

/** What tests bring along. */
interface Surroundings {
  readonly clock?: Clock
  readonly logger?: Logger
}

/** An open shop. */
export type Shop = Awaited<ReturnType<typeof openShop>>
