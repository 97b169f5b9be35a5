import type { FaultPlan } from '../faults.ts'

/** What the fake can be asked for, by the names that faults and the log of calls use. */
export type EfiOperation =
  | 'oauth.token'
  | 'pix.send'
  | 'pix.find_by_id'
  | 'pix.find_by_e2e'
  | 'pix.list_sent'
  | 'pix.find_received'
  | 'pix.list_received'
  | 'charge.create'
  | 'charge.change'
  | 'charge.find'
  | 'charge.list'
  | 'refund.create'
  | 'refund.find'
  | `loc.${'create' | 'find' | 'list' | 'qrcode' | 'release'}`
  | `med.${'list' | 'defend'}`
  | `rec.${'create' | 'find' | 'list' | 'change'}`
  | `solicrec.${'create' | 'find' | 'change'}`
  | `cobr.${'create' | 'find' | 'list' | 'change' | 'retry'}`
  | `locrec.${'create' | 'find' | 'release'}`
  | `webhook${'rec' | 'cobr'}.${'put' | 'get' | 'delete'}`
  | 'balance.read'
  | 'webhook.put'
  | 'webhook.get'
  | 'webhook.delete'
  | 'webhook.list'
  | 'webhook.resend'

/** What can go wrong with any call. */
export type EfiCallFault =
  /** The connection dies and nothing happened. */
  | { readonly kind: 'drop_before_send' }
  /** It happened, and the connection dies before the answer. */
  | ({ readonly kind: 'drop_after_effect' } & Hidden)
  /** A server error, and nothing happened. */
  | ({ readonly kind: 'error_500_before' } & ServerError)
  /** A server error, although it happened. */
  | ({ readonly kind: 'error_500_after' } & ServerError & Hidden)
  /** It happens at once and the answer comes `delayMs` later. Default: 30 000. */
  | ({ readonly kind: 'slow'; readonly delayMs?: number } & Hidden)
  /** It happens, and is answered, only `delayMs` later, whether the caller still waits or not. Default: 30 000. */
  | { readonly kind: 'late_effect'; readonly delayMs?: number }
  /** The answer's body is cut in the middle; with `clean` its length is announced as cut, so no socket complains. */
  | ({ readonly kind: 'truncate'; readonly clean?: boolean } & Hidden)
  /** 429, and nothing happened. `retryAfterSeconds` adds a Retry-After header, which no page of Efí promises. */
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds?: number }
  /** A refusal of your choice, and nothing happened. Default: 422 `pagamento_negado`. */
  | { readonly kind: 'refuse'; readonly status?: number; readonly nome?: string; readonly mensagem?: string }

/** What can go wrong with a call that makes something besides: look-ups and lists do not see it for a while. */
export type EfiSendFault = EfiCallFault | ({ readonly kind: 'late_visibility' } & Hidden)

/** What can go wrong with a webhook. */
export type EfiWebhookFault =
  /** Delivered `copies` times more. Default: 1. */
  | { readonly kind: 'duplicate_webhook'; readonly copies?: number }
  /** First tried `delayMs` later. Default: 600 000. */
  | { readonly kind: 'late_webhook'; readonly delayMs?: number }
  /** Never delivered, never tried again. A re-send brings it. */
  | { readonly kind: 'lost_webhook' }
  /** Held until another one has been tried, or for ten minutes. */
  | { readonly kind: 'out_of_order_webhooks' }
  /** Tells another amount, in cents. Default: one cent too much. */
  | { readonly kind: 'wrong_amount_webhook'; readonly amount?: bigint }

/** The faults of each operation. */
export type EfiFaults = { readonly [O in Exclude<EfiOperation, Making>]: EfiCallFault } & {
  readonly [O in Making]: EfiSendFault
} & {
  readonly 'webhook.deliver': EfiWebhookFault
}

/** Operations that make something under an id of the caller. */
type Making = 'pix.send' | 'charge.create' | 'refund.create' | 'cobr.create'

/** The fault plan of a fake Efí. */
export type EfiFaultPlan = FaultPlan<EfiFaults>

/** `hiddenForMs`: for that long, look-ups and lists do not see what was made. `late_visibility`: 30 000. */
interface Hidden {
  readonly hiddenForMs?: number
}

/** `html`: a gateway's page instead of Efí's JSON. */
interface ServerError {
  readonly status?: 500 | 502 | 503 | 504
  readonly html?: boolean
}

/** How long a delay lasts where the fault does not say. */
export const DEFAULT_DELAY_MS = 30_000
/** How long a webhook is late, or held, where the fault does not say. */
export const DEFAULT_WEBHOOK_DELAY_MS = 600_000
