import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'
import type { PayoutId } from './payout.ts'

const submitInput = z.object({
  payoutId: z.custom<PayoutId>((value) => typeof value === 'string'),
  lane: z.string(),
})
const reconcileInput = z.object({
  payoutId: z.custom<PayoutId>((value) => typeof value === 'string'),
  round: z.int(),
})

/** Two commits around one call: the attempt is on disk before the money can move. */
export const submitPayout = defineJob<z.infer<typeof submitInput>>({
  name: 'payouts.submit',
  retry: { attempts: 12, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  parse: (input) => submitInput.parse(input),
  // As many lanes as the provider takes payouts at once: one for providers that advise to send one after another.
  lane: ({ lane }) => lane,
})

/** Asks the provider what became of a payout. Enqueues itself again until there is a final answer. */
export const reconcilePayout = defineJob<z.infer<typeof reconcileInput>>({
  name: 'payouts.reconcile',
  retry: { attempts: 12, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  parse: (input) => reconcileInput.parse(input),
  lane: () => null,
})
