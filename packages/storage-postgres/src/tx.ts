import type { HostTx, JobEnqueuer, LastroTx } from '@lastro/core/storage'
import type { Sql } from './sql.ts'
import { auditStore } from './stores/audit.ts'
import { deliveryStore } from './stores/deliveries.ts'
import { eventStore } from './stores/events.ts'
import { idempotencyStore } from './stores/idempotency.ts'
import { ledgerStore } from './stores/ledger.ts'
import { ledgerChainStore } from './stores/ledger-chain.ts'
import { ledgerLimitStore } from './stores/ledger-limits.ts'
import { ledgerReadStore } from './stores/ledger-reads.ts'
import { onchainStore } from './stores/onchain.ts'
import { outgoingStore } from './stores/outgoing.ts'
import { outgoingEndpointStore } from './stores/outgoing-endpoints.ts'
import { paymentStore } from './stores/payments.ts'
import { payoutStore } from './stores/payouts.ts'
import { rateStore } from './stores/rates.ts'
import { reconciliationStore } from './stores/reconciliation.ts'
import { relayerStore } from './stores/relayer.ts'
import { scheduleStore } from './stores/schedules.ts'
import { tradeStore } from './stores/trades.ts'

/** Every store over one connection. */
export function lastroTx(sql: Sql, parts: { readonly host: HostTx; readonly jobs: JobEnqueuer }): LastroTx {
  return {
    ...parts,
    events: eventStore(sql),
    idempotency: idempotencyStore(sql),
    audit: auditStore(sql),
    deliveries: deliveryStore(sql),
    schedules: scheduleStore(sql),
    ledger: ledgerStore(sql),
    ledgerReads: ledgerReadStore(sql),
    ledgerLimits: ledgerLimitStore(sql),
    ledgerChain: ledgerChainStore(sql),
    onchain: onchainStore(sql),
    payments: paymentStore(sql),
    outgoing: outgoingStore(sql),
    outgoingEndpoints: outgoingEndpointStore(sql),
    payouts: payoutStore(sql),
    rates: rateStore(sql),
    reconciliation: reconciliationStore(sql),
    relayer: relayerStore(sql),
    trades: tradeStore(sql),
  }
}
