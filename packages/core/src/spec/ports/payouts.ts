import type { AssetId, Money } from '../money.ts'
import type { DeclineReason, Outcome } from '../outcome.ts'

/** Where a payout goes. Each kind says exactly what its rail needs. */
export type Destination =
  | {
      readonly kind: 'pix_key'
      /** As the directory stores it: `+5531999998888`, `name@example.com`, digits of a CPF or CNPJ, or a random key. */
      readonly key: string
      /** CPF or CNPJ; when given, the provider checks that the key belongs to it. */
      readonly ownerDocument?: string
    }
  | {
      readonly kind: 'bank_account'
      readonly name: string
      readonly document: string
      /** ISPB of the bank, 8 characters. */
      readonly ispb: string
      readonly branch: string
      readonly number: string
      readonly type: 'checking' | 'savings'
    }
  | {
      readonly kind: 'address'
      /** Network id, such as `polygon`. */
      readonly network: string
      readonly address: string
      /** Memo or tag, on the networks that have one. */
      readonly memo?: string
    }
  | {
      readonly kind: 'provider_user'
      /** The provider's own id of a user who has an account there: a Pi uid. */
      readonly user: string
    }

/** What the engine asks of a payout provider. */
export interface SubmitPayout {
  /** The intent's own id: the same for every attempt, for ever. */
  readonly idempotencyKey: string
  readonly amount: Money
  readonly destination: Destination
  /** Free text for the payee's statement, 140 characters at most. */
  readonly description?: string
  /** Ends the wait, not the payout: an aborted call is `unknown`. */
  readonly signal?: AbortSignal
}

/** A payout as the provider tells it now. */
export interface ProviderPayout {
  readonly idempotencyKey: string
  /** The provider's own id. */
  readonly providerRef: string
  /** `returned`: it was paid, and the payee's side gave it back later. */
  readonly state: 'pending' | 'paid' | 'failed' | 'returned'
  readonly amount: Money
  /** Pix end-to-end id or chain transaction hash: what the payee can look for. */
  readonly endToEndId?: string
  readonly reason?: DeclineReason
  readonly detail?: string
  /** How much came back, when part or all did. */
  readonly returnedAmount?: Money
}

/**
 * Sends money out.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `payout/idempotent`: one key moves money at most once, however often it is submitted.
 * - `payout/lost_reply_is_unknown`: a reply lost after sending is `unknown`, never `declined` or `not_sent`.
 * - `payout/unsent_is_not_sent`: a request that never left is `not_sent`, so it may be tried again.
 * - `payout/server_error_is_unknown`: a 5xx answer is `unknown`, whatever its body says.
 * - `payout/refusal_is_declined`: a final refusal is `declined`, with its reason.
 * - `payout/duplicate_is_not_refused`: "this key exists" is `accepted` or `unknown`, never `declined`.
 * - `payout/found_after_lost_reply`: after a lost reply, `find` tells the payout that was really made.
 * - `payout/absent_is_null`: `find` answers `null` for a key the provider never saw, and only then.
 * - `payout/find_throws_when_down`: `find` throws when it could not ask; trouble is not absence.
 * - `payout/amount_exact`: the provider is asked for exactly the amount given, to the last unit.
 */
export interface PayoutProvider {
  readonly specVersion: 1
  /** Assets that can be sent. */
  readonly assets: readonly AssetId[]
  readonly destinations: readonly Destination['kind'][]
  /** How long after submitting a `null` from `find` proves absence. Before that the engine keeps asking. */
  readonly conclusiveAfterMs: number
  /** How many payouts may be under way at once; 1 when the provider advises to send one after another. */
  readonly concurrency: number
  submit(request: SubmitPayout): Promise<Outcome<ProviderPayout>>
  /** @throws ProviderError when the provider could not be asked. */
  find(key: {
    readonly idempotencyKey: string
    readonly providerRef?: string
    readonly signal?: AbortSignal
  }): Promise<ProviderPayout | null>
  /** Money at the provider that payouts may use. @throws ProviderError when the provider could not be asked. */
  balance?(asset: AssetId): Promise<Money>
  /**
   * The provider's own id of a payout, where it follows from our key before anything is sent: then a webhook that
   * overtakes the answer finds its payout.
   */
  refFor?(idempotencyKey: string): string
  /** Checks a destination's form, with no network. Null when it is fine, else the rule it breaks. */
  checkDestination?(destination: Destination): string | null
}
