/** The host's own table: who ordered what, and what became of it. */
import {
  type Clock,
  type HostTx,
  type Lastro,
  LastroError,
  type LoggedEvent,
  type PaymentId,
} from '@lastro/core'
import { fromKysely } from '@lastro/storage-postgres'
import { type ColumnType, type Kysely, type Selectable, sql as statement } from 'kysely'
import { PRODUCTS, type Product, priceOf } from './catalog.ts'

/** The host's tables, as Kysely sees them. The engine's are in a schema of their own. */
export interface Tables {
  orders: OrdersTable
}

type Filled<T> = ColumnType<T, never, never>

interface OrdersTable {
  /** Also the secret of the payer's page: nobody can guess it. */
  id: string
  product: string
  quantity: number
  /** Null only inside the transaction that places the order. */
  payment_id: ColumnType<PaymentId, never, PaymentId>
  status: Filled<OrderStatus>
  /** Grows by one with each event, so that pages know when to look again. */
  version: Filled<number>
  placed_at: ColumnType<Date, Date, never>
  paid_at: Filled<Date | null>
}

/** How the host sees an order. `attention`: a person must look at its payment. */
export type OrderStatus = 'open' | 'paid' | 'closed' | 'refunded' | 'attention'
export type Order = Selectable<OrdersTable>

const TABLE = statement`
  create table if not exists orders (
    id text primary key,
    product text not null,
    quantity integer not null check (quantity > 0),
    payment_id text unique,
    status text not null default 'open' check (status in ('open', 'paid', 'closed', 'refunded', 'attention')),
    version integer not null default 0,
    placed_at timestamptz not null,
    paid_at timestamptz
  )`

/** What an order becomes by an event of its payment. Null: its page changes, the order does not. */
const STATUS_AFTER: Readonly<Record<`payment.${string}`, OrderStatus | null>> = {
  'payment.requires_action': null,
  'payment.paid': 'paid',
  'payment.failed': 'closed',
  'payment.expired': 'closed',
  'payment.canceled': 'closed',
  // Given back by the engine (`onOverpaid`, `onLate` in shop.ts).
  'payment.overpaid': null,
  'payment.received_late': 'closed',
  'payment.refund_requested': null,
  'payment.refund_pending': null,
  // Only when all of it went back: see `statusAfter`.
  'payment.refunded': 'refunded',
  'payment.refund_declined': 'attention',
  'payment.refund_failed': 'attention',
  'payment.refund_returned': 'attention',
  'payment.disputed': 'attention',
  'payment.blocked': 'attention',
  'payment.dispute_changed': 'attention',
  'payment.contradicted': 'attention',
}

/** How long an order can be paid. */
const PAY_WITHIN_MS = 30 * 60_000
const NEWEST = 50

/** What a customer orders. The id is made with the form, so a form that is sent twice is one order. */
export interface NewOrder {
  readonly id: string
  readonly product: Product
  readonly quantity: number
}

/** The host's orders. */
export function createOrders(deps: {
  readonly lastro: Pick<Lastro, 'payments' | 'events'>
  readonly sql: Kysely<Tables>
  readonly clock: Clock
}) {
  const { lastro, sql, clock } = deps
  followPayments(lastro)
  return {
    prepare: () => TABLE.execute(sql),

    /** The order and its payment, in one commit. Nothing is asked of Efí yet. */
    place: ({ id, product, quantity }: NewOrder): Promise<Order> =>
      sql.transaction().execute(async (trx) => {
        const placed = await trx
          .insertInto('orders')
          .values({ id, product: product.id, quantity, placed_at: clock.now() })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (placed !== undefined) {
          const payment = await lastro.payments.create(
            {
              provider: 'efi',
              method: 'pix',
              amount: priceOf(product, quantity),
              description: `${quantity} × ${product.name}`,
              expiresAt: new Date(clock.now().getTime() + PAY_WITHIN_MS),
              reference: id,
              idempotencyKey: `order:${id}`,
            },
            { tx: fromKysely(trx) },
          )
          await trx.updateTable('orders').set({ payment_id: payment.id }).where('id', '=', id).execute()
        }
        return find(trx, id)
      }),

    /** @throws LastroError `not_found`. */
    get: (id: string) => find(sql, id),

    /** The newest ones, at most 50. */
    list: (): Promise<Order[]> =>
      sql.selectFrom('orders').selectAll().orderBy('placed_at', 'desc').limit(NEWEST).execute(),

    /** How often each of these orders has changed. */
    async versions(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const rows = await sql.selectFrom('orders').select(['id', 'version']).where('id', 'in', ids).execute()
      return new Map(rows.map(({ id, version }) => [id, version]))
    },
  }
}

/** What a customer bought; products that are sold no more have no name left. */
export const productOf = ({ product }: Order): string =>
  PRODUCTS.find(({ id }) => id === product)?.name ?? product

/** In one commit with this reader's place in the log: each event changes its order once. */
function followPayments({ payments, events }: Pick<Lastro, 'payments' | 'events'>): void {
  events.follow(
    'orders',
    async (batch, { tx }) => {
      for (const event of batch) {
        await tx.query(
          `update orders set version = version + 1, status = coalesce($1, status),
             paid_at = coalesce(paid_at, case when $1 = 'paid' then $2::timestamptz end)
           where payment_id = $3`,
          [await statusAfter(event, { payments, tx }), event.at.toISOString(), event.subject],
        )
      }
    },
    { types: Object.keys(STATUS_AFTER) },
  )
}

async function statusAfter(
  { type, subject }: LoggedEvent,
  { payments, tx }: { readonly payments: Lastro['payments']; readonly tx: HostTx },
): Promise<OrderStatus | null> {
  if (type === 'payment.refunded') {
    const { refundState } = await payments.view(subject as PaymentId, { tx })
    if (refundState !== 'whole') return null
  }
  return STATUS_AFTER[type as keyof typeof STATUS_AFTER] ?? null
}

async function find(sql: Kysely<Tables>, id: string): Promise<Order> {
  const order = await sql.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
  if (order === undefined) throw new LastroError('not_found', { kind: 'order', id: id.slice(0, 64) })
  return order
}
