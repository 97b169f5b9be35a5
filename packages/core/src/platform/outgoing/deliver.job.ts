import type { SendResult } from '../../spec/index.ts'
import { handle, type JobHandler } from '../jobs/index.ts'
import { monotonicMs } from '../node.ts'
import type { OutgoingDelivery, OutgoingDeliveryId, OutgoingMessage } from './delivery.ts'
import type { OutgoingEndpoint } from './endpoint.ts'
import { deliverWebhook } from './jobs.ts'
import { afterRest } from './retry.ts'
import type { OutgoingDeps } from './settings.ts'
import { settleAttempt } from './settle.ts'
import { signedHeaders } from './signing.ts'
import { loseAttempt, stepDelivery } from './step.ts'
import type { OutgoingWork } from './store.ts'

/** Added to an attempt's time-out before it counts as lost: its process died. */
const LEASE_MARGIN_MS = 10_000

/** An attempt that is on disk and may leave now. */
interface Ready {
  readonly delivery: OutgoingDelivery
  readonly endpoint: OutgoingEndpoint
  readonly message: OutgoingMessage
  readonly headers: Readonly<Record<string, string>>
}

/** Sends one delivery: a commit before the request, a commit after it, and no transaction during it. */
export function deliverJob<T extends OutgoingWork>(deps: OutgoingDeps<T>): JobHandler {
  return handle(deliverWebhook, async ({ deliveryId }, { signal }) => {
    const ready = await begin(deps, deliveryId)
    if (ready === null) return
    const startedAt = monotonicMs()
    const result = await post(deps, ready, signal)
    const durationMs = Math.round(monotonicMs() - startedAt)
    await settleAttempt(deps, { delivery: ready.delivery, result, durationMs })
  })
}

/** Commit one: the attempt is on disk, with the time after which it counts as lost. */
function begin<T extends OutgoingWork>(deps: OutgoingDeps<T>, id: OutgoingDeliveryId): Promise<Ready | null> {
  const { keys, timeoutMs } = deps.settings()
  return deps.storage.transaction(async (tx) => {
    const at = deps.clock.now()
    const delivery = await dueDelivery(deps, tx, { id, at })
    if (delivery === null) return null
    const endpoint = await tx.outgoingEndpoints.get(delivery.endpointId)
    const message = await tx.outgoing.getMessage(delivery.messageId)
    if (endpoint === null || message === null) throw new Error(`the message or endpoint of ${id} is gone`)
    if (endpoint.state !== 'enabled') {
      await stepDelivery(tx, delivery, { event: 'disable', at })
      return null
    }
    if (endpoint.restingUntil !== null && endpoint.restingUntil > at) {
      await postpone(tx, delivery, { to: afterRest(endpoint.restingUntil, delivery.id), at })
      return null
    }
    const secrets = await tx.outgoingEndpoints.secrets(endpoint.id)
    const headers = signedHeaders(keys, { id: message.id, body: message.body, at, secrets })
    const sending = await stepDelivery(tx, delivery, {
      event: 'send',
      set: {
        attempts: delivery.attempts + 1,
        tries: delivery.tries + 1,
        sentAt: at,
        leaseUntil: new Date(at.getTime() + timeoutMs + LEASE_MARGIN_MS),
      },
      at,
    })
    return { delivery: sending, endpoint, message, headers }
  })
}

/** The delivery, when it is to be sent now. Null: it has ended, is under way, or not due yet. */
async function dueDelivery<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  { id, at }: { readonly id: OutgoingDeliveryId; readonly at: Date },
): Promise<OutgoingDelivery | null> {
  let delivery = await tx.outgoing.lock(id)
  if (delivery === null) return null
  if (delivery.state === 'sending') {
    const { endpointId, leaseUntil } = delivery
    if (leaseUntil !== null && leaseUntil > at) {
      await tx.jobs.enqueue(
        deliverWebhook,
        { deliveryId: id, endpointId },
        { runAt: leaseUntil, dedupeKey: id },
      )
      return null
    }
    delivery = await loseAttempt(deps, tx, { delivery, at })
  }
  if (delivery.state !== 'pending') return null
  if (delivery.dueAt <= at) return delivery
  const { endpointId, dueAt } = delivery
  await tx.jobs.enqueue(deliverWebhook, { deliveryId: id, endpointId }, { runAt: dueAt, dedupeKey: id })
  return null
}

/** Waits without an attempt: the endpoint rests. */
async function postpone(
  tx: OutgoingWork,
  delivery: OutgoingDelivery,
  { to, at }: { readonly to: Date; readonly at: Date },
): Promise<void> {
  await tx.outgoing.update({ ...delivery, dueAt: to, updatedAt: at, version: delivery.version + 1 })
  const { id: deliveryId, endpointId } = delivery
  await tx.jobs.enqueue(deliverWebhook, { deliveryId, endpointId }, { runAt: to })
}

/** A sender must not throw; one that does has told nothing, so the receiver may have had it. */
async function post(deps: OutgoingDeps, ready: Ready, signal: AbortSignal): Promise<SendResult> {
  const { sender, timeoutMs } = deps.settings()
  const { endpoint, message, headers } = ready
  try {
    return await sender.post({
      url: endpoint.url,
      headers: { 'content-type': 'application/json', 'user-agent': 'Lastro-Webhooks/1', ...headers },
      body: message.body,
      timeoutMs,
      signal,
    })
  } catch {
    return { kind: 'failed', error: signal.aborted ? 'stopped' : 'connection' }
  }
}
