/** The host's own table: who ordered which trade, and what became of it. */
import type { Lastro, LoggedEvent, QuoteId, Trade } from '@lastro/core'
import { fromKysely } from '@lastro/storage-postgres'
import { type Generated, type Kysely, type Selectable, sql as statement } from 'kysely'

/** The host's tables, as Kysely sees them. The engine's are in a schema of their own. */
export interface Tables {
  orders: OrdersTable
}

interface OrdersTable {
  id: Generated<number>
  trade_id: string
  customer: string
  status: Generated<OrderStatus>
  paid_at: Date | null
}

/** How the host sees an order. `attention`: a person must look at its trade. */
export type OrderStatus = 'open' | 'paid' | 'expired' | 'refunded' | 'attention'
export type Order = Selectable<OrdersTable>

const TABLE = statement`
  create table if not exists orders (
    id integer generated always as identity primary key,
    trade_id text not null unique,
    customer text not null,
    status text not null default 'open' check (status in ('open', 'paid', 'expired', 'refunded', 'attention')),
    paid_at timestamptz
  )`

/** A rule of the house: one open order per customer. */
const ONE_OPEN = statement`create unique index if not exists orders_one_open on orders (customer) where status = 'open'`

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
export function createOrders({
  lastro,
  sql,
}: {
  lastro: Pick<Lastro, 'trades' | 'events'>
  sql: Kysely<Tables>
}) {
  const place = (order: NewOrder) =>
    sql.transaction().execute(async (trx) => {
      const { customer, quoteId, pixKey, refundAddress, idempotencyKey } = order
      const payout = { provider: 'efi', destination: { kind: 'pix_key', key: pixKey } } as const
      const trade = await lastro.trades.create(
        { quoteId, payout, refundAddress, reference: customer, idempotencyKey },
        { tx: fromKysely(trx) },
      )
      // The same key again gives the same trade, whose order is there already.
      await trx
        .insertInto('orders')
        .values({ trade_id: trade.id, customer })
        .onConflict((conflict) => conflict.column('trade_id').doNothing())
        .execute()
      return { trade, order: await find(trx, trade.id) }
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
      await TABLE.execute(sql)
      await ONE_OPEN.execute(sql)
    },
    /** The order and its trade, in one commit. Null: the customer has an open order, and nothing was written. */
    place: (order: NewOrder): Promise<{ trade: Trade; order: Order } | null> =>
      place(order).catch(nullIfOpen),
    find: (tradeId: string) => find(sql, tradeId),
  }
}

const find = (sql: Kysely<Tables>, tradeId: string): Promise<Order> =>
  sql.selectFrom('orders').selectAll().where('trade_id', '=', tradeId).executeTakeFirstOrThrow()

const statusAfter = ({ type }: LoggedEvent) => STATUS_AFTER[type as keyof typeof STATUS_AFTER]

function nullIfOpen(error: unknown): null {
  if ((error as { constraint?: string }).constraint === 'orders_one_open') return null
  throw error
}
