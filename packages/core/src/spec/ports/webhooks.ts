import type { Money } from '../money.ts'
import type { DeclineReason } from '../outcome.ts'

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

/** What is known of who sent a delivery. */
export type Verdict =
  | { readonly kind: 'authentic'; readonly deliveryId: string; readonly topic: string }
  /** Nothing proves who sent it: the engine asks the provider before believing it. */
  | { readonly kind: 'unproven'; readonly deliveryId: string; readonly topic: string }
  | { readonly kind: 'rejected'; readonly reason: RejectReason }

/** Why a delivery is refused: `bad_signature` and `foreign` answer 401, `stale` and `malformed` 400. */
export type RejectReason = 'bad_signature' | 'foreign' | 'stale' | 'malformed'

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
  | {
      readonly kind: 'payment'
      readonly providerRef: string
      /** What the payer was asked to pay (Pix txid), where there was such a thing. */
      readonly reference: string | null
      readonly state: 'received' | 'refunded' | 'refund_failed'
      readonly amount: Money
      /** The provider's id of the refund, where the event tells of one: two refunds of a payment may be of one size. */
      readonly refundRef?: string
      readonly occurredAt?: Date
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
 * Turns deliveries into facts.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `webhook/authentic_accepted`: a delivery made by the provider is authentic.
 * - `webhook/forged_rejected`: a delivery with a wrong or missing proof is rejected.
 * - `webhook/verify_reads_bytes`: one changed byte of a signed body is rejected, where the provider signs bodies.
 * - `webhook/duplicate_same_id`: the same delivery twice has the same delivery id; another body has another.
 * - `webhook/translate_pure`: the same bytes always give the same events.
 * - `webhook/malformed_rejected`: bytes that are not the provider's form are rejected, and never throw.
 */
export interface WebhookSource {
  readonly specVersion: 1
  /** Largest body that is read, in bytes. */
  readonly maxBodyBytes: number
  verify(delivery: RawDelivery): Promise<Verdict>
  /** Pure: the same bytes always give the same events, so a stored delivery can be replayed. */
  translate(body: Uint8Array): readonly ProviderEvent[]
  /** Tells the provider where to send webhooks. @throws ProviderError when it refuses or could not be asked. */
  register?(options: { readonly url: string; readonly signal?: AbortSignal }): Promise<void>
}
