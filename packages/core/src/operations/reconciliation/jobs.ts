import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'
import type { DriftId } from './drift.ts'
import type { RunId } from './run.ts'

const runInput = z.object({
  runId: z.custom<RunId>((value) => typeof value === 'string'),
  provider: z.string(),
})
const startInput = z.object({ provider: z.string() })
const repairInput = z.object({ driftId: z.custom<DriftId>((value) => typeof value === 'string') })

const retry = { attempts: 12, baseMs: 1_000, maxMs: 300_000 }

/** Reads a provider's statement page by page, then compares it with our books batch by batch. */
export const workReconciliation = defineJob<z.infer<typeof runInput>>({
  name: 'reconciliation.work',
  retry,
  timeoutMs: 120_000,
  parse: (input) => runInput.parse(input),
  // One run of a provider at a time: two would take each other's lines for gone.
  lane: ({ provider }) => provider,
})

/** Begins a run of the time that has passed, for a schedule. */
export const startReconciliation = defineJob<z.infer<typeof startInput>>({
  name: 'reconciliation.start',
  retry,
  timeoutMs: 30_000,
  parse: (input) => startInput.parse(input),
  lane: () => null,
})

/** Asks the provider about a drift, books what it confirms, and compares again. */
export const repairDrift = defineJob<z.infer<typeof repairInput>>({
  name: 'reconciliation.repair',
  retry,
  timeoutMs: 60_000,
  parse: (input) => repairInput.parse(input),
  lane: () => null,
})
