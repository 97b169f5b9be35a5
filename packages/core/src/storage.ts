/** The only door for storage packages: every store port, and the types their rows become. */
import type { LedgerTx } from './books/ledger/store.ts'
import type { RateTx } from './books/rates/store.ts'
import type { ReconciliationTx } from './operations/reconciliation/store.ts'
import type { OutgoingTx } from './platform/outgoing/store.ts'
import type { PlatformTx, Storage } from './platform/storage/index.ts'
import type { TradeTx } from './products/trades/store.ts'
import type { OnchainTx } from './rails/onchain/store.ts'
import type { PaymentTx } from './rails/payments/store.ts'
import type { PayoutTx } from './rails/payouts/store.ts'
import type { RelayerTx } from './rails/relayer/store.ts'

export type {
  AccountState,
  Balance,
  LedgerAccount,
  LedgerBreach,
  LedgerStore,
  LedgerTransfer,
  NewAccount,
  NewTransfer,
  NormalSide,
  RefusalRule,
  StateChange,
  TransferKind,
  TransferResult,
  TrialBalanceRow,
} from './books/ledger/store.ts'
export * from './books/ledger/store.ts'
export type { RateStore, RateTx, StoredRate } from './books/rates/store.ts'
export type { Drift, DriftId, ReconciliationRun, RunId } from './operations/reconciliation/index.ts'
export type {
  AccountMove,
  DriftQuery,
  DriftSum,
  ItemFacts,
  ReconciliationStore,
  ReconciliationTx,
  SeenDrifts,
  ToldLine,
} from './operations/reconciliation/store.ts'
export type { AuditEntry, AuditStore } from './platform/audit/index.ts'
export { createBatcher } from './platform/batching/index.ts'
export { pack, unpack } from './platform/codec.ts'
export { LastroError } from './platform/errors/index.ts'
export type { EventStore, Json, LoggedEvent, NewEvent } from './platform/events/index.ts'
export type { IdempotencyStore } from './platform/idempotency/index.ts'
export type {
  ClaimedJob,
  DeadJob,
  JobDefinition,
  JobEnqueuer,
  JobQueue,
  QueueDepth,
  ScheduleStore,
} from './platform/jobs/index.ts'
export type {
  OutgoingAttempt,
  OutgoingDelivery,
  OutgoingDeliveryStore,
  OutgoingEndpoint,
  OutgoingEndpointStore,
  OutgoingMessage,
  OutgoingTx,
  SealedSecret,
} from './platform/outgoing/index.ts'
export type {
  HostTx,
  Page,
  PageRequest,
  PlatformTx,
  Storage,
  UnitOfWork,
  WriteOptions,
} from './platform/storage/index.ts'
export type {
  Delivery,
  DeliveryCounts,
  DeliveryFilter,
  DeliveryState,
  DeliveryStore,
  DeliverySummary,
  FailedAttempt,
  LockedDelivery,
  NewDelivery,
  OpenedDelivery,
  QueuedDelivery,
  RefusalCount,
  SubjectPlace,
  TopicCounts,
} from './platform/webhooks/index.ts'
export type {
  Quote,
  QuoteId,
  Trade,
  TradeId,
  TradeState,
  TradeStore,
  TradeTx,
} from './products/trades/index.ts'
export * from './rails/onchain/store.ts'
export type {
  Dispute,
  KnownBy,
  OperationId,
  OperationKind,
  OperationState,
  Payment,
  PaymentId,
  PaymentOperation,
  PaymentQuery,
  PaymentReceipt,
  PaymentRefund,
  PaymentState,
  PaymentStore,
  PaymentTx,
  RefOwner,
} from './rails/payments/index.ts'
export type { Payout, PayoutId, PayoutState, PayoutStore, PayoutTx } from './rails/payouts/index.ts'
export type {
  GapFilter,
  GapId,
  RelayedEvent,
  RelayerGap,
  RelayerStore,
  RelayerTx,
  StreamRow,
} from './rails/relayer/index.ts'

/** Everything that can be read and written in one transaction. */
export type LastroTx = PlatformTx &
  LedgerTx &
  RateTx &
  ReconciliationTx &
  OnchainTx &
  PaymentTx &
  PayoutTx &
  OutgoingTx &
  RelayerTx &
  TradeTx

/** A storage for the whole engine. */
export type LastroStorage = Storage<LastroTx>
