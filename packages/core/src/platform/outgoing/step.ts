import { type EventOf, move } from '../machine/index.ts'
import { type OutgoingDelivery, outgoingDeliveryMachine } from './delivery.ts'
import { nextTry } from './retry.ts'
import type { OutgoingDeps } from './settings.ts'
import type { OutgoingWork } from './store.ts'

/** One step of a delivery. */
export async function stepDelivery(
  tx: OutgoingWork,
  delivery: OutgoingDelivery,
  change: {
    readonly event: EventOf<typeof outgoingDeliveryMachine>
    readonly set?: Partial<OutgoingDelivery>
    readonly at: Date
  },
): Promise<OutgoingDelivery> {
  const { event, set = {}, at } = change
  const state = move(outgoingDeliveryMachine, delivery, event)
  const lease = state === 'sending' ? {} : { sentAt: null, leaseUntil: null }
  const moved = { ...delivery, ...lease, ...set, state, updatedAt: at, version: delivery.version + 1 }
  await tx.outgoing.update(moved)
  return moved
}

/** The end of a delivery that used up its schedule, told to the host's readers of the log. */
export async function exhaust(
  tx: OutgoingWork,
  delivery: OutgoingDelivery,
  change: { readonly set: Partial<OutgoingDelivery>; readonly at: Date },
): Promise<OutgoingDelivery> {
  const { set, at } = change
  const moved = await stepDelivery(tx, delivery, { event: 'exhaust', set, at })
  const { id, endpointId, messageId, type, attempts, lastStatus, lastError } = moved
  await tx.events.append({
    type: 'outgoing.delivery_exhausted',
    subject: id,
    correlation: messageId,
    data: { endpoint: endpointId, type, attempts, lastStatus, lastError },
    at,
  })
  return moved
}

/** An attempt whose lease is over: nobody saw its end. It counts, and the same message goes again under the same id. */
export async function loseAttempt<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  lost: { readonly delivery: OutgoingDelivery; readonly at: Date },
): Promise<OutgoingDelivery> {
  const { delivery, at } = lost
  await tx.outgoing.insertAttempt({
    deliveryId: delivery.id,
    number: delivery.attempts,
    at: delivery.sentAt ?? at,
    durationMs: null,
    status: null,
    error: 'lost',
    answer: null,
  })
  const { scheduleMs } = deps.settings()
  const seed = `${delivery.id}:${delivery.attempts}`
  const set = { lastStatus: null, lastError: 'lost' } as const
  if (nextTry({ scheduleMs, tries: delivery.tries, seed, at, askedMs: 0 }) === null)
    return exhaust(tx, delivery, { set, at })
  // Due now: the receiver has done nothing that it should be spared for.
  return stepDelivery(tx, delivery, { event: 'lose', set: { ...set, dueAt: at }, at })
}
