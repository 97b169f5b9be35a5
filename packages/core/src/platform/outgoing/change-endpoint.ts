import { z } from 'zod'
import { LastroError } from '../errors/index.ts'
import { boundedText, parseInput } from '../input.ts'
import { move } from '../machine/index.ts'
import { checkUrl, eventTypesSchema } from './create-endpoint.ts'
import {
  type DisabledReason,
  endpointMachine,
  type OutgoingEndpoint,
  type OutgoingEndpointId,
} from './endpoint.ts'
import type { OutgoingDeps } from './settings.ts'
import type { OutgoingWork } from './store.ts'

const schema = z.strictObject({
  id: z.custom<OutgoingEndpointId>((value) => typeof value === 'string', { error: 'must be an endpoint id' }),
  url: z.string({ error: 'must be an https address' }).optional(),
  description: boundedText(256).nullish(),
  eventTypes: eventTypesSchema.optional(),
})

/** What may be changed of an endpoint. Its customer stays. */
export interface UpdateEndpoint {
  readonly id: OutgoingEndpointId
  readonly url?: string
  readonly description?: string | null
  readonly eventTypes?: readonly string[]
}

type Health = Pick<OutgoingEndpoint, 'failures' | 'failingSince' | 'restingUntil'>

/** An endpoint that nothing is held against. */
export const HEALTHY: Health = { failures: 0, failingSince: null, restingUntil: null }

/** The endpoint, held until the transaction ends. @throws LastroError `not_found`. */
export async function lockEndpoint(tx: OutgoingWork, id: OutgoingEndpointId): Promise<OutgoingEndpoint> {
  const endpoint = await tx.outgoingEndpoints.lock(id)
  if (endpoint === null || endpoint.state === 'removed')
    throw new LastroError('not_found', { kind: 'endpoint', id })
  return endpoint
}

/** Writes the endpoint with some of its fields changed. */
export async function saveEndpoint(
  tx: OutgoingWork,
  endpoint: OutgoingEndpoint,
  change: { readonly set: Partial<OutgoingEndpoint>; readonly at: Date },
): Promise<OutgoingEndpoint> {
  const saved = { ...endpoint, ...change.set, updatedAt: change.at, version: endpoint.version + 1 }
  await tx.outgoingEndpoints.update(saved)
  return saved
}

/** Changes where an endpoint is and what it takes. Deliveries under way follow to the new address. */
export async function updateEndpoint<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  input: UpdateEndpoint,
): Promise<OutgoingEndpoint> {
  const { id, url, description, eventTypes } = parseInput(schema, input)
  if (url !== undefined) checkUrl(deps.settings().sender, url)
  const endpoint = await lockEndpoint(tx, id)
  // What was held against the old address is not held against the new one.
  const isMoved = url !== undefined && url !== endpoint.url
  return saveEndpoint(tx, endpoint, {
    set: {
      ...(isMoved ? { url, ...HEALTHY } : {}),
      ...(description === undefined ? {} : { description }),
      ...(eventTypes === undefined ? {} : { eventTypes }),
    },
    at: deps.clock.now(),
  })
}

/** Sends to an endpoint again, with nothing held against it. What it missed waits to be replayed. */
export async function enableEndpoint<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  id: OutgoingEndpointId,
): Promise<OutgoingEndpoint> {
  const endpoint = await lockEndpoint(tx, id)
  if (endpoint.state === 'enabled') return endpoint
  const state = move(endpointMachine, endpoint, 'enable')
  return saveEndpoint(tx, endpoint, {
    set: { state, disabledReason: null, ...HEALTHY },
    at: deps.clock.now(),
  })
}

/** Stops sending to an endpoint, and tells the host's readers of the log. Disabled already: nothing happens. */
export async function disableEndpoint<T extends OutgoingWork>(
  deps: Pick<OutgoingDeps<T>, 'clock'>,
  tx: T,
  change: { readonly endpoint: OutgoingEndpoint; readonly reason: DisabledReason },
): Promise<OutgoingEndpoint> {
  const { endpoint, reason } = change
  if (endpoint.state === 'disabled') return endpoint
  const at = deps.clock.now()
  const state = move(endpointMachine, endpoint, 'disable')
  const disabled = await saveEndpoint(tx, endpoint, { set: { state, disabledReason: reason }, at })
  await tx.events.append({
    type: 'outgoing.endpoint_disabled',
    subject: endpoint.id,
    correlation: endpoint.id,
    data: {
      reason,
      customer: endpoint.customer,
      failures: endpoint.failures,
      failingSince: endpoint.failingSince?.toISOString() ?? null,
    },
    at,
  })
  return disabled
}

/** Ends an endpoint: its secrets are deleted, and what waits for it is never sent. */
export async function removeEndpoint<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  id: OutgoingEndpointId,
): Promise<void> {
  const endpoint = await lockEndpoint(tx, id)
  const at = deps.clock.now()
  await saveEndpoint(tx, endpoint, { set: { state: move(endpointMachine, endpoint, 'remove') }, at })
  await tx.outgoingEndpoints.deleteSecrets({ endpointId: id })
  const details = { customer: endpoint.customer }
  await tx.audit.append({ actor: 'system', action: 'outgoing.endpoint_removed', subject: id, details, at })
}
