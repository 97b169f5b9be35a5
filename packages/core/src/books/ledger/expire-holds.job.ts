import { z } from 'zod'
import { defineJob, handle, type JobHandler, type Schedule } from '../../platform/jobs/index.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import type { LedgerTx } from './store.ts'

const sweepInput = z.object({ limit: z.int().min(1).max(1_000) })

/** Most transactions of one run. What is left waits for the next slot of the schedule. */
const ROUNDS = 50

/** Releases holds whose time has come. May run late or twice: an expired hold cannot be posted meanwhile. */
export const expireHolds = defineJob<z.infer<typeof sweepInput>>({
  name: 'ledger.expire_holds',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 60_000,
  parse: (input) => sweepInput.parse(input),
  lane: () => 'sweep',
})

/** Sweeps once a minute. */
export const expireHoldsSchedule: Schedule = {
  name: 'ledger.expire_holds',
  everyMs: 60_000,
  job: expireHolds,
  input: { limit: 500 },
}

/** The body of the sweep: one transaction for each `limit` holds, so that account locks are short. */
export function expireHoldsHandler(deps: {
  readonly storage: UnitOfWork<LedgerTx>
  readonly clock: Clock
}): JobHandler {
  return handle(expireHolds, async ({ limit }, { signal }) => {
    for (let round = 0; round < ROUNDS && !signal.aborted; round += 1) {
      const due = await deps.storage.transaction((tx) =>
        tx.ledger.expireHolds({ at: deps.clock.now(), limit }),
      )
      if (due < limit) return
    }
  })
}
