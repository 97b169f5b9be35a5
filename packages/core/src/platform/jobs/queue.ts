import type { Page, PageRequest } from '../unit-of-work/index.ts'
import type { JobDefinition } from './job.ts'

/** A job that this process may run now, until its claim ends. */
export interface ClaimedJob {
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly attempt: number
}

/** A job that gave up, with the last error. */
export interface DeadJob {
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly attempts: number
  readonly error: string
  readonly diedAt: Date
}

/** How a queue stands. Ages in milliseconds. */
export interface QueueDepth {
  readonly name: string
  readonly ready: number
  readonly waiting: number
  readonly active: number
  readonly dead: number
}

/**
 * Where durable jobs wait. Correctness never rests on it: a job may be handed out twice, and row state guards every
 * step.
 */
export interface JobQueue {
  /** Makes ready for these kinds of job. Called by `migrate` and by every process that runs jobs. */
  prepare(definitions: readonly JobDefinition[]): Promise<void>
  /** Up to `limit` due jobs of the given names, claimed for this process. */
  claim(query: { readonly names: readonly string[]; readonly limit: number }): Promise<readonly ClaimedJob[]>
  /** Keeps the claim of a job that is still running. */
  touch(job: ClaimedJob): Promise<void>
  /** False when the claim was lost meanwhile: someone else has the job now. */
  complete(job: ClaimedJob): Promise<boolean>
  /** Waits until `retryAt`, or dies when null. False when the claim was lost meanwhile. */
  fail(job: ClaimedJob, failure: { readonly error: string; readonly retryAt: Date | null }): Promise<boolean>
  /** Frees the claims of processes that died. */
  recover(): Promise<void>
  deadJobs(query?: PageRequest & { readonly name?: string }): Promise<Page<DeadJob>>
  /** Runs a dead job again, from its first attempt. False when there is no such dead job. */
  replay(job: { readonly name: string; readonly id: string }): Promise<boolean>
  depth(): Promise<readonly QueueDepth[]>
  /** Calls back when a job may be due, where the database can tell. Polling decides; this only wakes. */
  onWake?(wake: () => void): () => void
}
