import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { trackJob } from './jobs.ts'
export function track<T extends OnchainWork>(_context: OnchainContext<T>): JobHandler {
  return handle(trackJob, async () => {})
}
