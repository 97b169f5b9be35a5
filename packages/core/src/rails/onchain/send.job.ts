import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { sendJob } from './jobs.ts'
export function send<T extends OnchainWork>(_context: OnchainContext<T>): JobHandler {
  return handle(sendJob, async () => {})
}
