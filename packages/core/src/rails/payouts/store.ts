import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { Payout, PayoutId, PayoutState } from './payout.ts'

/** The reads and writes payouts need, and no others. */
export interface PayoutStore {
  insert(payout: Payout): Promise<void>
  get(id: PayoutId): Promise<Payout | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: PayoutId): Promise<Payout | null>
  /** Reads and holds the payout that a provider's own id names. */
  lockByRef(ref: { readonly provider: string; readonly providerRef: string }): Promise<Payout | null>
  /** The payout that a provider's own id or an end-to-end id names. */
  findByRef(ref: { readonly provider: string; readonly ref: string }): Promise<Payout | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `payout.version - 1`. */
  update(payout: Payout): Promise<void>
  list(
    query: PageRequest & {
      readonly state?: PayoutState
      readonly provider?: string
      readonly correlation?: string
    },
  ): Promise<Page<Payout>>
}

/** What a transaction offers to payouts. */
export interface PayoutTx {
  readonly payouts: PayoutStore
}
