import type { LedgerTx } from '../../books/ledger/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { PlatformTx, UnitOfWork } from '../../platform/storage/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { Clock, Ids, PayoutProvider } from '../../spec/index.ts'
import type { Payout } from './payout.ts'
import type { PayoutTx } from './store.ts'

/** What a transaction must offer for payouts to work in it. */
export type PayoutWork = PlatformTx & LedgerTx & PayoutTx

/** A provider that pays, and the guarded way to it. */
export interface PayoutRail {
  readonly port: PayoutProvider
  readonly rail: Rail
}

/** Told inside the transaction in which a payout ends, or comes back after it was paid. */
export type PayoutListener<T extends PayoutWork> = (
  tx: T,
  payout: Payout,
  change: 'paid' | 'failed' | 'canceled' | 'returned',
) => Promise<void>

/** Times that payouts wait. All have defaults. */
export interface PayoutTimes {
  /** How long one call to the provider may take before it is doubt. Default 30 s. */
  readonly callTimeoutMs?: number
  /** First wait before asking about a payout that is pending or unknown; doubles to `askMaxMs`. Default 2 s. */
  readonly askBaseMs?: number
  /** Longest wait between two questions. Default 10 minutes. */
  readonly askMaxMs?: number
}

/** What payouts need. */
export interface PayoutDeps<T extends PayoutWork = PayoutWork> {
  readonly storage: UnitOfWork<T>
  readonly rails: Readonly<Record<string, PayoutRail>>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly times?: PayoutTimes
  readonly onPayout?: PayoutListener<T>
}

/** The provider's rail by the name the host gave it, or undefined. */
export function railOf(deps: Pick<PayoutDeps, 'rails'>, provider: string): PayoutRail | undefined {
  return Object.hasOwn(deps.rails, provider) ? deps.rails[provider] : undefined
}
