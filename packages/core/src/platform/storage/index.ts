import type { AuditStore } from '../audit/index.ts'
import type { EventStore } from '../events/index.ts'
import type { IdempotencyStore } from '../idempotency/index.ts'
import type { JobEnqueuer, JobQueue, ScheduleStore } from '../jobs/index.ts'
import type { DeliveryStore } from '../webhooks/index.ts'

/**
 * The host's own open transaction, wrapped by one of the storage package's adapters (`fromPg(client)`,
 * `fromKysely(trx)`, …). Passed as `{ tx }` to any write, it makes the host's row, our state, postings, event and job
 * commit or roll back together.
 */
export interface HostTx {
  readonly kind: 'lastro.host_tx'
  /** Runs one statement inside the transaction; parameters are `$1`, `$2`, …. */
  query(text: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
}

/** Options that every write takes. */
export interface WriteOptions {
  /** Join the host's own transaction instead of opening one. */
  readonly tx?: HostTx
}

/**
 * One database transaction. Everything inside commits together; nothing inside talks to the network.
 *
 * With `{ tx }` the work joins the host's transaction behind a savepoint: when it throws, everything it wrote is
 * undone and the host may go on. Calls on one host transaction run one after another.
 */
export interface UnitOfWork<T> {
  transaction<R>(work: (tx: T) => Promise<R>, options?: WriteOptions): Promise<R>
  /** Reads without a transaction of its own: each statement sees the latest commit. With `{ tx }`, what the host sees. */
  read<R>(work: (tx: T) => Promise<R>, options?: WriteOptions): Promise<R>
}

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

/** A page of rows and the cursor of the next one; null at the end. Cursors are opaque. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** How much of a list to read. At most 200 rows a page. */
export interface PageRequest {
  readonly limit?: number
  readonly cursor?: string | null
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
