import { z } from 'zod'
import type { Json } from '../events/index.ts'
import { once } from '../idempotency/index.ts'
import { boundedText, idempotencyKeySchema, parseInput, refuse } from '../input.ts'
import { lockEndpoint } from './change-endpoint.ts'
import { MAX_ENDPOINTS } from './create-endpoint.ts'
import type { OutgoingDelivery, OutgoingMessage, OutgoingMessageId } from './delivery.ts'
import { MESSAGE_TYPE, type OutgoingEndpoint, type OutgoingEndpointId, takesType } from './endpoint.ts'
import { deliverWebhook } from './jobs.ts'
import type { OutgoingDeps } from './settings.ts'
import type { OutgoingWork } from './store.ts'

const schema = z.strictObject({
  type: z
    .string({ error: 'is required: such as payment.paid' })
    .max(128, 'must be at most 128 characters')
    .regex(MESSAGE_TYPE, 'must be groups of letters, digits and underscores between dots'),
  data: z.record(z.string(), z.json(), { error: 'must be an object of JSON, amounts as text' }),
  customer: boundedText(128).optional(),
  occurredAt: z.date({ error: 'must be a Date' }).optional(),
  idempotencyKey: idempotencyKeySchema.optional(),
})

/** A message to every endpoint of a customer that takes its type. */
export interface SendMessage {
  /** Groups of letters, digits and underscores between dots: `payment.paid`. */
  readonly type: string
  /** JSON, amounts as text; no secrets. Keep it small, with a version or sequence: order is not promised. */
  readonly data: { readonly [key: string]: Json }
  /** Whose endpoints. Without one: the endpoints that are of no customer. */
  readonly customer?: string
  /** When it happened. Default now. */
  readonly occurredAt?: Date
  /** Where sending again with the same key must make no second message. */
  readonly idempotencyKey?: string
}

/** What a message became. */
export interface SentMessage {
  readonly id: OutgoingMessageId
  /** To how many endpoints it goes, those counted that are disabled now. */
  readonly deliveries: number
}

/** The specification advises 20 KB; receivers that take webhooks of more than this are rare. */
const MAX_BODY_BYTES = 65_536

/** Writes a message and its deliveries in the caller's transaction. They leave after its commit, by jobs. */
export async function sendMessage<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  input: SendMessage,
): Promise<SentMessage> {
  deps.settings()
  checkCycles(input.data)
  const { idempotencyKey: key, ...message } = parseInput(schema, input)
  const at = deps.clock.now()
  const { type, customer = null, occurredAt = at } = message
  const body = bodyOf({ type, at: occurredAt, data: message.data })
  if (new TextEncoder().encode(body).byteLength > MAX_BODY_BYTES)
    refuse('data', `must make a body of at most ${MAX_BODY_BYTES} bytes`)
  const write = async () => {
    const endpoints = await endpointsFor(tx, { customer, type })
    return writeMessage(deps, tx, { type, customer, body, endpoints })
  }
  return key === undefined ? write() : once(tx, { operation: 'outgoing.send', key, body: message, at }, write)
}

/** Sends one endpoint a message that tells nothing, whatever types it takes. @throws LastroError `invalid_input` when it is disabled. */
export async function sendTest<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  endpointId: OutgoingEndpointId,
): Promise<SentMessage> {
  deps.settings()
  const endpoint = await lockEndpoint(tx, endpointId)
  if (endpoint.state !== 'enabled') refuse('endpoint', 'is disabled: enable it first')
  const type = 'webhook.test'
  const data = { endpoint: endpointId, message: 'A test of this endpoint. Nothing happened.' }
  const body = bodyOf({ type, at: deps.clock.now(), data })
  return writeMessage(deps, tx, { type, customer: endpoint.customer, body, endpoints: [endpoint] })
}

/** The payload of Standard Webhooks: its type, when it happened, and the data. */
export function bodyOf(payload: {
  readonly type: string
  readonly at: Date
  readonly data: { readonly [key: string]: Json }
}): string {
  const { type, at, data } = payload
  return JSON.stringify({ type, timestamp: at.toISOString(), data })
}

/** The endpoints that a message goes to. */
export async function endpointsFor(
  tx: OutgoingWork,
  message: { readonly customer: string | null; readonly type: string },
): Promise<readonly OutgoingEndpoint[]> {
  // Two that were created at once may both have been the last that was allowed.
  const limit = 2 * MAX_ENDPOINTS
  const all = await tx.outgoingEndpoints.ofCustomer({ customer: message.customer, limit })
  return all.filter(({ eventTypes }) => takesType(eventTypes, message.type))
}

/** Writes the message, one delivery for each endpoint, and their jobs. */
export async function writeMessage<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  news: Pick<OutgoingMessage, 'type' | 'customer' | 'body'> & {
    readonly endpoints: readonly OutgoingEndpoint[]
    readonly eventPosition?: string
  },
): Promise<SentMessage> {
  const { type, customer, body, endpoints, eventPosition = null } = news
  const at = deps.clock.now()
  const id = deps.ids.next('msg')
  if (!(await tx.outgoing.insertMessage({ id, type, customer, body, eventPosition, createdAt: at })))
    return { id, deliveries: 0 }
  const open: OutgoingDelivery[] = []
  for (const { id: endpointId, state } of endpoints) {
    const delivery: OutgoingDelivery = {
      id: deps.ids.next('whod'),
      messageId: id,
      endpointId,
      type,
      state: state === 'enabled' ? 'pending' : 'endpoint_disabled',
      attempts: 0,
      tries: 0,
      dueAt: new Date(at.getTime() + (deps.settings().scheduleMs[0] ?? 0)),
      sentAt: null,
      leaseUntil: null,
      lastStatus: null,
      lastError: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    }
    await tx.outgoing.insert(delivery)
    if (delivery.state === 'pending') open.push(delivery)
  }
  for (const { id: deliveryId, endpointId, dueAt } of open)
    await tx.jobs.enqueue(deliverWebhook, { deliveryId, endpointId }, dueAt > at ? { runAt: dueAt } : {})
  return { id, deliveries: endpoints.length }
}

/** A parser of plain data would follow a circle for ever. */
function checkCycles(data: unknown): void {
  try {
    JSON.stringify(data)
  } catch {
    refuse('data', 'must be JSON: no bigint, and nothing that holds itself')
  }
}
