import { handle, type JobHandler } from '../jobs/index.ts'
import { deliverWebhook, keepOutgoing, sweepOutgoing } from './jobs.ts'
import type { OutgoingDeps } from './settings.ts'
import type { OutgoingWork } from './store.ts'

/** A delivery that is due for so long has lost its job; a long lane is not that slow. */
const OVERDUE_MS = 15 * 60_000
const BATCH = 200
const MAX_BATCHES = 20

/** Gives deliveries a job again that no job may be left for. */
export function sweepJob<T extends OutgoingWork>(deps: OutgoingDeps<T>): JobHandler {
  return handle(sweepOutgoing, async () => {
    const at = deps.clock.now()
    const dueBefore = new Date(at.getTime() - OVERDUE_MS)
    await deps.storage.transaction(async (tx) => {
      const stuck = await tx.outgoing.stuck({ leaseBefore: at, dueBefore, limit: BATCH })
      for (const { id, endpointId } of stuck)
        await tx.jobs.enqueue(deliverWebhook, { deliveryId: id, endpointId }, { dedupeKey: id })
    })
  })
}

/** Deletes what is older than it is kept. Where nothing was configured, nothing was sent. */
export function keepJob<T extends OutgoingWork>(
  deps: OutgoingDeps<T> & { readonly isConfigured: boolean },
): JobHandler {
  return handle(keepOutgoing, async () => {
    if (!deps.isConfigured) return
    const before = new Date(deps.clock.now().getTime() - deps.settings().keepMs)
    for (let round = 0; round < MAX_BATCHES; round += 1) {
      const deleted = await deps.storage.transaction((tx) => tx.outgoing.prune({ before, limit: BATCH }))
      if (deleted < BATCH) return
    }
  })
}
