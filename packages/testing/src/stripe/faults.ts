import type { FaultPlan } from '../faults.ts'

/** What the fake can be asked for, by the names that faults and the log of calls use. */
export type StripeOperation =
  | `session.${'create' | 'find' | 'list' | 'expire'}`
  | `intent.${'create' | 'find' | 'list' | 'capture' | 'cancel'}`
  | `charge.${'find' | 'list'}`
  | `refund.${'create' | 'find' | 'list'}`
  | `dispute.${'find' | 'list'}`
  | `warning.${'find' | 'list'}`
  | `balance.${'find' | 'list'}`
  | `event.${'find' | 'list'}`

/** What can go wrong with any call. */
export type StripeCallFault =
  /** The connection dies and nothing happened. */
  | { readonly kind: 'drop_before_send' }
  /** It happened, and the connection dies before the answer. `hiddenForMs`: for that long, lists do not show it. */
  | { readonly kind: 'drop_after_effect'; readonly hiddenForMs?: number }
  /** A server error, and nothing happened. `isKept`: Stripe keeps it under the key and repeats it for a day. */
  | ({ readonly kind: 'error_500_before'; readonly isKept?: boolean } & ServerError)
  /** A server error, although it happened. It is kept under the key. */
  | ({ readonly kind: 'error_500_after'; readonly hiddenForMs?: number } & ServerError)
  /** It happens at once and the answer comes `delayMs` later; meanwhile its key is in use. Default: 30 000. */
  | { readonly kind: 'slow'; readonly delayMs?: number }
  /** It happens, and is answered, only `delayMs` later, whether the caller still waits or not. Default: 30 000. */
  | { readonly kind: 'late_effect'; readonly delayMs?: number }
  /** The answer's body is cut in the middle; with `clean` its length is announced as cut. */
  | { readonly kind: 'truncate'; readonly clean?: boolean }
  /** 429, and nothing happened. `reason` null: an object is busy, `lock_timeout`. Default: `global-rate`. */
  | { readonly kind: 'rate_limited'; readonly reason?: string | null }
  /** A refusal of your choice, and nothing happened. Default: 402 `card_declined`. */
  | {
      readonly kind: 'refuse'
      readonly status?: number
      readonly type?: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error'
      readonly code?: string
      readonly declineCode?: string
      readonly param?: string
    }

/** What can go wrong with a webhook. */
export type StripeWebhookFault =
  /** Delivered `copies` times more. Default: 1. */
  | { readonly kind: 'duplicate_webhook'; readonly copies?: number }
  /** First tried `delayMs` later. Default: 600 000. */
  | { readonly kind: 'late_webhook'; readonly delayMs?: number }
  /** Never delivered, never tried again. */
  | { readonly kind: 'lost_webhook' }
  /** Held until another one has been tried, or for ten minutes. */
  | { readonly kind: 'out_of_order_webhooks' }

/** The faults of each operation. */
export type StripeFaults = { readonly [O in StripeOperation]: StripeCallFault } & {
  readonly 'webhook.deliver': StripeWebhookFault
}

/** The fault plan of a fake Stripe. */
export type StripeFaultPlan = FaultPlan<StripeFaults>

/** `html`: a gateway's page instead of Stripe's JSON. */
interface ServerError {
  readonly status?: 500 | 502 | 503 | 504
  readonly html?: boolean
}

/** How long a delay lasts where the fault does not say. */
export const DEFAULT_DELAY_MS = 30_000
/** How long a webhook is late, or held, where the fault does not say. */
export const DEFAULT_WEBHOOK_DELAY_MS = 600_000
