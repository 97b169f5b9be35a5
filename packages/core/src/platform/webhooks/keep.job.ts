import { z } from 'zod'
import type { Clock } from '../../spec/index.ts'
import { refuse } from '../input.ts'
import { defineJob, handle, type JobHandler, type Schedule } from '../jobs/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import { applyDelivery } from './apply.job.ts'
import type { InboxTx } from './intake.ts'

/** How long deliveries are kept once they are applied, counted from their arrival. Default: for ever. */
export interface WebhookRetention {
  /** After so many days the bytes are removed. What is left cannot be replayed. */
  readonly bodyDays?: number
  /** After so many days the row is deleted: at least 7, since what comes again afterwards is taken as new. */
  readonly rowDays?: number
}

const keepInput = z.object({})

/** Takes up deliveries that nothing works on any more, empties and deletes what is old enough. May run late or twice. */
export const keepDeliveries = defineJob<z.infer<typeof keepInput>>({
  name: 'webhooks.keep',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 300_000,
  parse: (input) => keepInput.parse(input),
  lane: () => 'keep',
})

/** Every ten minutes. */
export const keepSchedule: Schedule = {
  name: 'webhooks.keep',
  everyMs: 600_000,
  job: keepDeliveries,
  input: {},
}

const DAY_MS = 86_400_000
/** Longer than all attempts of a delivery together take. */
const STRANDED_MS = 3_600_000
const REFUSAL_DAYS = 31
/** Rows of one transaction, and transactions of one run: what is left waits for the next run. */
const BATCH = { rows: 500, rounds: 100 }
const MIN_ROW_DAYS = 7

/** @throws LastroError `invalid_input` naming the option and the rule. */
export function checkRetention({ bodyDays, rowDays }: WebhookRetention): void {
  const at = 'webhooks.retention'
  if (bodyDays !== undefined && !(bodyDays >= 0)) refuse(`${at}.bodyDays`, 'must be 0 days or more')
  if (rowDays !== undefined && !(rowDays >= MIN_ROW_DAYS))
    refuse(
      `${at}.rowDays`,
      `must be ${MIN_ROW_DAYS} days or more: what comes again afterwards is taken as new`,
    )
  if (bodyDays !== undefined && rowDays !== undefined && bodyDays > rowDays)
    refuse(`${at}.bodyDays`, 'must not be more than rowDays')
}

/** The body of the job. Deliveries that were not applied are never emptied and never deleted. */
export function keepDeliveriesJob(deps: {
  readonly storage: UnitOfWork<InboxTx>
  readonly clock: Clock
  readonly retention: WebhookRetention
}): JobHandler {
  const { storage, clock, retention } = deps
  return handle(keepDeliveries, async (_input, { signal }) => {
    const at = clock.now()
    const ago = (ms: number) => new Date(at.getTime() - ms)
    const limit = BATCH.rows
    const untilDone = (work: (tx: InboxTx) => Promise<number>) => inBatches(storage, { work, signal })
    // A job that died with its process on its last attempt leaves a delivery behind that nobody would try again.
    await untilDone(async (tx) => {
      const stranded = await tx.deliveries.takeStranded({ before: ago(STRANDED_MS), at, limit })
      await tx.jobs.enqueueMany(applyDelivery, stranded)
      return stranded.length
    })
    const { bodyDays, rowDays } = retention
    if (bodyDays !== undefined)
      await untilDone((tx) => tx.deliveries.empty({ before: ago(bodyDays * DAY_MS), at, limit }))
    if (rowDays !== undefined)
      await untilDone((tx) => tx.deliveries.remove({ before: ago(rowDays * DAY_MS), limit }))
    const places = rowDays === undefined ? null : ago(rowDays * DAY_MS)
    await untilDone((tx) => tx.deliveries.forget({ places, refusals: ago(REFUSAL_DAYS * DAY_MS), limit }))
  })
}

async function inBatches(
  storage: UnitOfWork<InboxTx>,
  { work, signal }: { readonly work: (tx: InboxTx) => Promise<number>; readonly signal: AbortSignal },
): Promise<void> {
  for (let round = 0; round < BATCH.rounds && !signal.aborted; round += 1)
    if ((await storage.transaction(work)) < BATCH.rows) return
}
