import type { EventTypeRow } from '@lastro/core/spec'
import { readInvoice, readInvoicePayment, readSchedule, readSubscription } from './billing-read.ts'
import { readCheckout } from './checkout-read.ts'
import { readCustomer, readCustomerPart, readPaymentMethod, readSetupIntent } from './customers-read.ts'
import { readDispute, readFraudWarning } from './disputes-read.ts'
import { SNAPSHOT_TYPES, THIN_TYPES } from './event-names.ts'
import { readCharge, readIntent } from './payments-read.ts'
import type { Reader } from './reading.ts'
import { readRefund } from './refunds-read.ts'

/** A kind of object that is read. */
export type Kind =
  | 'charge'
  | 'checkout'
  | 'customer'
  | 'customer_part'
  | 'dispute'
  | 'fraud_warning'
  | 'invoice'
  | 'invoice_payment'
  | 'payment_intent'
  | 'payment_method'
  | 'refund'
  | 'schedule'
  | 'setup_intent'
  | 'subscription'

interface KindRow {
  readonly read: Reader
  /** Of a snapshot event. A thin one is always asked about. */
  readonly does: EventTypeRow['does']
  readonly becomes: string
}

const moves = (becomes: string, read: Reader): KindRow => ({ read, does: 'applied', becomes })
const tells = (becomes: string, read: Reader): KindRow => ({ read, does: 'handed_on', becomes })

/** What becomes of each kind of object. */
export const KINDS: Readonly<Record<Kind, KindRow>> = {
  charge: moves('payment: receipt, authorization or failed attempt', readCharge),
  checkout: moves('payment state by `payment_status`; subscription or setup changed', readCheckout),
  customer: tells('customer changed', readCustomer),
  customer_part: tells('customer changed', readCustomerPart),
  dispute: moves('payment: dispute', readDispute),
  fraud_warning: { read: readFraudWarning, does: 'asked', becomes: 'payment: dispute `warned`' },
  invoice: tells('invoice changed', readInvoice),
  invoice_payment: tells('invoice changed: its payment intent', readInvoicePayment),
  payment_intent: moves('payment state and receipt', readIntent),
  payment_method: tells('payment method changed', readPaymentMethod),
  refund: moves('payment: refund', readRefund),
  schedule: tells('subscription changed: its schedule', readSchedule),
  setup_intent: tells('setup changed', readSetupIntent),
  subscription: tells('subscription changed', readSubscription),
}

/** The kind of the object in a type's events, by all of the type but its last word. */
const BY_PREFIX: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['charge', 'charge'],
  ['charge.dispute', 'dispute'],
  ['charge.refund', 'refund'],
  ['checkout.session', 'checkout'],
  ['customer', 'customer'],
  ['customer.discount', 'customer_part'],
  ['customer.source', 'customer_part'],
  ['customer.subscription', 'subscription'],
  ['customer.tax_id', 'customer_part'],
  ['invoice', 'invoice'],
  ['invoice_payment', 'invoice_payment'],
  ['payment_intent', 'payment_intent'],
  ['payment_method', 'payment_method'],
  ['radar.early_fraud_warning', 'fraud_warning'],
  ['refund', 'refund'],
  ['setup_intent', 'setup_intent'],
  ['subscription_schedule', 'schedule'],
])

/** One event type: what becomes of it, and by which reader. */
export interface TypeRow extends EventTypeRow {
  readonly payload: 'snapshot' | 'thin'
  readonly kind: Kind | null
  readonly change: string
}

const IGNORED = { does: 'ignored', becomes: 'kept' } as const

function rowOf(type: string, payload: TypeRow['payload']): TypeRow {
  const at = type.lastIndexOf('.')
  const prefix = type.slice(0, at).replace(payload === 'thin' ? /^v1\./ : '', '')
  const kind = BY_PREFIX.get(prefix) ?? null
  const base = { type, payload, kind, change: type.slice(at + 1) }
  if (kind === null) return { ...base, ...IGNORED }
  // A customer's parts have no address of their own: there is nothing to ask for by their id alone.
  if (payload === 'thin' && kind === 'customer_part') return { ...base, ...IGNORED, kind: null }
  const { does, becomes } = KINDS[kind]
  return { ...base, does: payload === 'thin' ? 'asked' : does, becomes }
}

const ROWS: readonly TypeRow[] = [
  ...SNAPSHOT_TYPES.map((type) => rowOf(type, 'snapshot')),
  ...THIN_TYPES.map((type) => rowOf(type, 'thin')),
]

const BY_TYPE: ReadonlyMap<string, TypeRow> = new Map(ROWS.map((row) => [row.type, row]))

/** The row of a type that Stripe documents, or null for any other. */
export const typeRow = (type: string): TypeRow | null => BY_TYPE.get(type) ?? null

/** Every event type that Stripe documents, snapshot and thin, and what becomes of it. */
export const EVENT_TYPES: readonly EventTypeRow[] = ROWS.map(({ type, does, becomes }) => ({
  type,
  does,
  becomes,
}))
