import type { Clock } from '../../spec/index.ts'
import type { AuditStore } from '../audit/index.ts'
import { LastroError } from '../errors/index.ts'
import type { Page, PageRequest, UnitOfWork } from '../unit-of-work/index.ts'
import type { DeadJob, JobQueue, QueueDepth } from './queue.ts'

/** Durable jobs, as an operator sees them. */
export interface Jobs {
  /** How many jobs of each kind are ready, waiting, running and dead. */
  depth(): Promise<readonly QueueDepth[]>
  /** Jobs that gave up, with their last error. */
  dead(query?: PageRequest & { readonly name?: string }): Promise<Page<DeadJob>>
  /** Runs a dead job again, from its first attempt. @throws LastroError `not_found`. */
  replay(job: { readonly name: string; readonly id: string }): Promise<void>
}

/** Makes the operator's side of the queue. */
export function createJobs(deps: {
  readonly queue: JobQueue
  readonly storage: UnitOfWork<{ readonly audit: AuditStore }>
  readonly clock: Clock
}): Jobs {
  return {
    depth: () => deps.queue.depth(),
    dead: (query) => deps.queue.deadJobs(query),
    async replay(job) {
      if (!(await deps.queue.replay(job)))
        throw new LastroError('not_found', { kind: 'dead job', id: job.id })
      const { name, id: subject } = job
      await deps.storage.transaction((tx) =>
        tx.audit.append({
          actor: 'system',
          action: 'job.replayed',
          subject,
          details: { name },
          at: deps.clock.now(),
        }),
      )
    },
  }
}
