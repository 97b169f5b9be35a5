/** The host's own table: who ordered which trade, and what became of it. */
import type { Lastro, LoggedEvent, QuoteId, Trade } from '@lastro/core'
import { fromDrizzle } from '@lastro/storage-postgres'
import { eq, sql } from 'drizzle-orm'
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Database } from './database.ts'

/** How the host sees an order. `attention`: a person must look at its trade. */
const STATUSES = ['open', 'paid', 'expired', 'refunded', 'attention'] as const
type OrderStatus = (typeof STATUSES)[number]

const ordersTable = pgTable('orders', {
  id: integer().generatedAlwaysAsIdentity().primaryKey(),
  tradeId: text('trade_id').notNull().unique(),
  customer: text().notNull(),
  status: text({ enum: STATUSES }).notNull().default('open'),
  paidAt: timestamp('paid_at', { withTimezone: true }),
})

/** A row of it. */
export type Order = typeof ordersTable.$inferSelect

/** What a migration of the host would do. The engine's tables are in a schema of their own. */
const TABLE = sql`
  create table if not exists orders (
    id integer generated always as identity primary key,
    trade_id text not null unique,
    customer text not null,
    status text not null default 'open' check (status in ('open', 'paid', 'expired', 'refunded', 'attention')),
    paid_at timestamptz
  )`

/** A rule of the house: one open order per customer. */
const ONE_OPEN = sql`create unique index if not exists orders_one_open on orders (customer) where status = 'open'`

/** What an order becomes by an event of its trade. Never open again, so that a customer's next order stays valid. */
const STATUS_AFTER: Readonly<Record<`trade.${string}`, OrderStatus>> = {
  'trade.completed': 'paid',
  'trade.expired': 'expired',
  'trade.refunded': 'refunded',
  'trade.payout_failed': 'attention',
  'trade.mismatched': 'attention',
  'trade.deposit_lost': 'attention',
}

/** What a customer orders. */
export interface NewOrder {
  readonly customer: string
  readonly quoteId: QuoteId
  readonly pixKey: string
  readonly refundAddress: string
  readonly idempotencyKey: string
}

/** The host's orders. */
export function createOrders({ lastro, db }: { lastro: Pick<Lastro, 'trades' | 'events'>; db: Database }) {
  const place = (order: NewOrder) =>
    db.transaction(async (tx) => {
      const { customer, quoteId, pixKey, refundAddress, idempotencyKey } = order
      const payout = { provider: 'efi', destination: { kind: 'pix_key', key: pixKey } } as const
      const trade = await lastro.trades.create(
        { quoteId, payout, refundAddress, reference: customer, idempotencyKey },
        { tx: fromDrizzle(tx, sql) },
      )
      // The same key again gives the same trade, whose order is there already.
      await tx
        .insert(ordersTable)
        .values({ tradeId: trade.id, customer })
        .onConflictDoNothing({ target: ordersTable.tradeId })
      return { trade, order: await find(tx, trade.id) }
    })

  // In one commit with this reader's place in the log: each event changes its order once.
  lastro.events.follow(
    'orders',
    async (events, { tx }) => {
      for (const event of events) {
        await tx.query(
          `update orders set status = $1, paid_at = case when $1 = 'paid' then $2::timestamptz end where trade_id = $3`,
          [statusAfter(event), event.at.toISOString(), event.subject],
        )
      }
    },
    { types: Object.keys(STATUS_AFTER) },
  )

  return {
    async prepare() {
      await db.execute(TABLE)
      await db.execute(ONE_OPEN)
    },
    /** The order and its trade, in one commit. Null: the customer has an open order, and nothing was written. */
    place: (order: NewOrder): Promise<{ trade: Trade; order: Order } | null> =>
      place(order).catch(nullIfOpen),
    find: (tradeId: string) => find(db, tradeId),
  }
}

async function find(db: Pick<Database, 'select'>, tradeId: string): Promise<Order> {
  const [order] = await db.select().from(ordersTable).where(eq(ordersTable.tradeId, tradeId))
  if (order === undefined) throw new Error(`Trade ${tradeId} has no order: it was not made here.`)
  return order
}

const statusAfter = ({ type }: LoggedEvent) => STATUS_AFTER[type as keyof typeof STATUS_AFTER]

/** Drizzle puts the driver's error into one of its own. */
function nullIfOpen(error: unknown): null {
  const { cause } = error as { cause?: { constraint?: string } }
  if (cause?.constraint === 'orders_one_open') return null
  throw error
}
