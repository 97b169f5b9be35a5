import type { AuditStore } from '../audit/index.ts'
import type { EventStore } from '../events/index.ts'
import type { IdempotencyStore } from '../idempotency/index.ts'
import type { JobEnqueuer, JobQueue, ScheduleStore } from '../jobs/index.ts'
import type { HostTx, UnitOfWork } from '../unit-of-work/index.ts'
import type { DeliveryStore } from '../webhooks/index.ts'

export type { HostTx, Page, PageRequest, UnitOfWork, WriteOptions } from '../unit-of-work/index.ts'

/** What every domain may do inside a transaction. */
export interface PlatformTx {
  readonly jobs: JobEnqueuer
  readonly events: EventStore
  readonly idempotency: IdempotencyStore
  readonly audit: AuditStore
  readonly deliveries: DeliveryStore
  readonly schedules: ScheduleStore
  /** The transaction itself, for the host's own statements in callbacks that the engine calls. */
  readonly host: HostTx
}

/** What a storage package gives: transactions, the job queue and its own upkeep. */
export interface Storage<T extends PlatformTx = PlatformTx> extends UnitOfWork<T> {
  readonly queue: JobQueue
  /** Brings the schema up to date, job queue included. Safe to call at every start and from many processes at once. */
  migrate(): Promise<{ readonly from: number; readonly to: number }>
  /** @throws LastroError `storage_not_migrated` or `storage_from_future`. */
  check(): Promise<void>
  /** Lets go of what this package opened itself. The host's pool stays open. */
  close(): Promise<void>
}
