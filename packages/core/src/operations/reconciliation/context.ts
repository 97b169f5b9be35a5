import type { LedgerTx } from '../../books/ledger/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { PlatformTx, UnitOfWork } from '../../platform/storage/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { Payments, PaymentTx } from '../../rails/payments/index.ts'
import type { Payouts, PayoutTx } from '../../rails/payouts/index.ts'
import type { Clock, Ids, StatementSource } from '../../spec/index.ts'
import type { ReconciliationOptions } from './options.ts'
import type { ReconciliationTx } from './store.ts'

/** What a transaction must offer for reconciliation to work in it. */
export type ReconciliationWork = PlatformTx & LedgerTx & PaymentTx & PayoutTx & ReconciliationTx

/** A provider that tells its books, and the guarded way to it. */
export interface StatementRail {
  readonly port: StatementSource
  readonly rail: Rail
}

/** What reconciliation needs. */
export interface ReconciliationDeps<T extends ReconciliationWork = ReconciliationWork> {
  readonly storage: UnitOfWork<T>
  readonly statements: Readonly<Record<string, StatementRail>>
  readonly payments: Pick<Payments<T>, 'verify'>
  readonly payouts: Pick<Payouts<T>, 'ask' | 'applyEvent'>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly options?: ReconciliationOptions
}

/** The provider's statements by the name the host gave it, or undefined. */
export function statementsOf(
  deps: Pick<ReconciliationDeps, 'statements'>,
  provider: string,
): StatementRail | undefined {
  return Object.hasOwn(deps.statements, provider) ? deps.statements[provider] : undefined
}
