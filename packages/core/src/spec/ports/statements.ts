import type { Money } from '../money.ts'

/** One line of a provider's own books. */
export interface StatementEntry {
  /** The provider's id of the movement: end-to-end id, balance transaction. Unique at the provider. */
  readonly ref: string
  readonly kind: 'receipt' | 'refund' | 'dispute' | 'payout' | 'payout_returned' | 'fee' | 'other'
  /** The provider's id of the payment or payout that it belongs to, where it tells. */
  readonly providerRef?: string
  /** Our key, where the provider repeats it. */
  readonly idempotencyKey?: string
  /** Above zero: in our favour. Below: against us. Before fees. */
  readonly amount: Money
  readonly fee?: Money
  readonly state: 'settled' | 'pending' | 'failed'
  readonly occurredAt: Date
}

/**
 * A provider's own account of what moved, for reconciliation.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `statement/complete`: what moved within the window is told, on some page, once.
 * - `statement/window`: nothing outside the window is told.
 * - `statement/down_throws`: trouble throws `ProviderError`; it is never an empty page.
 */
export interface StatementSource {
  readonly specVersion: 1
  /** How long after a movement it is certain to be listed. Younger absences are in flight, not missing. */
  readonly listedAfterMs: number
  /** `from` inclusive, `to` exclusive. @throws ProviderError when the provider could not be asked. */
  entries(window: {
    readonly from: Date
    readonly to: Date
    readonly cursor?: string | null
    readonly signal?: AbortSignal
  }): Promise<{ readonly items: readonly StatementEntry[]; readonly nextCursor: string | null }>
}
