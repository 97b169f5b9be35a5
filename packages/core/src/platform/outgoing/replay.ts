import { LastroError } from '../errors/index.ts'
import { refuse } from '../input.ts'
import { lockEndpoint } from './change-endpoint.ts'
import type { OutgoingDelivery, OutgoingDeliveryId } from './delivery.ts'
import type { OutgoingEndpointId } from './endpoint.ts'
import { deliverWebhook } from './jobs.ts'
import type { OutgoingDeps } from './settings.ts'
import { stepDelivery } from './step.ts'
import type { OutgoingWork } from './store.ts'

/** Which deliveries to send again. */
export interface ReplayFailed {
  readonly endpointId: OutgoingEndpointId
  /** Messages made at or after this time. */
  readonly since: Date
  /** And before this one. Default now. */
  readonly until?: Date
}

/** Sends a delivery again that gave up, with the same `webhook-id` and the whole schedule before it. */
export async function replayDelivery<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  id: OutgoingDeliveryId,
): Promise<OutgoingDelivery> {
  deps.settings()
  const delivery = await tx.outgoing.lock(id)
  if (delivery === null) throw new LastroError('not_found', { kind: 'outgoing delivery', id })
  const endpoint = await lockEndpoint(tx, delivery.endpointId)
  if (endpoint.state !== 'enabled') refuse('endpoint', 'is disabled: enable it first')
  const at = deps.clock.now()
  const replayed = await restart(tx, delivery, at)
  const details = { from: delivery.state, endpoint: delivery.endpointId }
  await tx.audit.append({ actor: 'system', action: 'outgoing.replayed', subject: id, details, at })
  return replayed
}

const BATCH = 200

/** Sends everything again that an endpoint did not take in a time, oldest first. Answers how many deliveries. */
export async function replayFailed<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  { endpointId, since, until }: ReplayFailed,
): Promise<number> {
  deps.settings()
  const at = deps.clock.now()
  const end = until ?? at
  if (!(since < end)) refuse('since', 'must be before until')
  let count = 0
  for (let done = BATCH; done === BATCH; count += done) {
    done = await deps.storage.transaction(async (tx) => {
      const endpoint = await lockEndpoint(tx, endpointId)
      if (endpoint.state !== 'enabled') refuse('endpoint', 'is disabled: enable it first')
      const failed = await tx.outgoing.lockFailed({ endpointId, since, until: end, limit: BATCH })
      for (const delivery of failed) await restart(tx, delivery, at)
      return failed.length
    })
  }
  const details = { since: since.toISOString(), until: end.toISOString(), count }
  await deps.storage.transaction((tx) =>
    tx.audit.append({ actor: 'system', action: 'outgoing.replayed', subject: endpointId, details, at }),
  )
  return count
}

async function restart(tx: OutgoingWork, delivery: OutgoingDelivery, at: Date): Promise<OutgoingDelivery> {
  const { id: deliveryId, endpointId } = delivery
  const moved = await stepDelivery(tx, delivery, { event: 'replay', set: { tries: 0, dueAt: at }, at })
  await tx.jobs.enqueue(deliverWebhook, { deliveryId, endpointId })
  return moved
}
