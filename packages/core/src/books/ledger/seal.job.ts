import { z } from 'zod'
import { defineJob, handle, type JobHandler, type Schedule } from '../../platform/jobs/index.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import { seal } from './seal.ts'
import type { LedgerTx } from './store.ts'

const sealInput = z.object({})

/** Seals transfers and audit rows behind the booking. May run late or twice. */
export const sealLedger = defineJob<z.infer<typeof sealInput>>({
  name: 'ledger.seal',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 300_000,
  parse: (input) => sealInput.parse(input),
  lane: () => 'seal',
})

/** Seals once a minute. */
export const sealSchedule: Schedule = {
  name: 'ledger.seal',
  everyMs: 60_000,
  job: sealLedger,
  input: {},
}

/** The body of the job. */
export function sealHandler(deps: {
  readonly storage: UnitOfWork<LedgerTx>
  readonly clock: Clock
}): JobHandler {
  return handle(sealLedger, async (_input, { signal }) => {
    await seal(deps, { signal })
  })
}
