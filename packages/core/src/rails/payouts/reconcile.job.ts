import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { ProviderPayout } from '../../spec/index.ts'
import { type PayoutDeps, type PayoutWork, railOf } from './context.ts'
import { laneOf } from './create.ts'
import { reconcilePayout, submitPayout } from './jobs.ts'
import type { Payout, PayoutId } from './payout.ts'
import { leaseMs } from './submit.job.ts'
import { applyTold } from './told.ts'
import { step } from './transition.ts'

const ASK_BASE_MS = 2_000
const ASK_MAX_MS = 600_000

/** Asks what became of a payout in doubt or under way, and goes on asking until there is an end. */
export function reconcilePayoutJob<T extends PayoutWork>(deps: PayoutDeps<T>): JobHandler {
  return handle(reconcilePayout, async ({ payoutId, round }, { signal }) => {
    const payout = await doubtful(deps, { payoutId, round })
    if (payout === null) return
    const found = railOf(deps, payout.provider)
    if (found === undefined) {
      const trouble = `provider ${payout.provider} is not configured in this process`
      await deps.storage.transaction((tx) => askAgain(deps, tx, { payout, round, trouble }))
      return
    }
    const askedAt = deps.clock.now()
    let answer: ProviderPayout | null
    try {
      answer = await found.rail.read('payouts.find', () =>
        found.port.find({
          idempotencyKey: payout.id,
          ...(payout.providerRef === null ? {} : { providerRef: payout.providerRef }),
          signal,
        }),
      )
    } catch (error) {
      await deps.storage.transaction((tx) =>
        askAgain(deps, tx, { payout, round, trouble: describeError(error) }),
      )
      return
    }
    await learn(deps, {
      payoutId,
      round,
      answer,
      askedAt,
      conclusiveAfterMs: found.port.conclusiveAfterMs,
      concurrency: found.port.concurrency,
    })
  })
}

/** The payout when there is something to ask. One whose process died while sending becomes doubt first. */
function doubtful<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  job: { payoutId: PayoutId; round: number },
): Promise<Payout | null> {
  return deps.storage.transaction(async (tx) => {
    const payout = await tx.payouts.lock(job.payoutId)
    if (payout === null) return null
    if (payout.state === 'unknown' || payout.state === 'pending') return payout
    if (payout.state !== 'submitting') return null
    const leaseEnds = (payout.submittedAt?.getTime() ?? 0) + leaseMs(deps)
    if (deps.clock.now().getTime() < leaseEnds) {
      await tx.jobs.enqueue(
        reconcilePayout,
        { payoutId: payout.id, round: 0 },
        { runAt: new Date(leaseEnds) },
      )
      return null
    }
    return step(deps, tx, {
      payout,
      event: 'lose',
      facts: { cause: 'the process that was sending it did not report back' },
    })
  })
}

function learn<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  news: {
    payoutId: PayoutId
    round: number
    answer: ProviderPayout | null
    askedAt: Date
    conclusiveAfterMs: number
    concurrency: number
  },
): Promise<void> {
  const { answer, round } = news
  return deps.storage.transaction(async (tx) => {
    const payout = await tx.payouts.lock(news.payoutId)
    if (payout === null || (payout.state !== 'unknown' && payout.state !== 'pending')) return
    const facts = { call: 'find', asked: round + 1 }
    if (answer !== null) {
      const now = await applyTold(deps, tx, { payout, told: answer, facts })
      if (now.state === 'pending' || now.state === 'unknown')
        await askAgain(deps, tx, { payout: now, round, trouble: null })
      return
    }
    const since = news.askedAt.getTime() - (payout.submittedAt ?? payout.createdAt).getTime()
    if (payout.state === 'unknown' && since >= news.conclusiveAfterMs) {
      // Conclusively absent: it is safe to send again, with the same key.
      await step(deps, tx, { payout, event: 'absent', facts: { ...facts, found: false } })
      await tx.jobs.enqueue(submitPayout, { payoutId: payout.id, lane: laneOf(payout, news.concurrency) })
      return
    }
    const trouble =
      payout.state === 'pending'
        ? 'accepted before, and not found now'
        : 'not found yet, too early to be sure'
    await askAgain(deps, tx, { payout, round, trouble })
  })
}

async function askAgain<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  question: { payout: Payout; round: number; trouble: string | null },
): Promise<void> {
  const { payout, round, trouble } = question
  const { askBaseMs = ASK_BASE_MS, askMaxMs = ASK_MAX_MS } = deps.times ?? {}
  const at = deps.clock.now()
  if (trouble !== null) {
    await tx.events.append({
      type: 'payout.asked',
      subject: payout.id,
      correlation: payout.correlation,
      data: { state: payout.state, round: round + 1, trouble },
      at,
    })
  }
  const wait = Math.min(askMaxMs, askBaseMs * 2 ** Math.min(round, 20))
  await tx.jobs.enqueue(
    reconcilePayout,
    { payoutId: payout.id, round: round + 1 },
    { runAt: new Date(at.getTime() + wait) },
  )
}
