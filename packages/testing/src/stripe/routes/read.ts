/** Look-ups and lists. */
import { missing } from '../answers.ts'
import type { StripeOperation } from '../faults.ts'
import { listOf } from '../form.ts'
import type { StripeObject } from '../records.ts'
import { render, renderList } from '../render.ts'
import type { Route } from '../route.ts'
import { isShown, type StripeState } from '../state.ts'

interface Kind {
  readonly name: 'session' | 'intent' | 'charge' | 'refund' | 'dispute' | 'warning' | 'balance' | 'event'
  readonly path: string
  /** As Stripe names it in an error. */
  readonly what: string
  readonly filters: readonly string[]
  all(state: StripeState): ReadonlyMap<string, StripeObject>
}

const KINDS: readonly Kind[] = [
  {
    name: 'session',
    path: '/v1/checkout/sessions',
    what: 'checkout.session',
    filters: ['payment_intent', 'customer', 'status'],
    all: ({ sessions }) => sessions,
  },
  {
    name: 'intent',
    path: '/v1/payment_intents',
    what: 'payment_intent',
    filters: ['customer'],
    all: ({ intents }) => intents,
  },
  {
    name: 'charge',
    path: '/v1/charges',
    what: 'charge',
    filters: ['payment_intent', 'customer'],
    all: ({ charges }) => charges,
  },
  {
    name: 'refund',
    path: '/v1/refunds',
    what: 'refund',
    filters: ['charge', 'payment_intent'],
    all: ({ refunds }) => refunds,
  },
  {
    name: 'dispute',
    path: '/v1/disputes',
    what: 'dispute',
    filters: ['charge', 'payment_intent'],
    all: ({ disputes }) => disputes,
  },
  {
    name: 'warning',
    path: '/v1/radar/early_fraud_warnings',
    what: 'radar.early_fraud_warning',
    filters: ['charge', 'payment_intent'],
    all: ({ warnings }) => warnings,
  },
  {
    name: 'balance',
    path: '/v1/balance_transactions',
    what: 'balance_transaction',
    filters: ['source', 'type', 'currency'],
    all: ({ transactions }) => transactions,
  },
  { name: 'event', path: '/v1/events', what: 'event', filters: ['type'], all: ({ events }) => events },
]

/** Two routes for each kind of object. */
export const readRoutes: readonly Route[] = KINDS.flatMap(({ name, path, what, filters, all }): Route[] => [
  {
    operation: `${name}.list` as StripeOperation,
    method: 'GET',
    path,
    run: (context, { query, version }) =>
      renderList(context, { url: path, all: [...all(context.state).values()], query, version, filters }),
  },
  {
    operation: `${name}.find` as StripeOperation,
    method: 'GET',
    path: `${path}/:id`,
    run: (context, { params: { id = '' }, query, version }) => {
      const object = all(context.state).get(id)
      if (object === undefined || !isShown(context, id)) return missing(what, id)
      return render(context, { object, expand: listOf(query, 'expand'), version })
    },
  },
])
