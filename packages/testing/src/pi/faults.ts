import type { FaultPlan } from '../faults.ts'

/** What the fake can be asked for, by the names that faults and the log of calls use. */
export type PiOperation =
  | 'payments.create'
  | 'payments.get'
  | 'payments.approve'
  | 'payments.complete'
  | 'payments.cancel'
  | 'payments.incomplete'
  | 'chain.root'
  | 'chain.account'
  | 'chain.transactions'
  | 'chain.transaction'
  | 'chain.fees'
  | 'chain.submit'

/** What can go wrong with any call. */
export type PiCallFault =
  /** The connection dies and nothing happened. */
  | { readonly kind: 'drop_before_send' }
  /** It happened, and the connection dies before the answer. `hiddenForMs`: for that long the chain does not show it. */
  | { readonly kind: 'drop_after_effect'; readonly hiddenForMs?: number }
  /** A server error, and nothing happened. `html`: a page, as Pi answers a 500. Default: HTML. */
  | ({ readonly kind: 'error_500_before' } & ServerError)
  /** A server error, although it happened. */
  | ({ readonly kind: 'error_500_after'; readonly hiddenForMs?: number } & ServerError)
  /** It happens at once and the answer comes `delayMs` later. Default: 30 000. */
  | { readonly kind: 'slow'; readonly delayMs?: number }
  /** It happens, and is answered, only `delayMs` later, whether the caller still waits or not. Default: 30 000. */
  | { readonly kind: 'late_effect'; readonly delayMs?: number }
  /** The answer's body is cut in the middle; with `clean` its length is announced as cut. */
  | { readonly kind: 'truncate'; readonly clean?: boolean }
  /** 429, and nothing happened. */
  | { readonly kind: 'rate_limited' }
  /** A refusal by one of Pi's codes, and nothing happened. Default: 400 `invalid_arguments`. */
  | { readonly kind: 'refuse'; readonly status?: number; readonly code?: string }
  /** A refusal by the chain, and nothing happened. Default: `tx_failed` and `op_no_destination`. */
  | {
      readonly kind: 'chain_refuses'
      readonly transaction?: string
      readonly operations?: readonly string[]
    }
  /** The answer's payments say `transaction: null`, whatever is so (pi-nodejs, issue 26). */
  | { readonly kind: 'untold_transaction' }

/** What can go wrong with news. */
export type PiWebhookFault =
  /** Delivered `copies` times more. Default: 1. */
  | { readonly kind: 'duplicate_webhook'; readonly copies?: number }
  /** Never delivered. */
  | { readonly kind: 'lost_webhook' }
  /** Kept back until the next one. */
  | { readonly kind: 'out_of_order_webhooks' }

/** The faults of each operation. */
export type PiFaults = { readonly [O in PiOperation]: PiCallFault } & {
  readonly 'webhook.deliver': PiWebhookFault
}

/** The fault plan of a fake Pi. */
export type PiFaultPlan = FaultPlan<PiFaults>

interface ServerError {
  readonly status?: 500 | 502 | 503 | 504
  readonly html?: boolean
}

/** How long a delay lasts where the fault does not say. */
export const DEFAULT_DELAY_MS = 30_000
