import { z } from 'zod'
import { defineJob, type Schedule } from '../jobs/index.ts'
import type { OutgoingDeliveryId } from './delivery.ts'
import type { OutgoingEndpointId } from './endpoint.ts'

const deliverInput = z.object({
  deliveryId: z.custom<OutgoingDeliveryId>((value) => typeof value === 'string'),
  endpointId: z.custom<OutgoingEndpointId>((value) => typeof value === 'string'),
})

/** Sends one delivery once. What comes of it decides when the next job runs, so this one is done either way. */
export const deliverWebhook = defineJob<z.infer<typeof deliverInput>>({
  name: 'outgoing.deliver',
  retry: { attempts: 12, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  parse: (input) => deliverInput.parse(input),
  // One at a time to each endpoint: a slow one holds up nothing but itself.
  lane: ({ endpointId }) => endpointId,
})

const nothing = z.object({})

/** Finds deliveries that no job is left for: their process died, or their job did. */
export const sweepOutgoing = defineJob<object>({
  name: 'outgoing.sweep',
  retry: { attempts: 3, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 60_000,
  parse: (input) => nothing.parse(input),
  lane: () => 'outgoing',
})

/** Deletes messages that are older than they are kept. */
export const keepOutgoing = defineJob<object>({
  name: 'outgoing.keep',
  retry: { attempts: 3, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 60_000,
  parse: (input) => nothing.parse(input),
  lane: () => 'outgoing',
})

/** Every minute. */
export const sweepSchedule: Schedule = {
  name: 'outgoing.sweep',
  everyMs: 60_000,
  job: sweepOutgoing,
  input: {},
}

/** Every hour. */
export const keepOutgoingSchedule: Schedule = {
  name: 'outgoing.keep',
  everyMs: 3_600_000,
  job: keepOutgoing,
  input: {},
}
