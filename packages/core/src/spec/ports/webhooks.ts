import type { Money } from '../money.ts'
import type { DeclineReason } from '../outcome.ts'
import type { PaymentFacts } from './payments.ts'

/** One arrival of a webhook, exactly as received. */
export interface RawDelivery {
  readonly method: string
  /** Path and query as the sender wrote them: `/webhooks/efi?hmac=…&ignorar=/pix`. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The bytes as received. A parsed and re-serialised body never verifies. */
  readonly body: Uint8Array
  readonly receivedAt: Date
  /** Who the TLS layer says is calling, where the host ends TLS itself or trusts its proxy's word. */
  readonly peer?: {
    readonly address?: string
    /** True only when the client certificate chains to the CA the host configured for this provider. */
    readonly certificateVerified?: boolean
    readonly certificateSubject?: string
  }
}

/** What a delivery that may be believed or asked about says of itself. Stored with its bytes. */
export interface DeliveryFacts {
  /** The same for every repetition of one piece of news, and for nothing else. */
  readonly deliveryId: string
  /** The provider's own name of the event type. */
  readonly topic: string
  /** The object the news is about, by the provider's id. Deliveries of one subject are applied one after another. */
  readonly subject?: string
  /**
   * The place of the news in the order of its subject, where the provider gives one: texts of one subject compare as
   * their order. News that is not above what was applied before changes nothing.
   */
  readonly sequence?: string
}

/** What is known of who sent a delivery. */
export type Verdict =
  | ({
      readonly kind: 'authentic'
      /** The body, parsed, where verifying parsed it: for a host that verifies without the inbox. Never stored. */
      readonly payload?: unknown
    } & DeliveryFacts)
  /** Nothing proves who sent it: the engine asks the provider before believing it. */
  | ({ readonly kind: 'unproven' } & DeliveryFacts)
  | { readonly kind: 'rejected'; readonly reason: RejectReason }

/** Why a delivery is refused: `bad_signature` and `foreign` answer 401, `stale` and `malformed` 400. */
export type RejectReason = 'bad_signature' | 'foreign' | 'stale' | 'malformed'

/** A kind of thing at a provider that may change, other than payments and payouts. */
export type ProviderObject =
  | 'account'
  | 'bank_payment'
  | 'connector'
  | 'consent'
  | 'contract_event'
  | 'customer'
  | 'enrollment'
  | 'invoice'
  | 'item'
  | 'payment_method'
  | 'recurring_consent'
  | 'recurring_payment'
  | 'scheduled_payment'
  | 'setup'
  | 'subscription'
  | 'transactions'
  | 'wallet_deposit'

/** One fact that a delivery tells, in our words. Amounts are compared with what was asked, never believed. */
export type ProviderEvent =
  | {
      readonly kind: 'payout'
      /** Our key where the provider repeats it, else null: then `providerRef` finds the payout. */
      readonly idempotencyKey: string | null
      readonly providerRef: string
      readonly state: 'pending' | 'paid' | 'failed' | 'returned'
      readonly amount: Money
      readonly endToEndId?: string
      readonly reason?: DeclineReason
      readonly detail?: string
      readonly returnedAmount?: Money
      readonly occurredAt?: Date
    }
  /** A payment, in part. Without `providerRef` and `idempotencyKey`, its receipts, refunds or disputes find it. */
  | ({ readonly kind: 'payment'; readonly occurredAt?: Date } & PaymentFacts)
  /** Another object changed. Logged for the host and its handlers; the rail that owns such objects follows it. */
  | {
      readonly kind: 'changed'
      readonly object: ProviderObject
      readonly ref: string
      /** What happened to it, in the provider's word: `updated`, `deleted`, `waiting_user_input`. */
      readonly change: string
      /** Its status in the provider's word, where it was told. An unknown one is kept as it is. */
      readonly status?: string
      /** What else was told: ids, dates, amounts as text. No secrets, no personal data. */
      readonly facts?: Readonly<Record<string, string | boolean | null>>
      readonly occurredAt?: Date
    }
  /** Names what changed and tells nothing that may be believed: `lookUp` asks, and its answer is applied instead. */
  | {
      readonly kind: 'hint'
      readonly topic: string
      readonly ref: string
      readonly facts?: Readonly<Record<string, string | boolean | null>>
    }
  /** Something the adapter knows but has nothing to do for: kept and counted, never applied. */
  | { readonly kind: 'ignored'; readonly topic: string }
  /** Something that fits no rule: the provider is asked, and the delivery is kept for a person. */
  | {
      readonly kind: 'unrecognised'
      readonly topic: string
      readonly detail: string
      readonly providerRef?: string
    }

/**
 * One event type of a provider and what becomes of it. `applied`: it moves a payment or payout; `asked`: the provider is
 * asked first; `handed_on`: logged for the host and its handlers; `ignored`: kept, and nothing done.
 */
export interface EventTypeRow {
  /** The provider's own name, as in the verdict's `topic`. */
  readonly type: string
  readonly does: 'applied' | 'asked' | 'handed_on' | 'ignored'
  /** What it becomes, in a few words: `payment paid`, `item changed`. */
  readonly becomes: string
}

/** A stored delivery, as it is translated. */
export interface StoredDelivery {
  readonly body: Uint8Array
  readonly topic: string
  readonly subject: string | null
}

/**
 * Turns deliveries into facts.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `webhook/authentic_accepted`: a delivery made by the provider is authentic.
 * - `webhook/forged_rejected`: a delivery with a wrong or missing proof is rejected.
 * - `webhook/verify_reads_bytes`: one changed byte of a signed body is rejected, where the provider signs bodies.
 * - `webhook/duplicate_same_id`: the same delivery twice has the same delivery id; another body has another.
 * - `webhook/types_listed`: the type of a genuine delivery stands in the adapter's table of event types, once.
 * - `webhook/translate_pure`: the same bytes always give the same events.
 * - `webhook/malformed_rejected`: bytes that are not the provider's form are rejected, and never throw.
 */
export interface WebhookSource {
  readonly specVersion: 1
  /** Largest body that is read, in bytes. */
  readonly maxBodyBytes: number
  /** Every event type that the provider documents, and what becomes of it. Others are kept as `unrecognised`. */
  readonly eventTypes: readonly EventTypeRow[]
  verify(delivery: RawDelivery): Promise<Verdict>
  /** Pure: the same delivery always gives the same events, so that it can be replayed. Never throws. */
  translate(delivery: StoredDelivery): readonly ProviderEvent[]
  /**
   * Asks the provider for the truth of an event that is a hint, that nothing proves, or that fits no rule. Empty:
   * nothing is there. Answers no hint. @throws ProviderError when the provider could not be asked.
   */
  lookUp?(
    event: ProviderEvent,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly ProviderEvent[]>
  /** What the provider wants to hear for a delivery that was taken, where plain 200 is not it. */
  acknowledge?(delivery: RawDelivery): {
    readonly status: 200 | 202 | 204
    readonly headers?: Readonly<Record<string, string>>
  }
  /** Tells the provider where to send webhooks. @throws ProviderError when it refuses or could not be asked. */
  register?(options: { readonly url: string; readonly signal?: AbortSignal }): Promise<void>
}
