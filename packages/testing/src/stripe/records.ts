/** What the fake tells of itself. Objects are Stripe's own, of the newest version, as the API would answer them. */

/** An object of Stripe's API. */
export interface StripeObject {
  readonly id: string
  readonly object: string
  /** Unix seconds. */
  readonly created: number
  readonly metadata?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** A payment intent, by the fields that change. */
export interface StripeIntent extends StripeObject {
  status: string
  amount: number
  amount_capturable: number
  amount_received: number
  currency: string
  capture_method: string
  latest_charge: string | null
  last_payment_error: object | null
  next_action: object | null
  canceled_at: number | null
  cancellation_reason: string | null
  payment_method: string | null
  readonly client_secret: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A charge, by the fields that change. */
export interface StripeCharge extends StripeObject {
  status: string
  readonly amount: number
  amount_captured: number
  amount_refunded: number
  captured: boolean
  disputed: boolean
  refunded: boolean
  paid: boolean
  balance_transaction: string | null
  failure_code: string | null
  readonly currency: string
  readonly payment_intent: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A Checkout page, by the fields that change. */
export interface StripeSession extends StripeObject {
  status: string
  payment_status: string
  payment_intent: string | null
  url: string | null
  client_secret: string | null
  readonly expires_at: number
  readonly amount_total: number
  readonly currency: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A refund, by the fields that change. */
export interface StripeRefund extends StripeObject {
  status: string
  failure_reason?: string
  failure_balance_transaction?: string
  balance_transaction: string | null
  readonly amount: number
  readonly currency: string
  readonly charge: string
  readonly payment_intent: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A dispute, by the fields that change. */
export interface StripeDispute extends StripeObject {
  status: string
  balance_transactions: StripeTransaction[]
  is_charge_refundable: boolean
  readonly amount: number
  readonly currency: string
  readonly charge: string
  readonly payment_intent: string
}

/** An early fraud warning. */
export interface StripeWarning extends StripeObject {
  actionable: boolean
  readonly charge: string
  readonly payment_intent: string
}

/** A movement of the account's balance. */
export interface StripeTransaction extends StripeObject {
  readonly amount: number
  readonly fee: number
  readonly net: number
  readonly currency: string
  readonly type: string
  readonly source: string
}

/** An event as the API tells it, in the newest version. */
export interface StripeEvent extends StripeObject {
  readonly type: string
  readonly data: { readonly object: StripeObject; readonly previous_attributes?: object }
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
}

/** One call to the API, as it arrived. */
export interface StripeCall {
  readonly at: Date
  /** The operation, or `unknown` for a path that the fake does not serve. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly idempotencyKey: string | null
  /** The HTTP status, `drop` when the connection was cut instead, `waiting` before that. */
  readonly status: number | 'drop' | 'waiting'
  /** True where the answer was that of an earlier call with the same key. */
  readonly isReplay: boolean
  /** The kind of the fault that was injected. */
  readonly fault: string | null
}

/** Without `readonly`: how the fake holds what it tells. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
