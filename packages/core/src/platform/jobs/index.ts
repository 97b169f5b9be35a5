export {
  defineJob,
  handle,
  type JobContext,
  type JobDefinition,
  type JobEnqueuer,
  type JobHandler,
  type RetryPolicy,
  type Schedule,
  type ScheduleStore,
} from './job.ts'
export { createJobs, type Jobs } from './operate.ts'
export type { ClaimedJob, DeadJob, JobQueue, QueueDepth } from './queue.ts'
export type { RunResult } from './run.ts'
export { createWorker, type TickReport, type Worker, type WorkerOptions } from './worker.ts'
