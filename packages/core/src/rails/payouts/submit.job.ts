import type { Json } from '../../platform/events/index.ts'
import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { Outcome, ProviderPayout } from '../../spec/index.ts'
import { type PayoutDeps, type PayoutRail, type PayoutWork, railOf } from './context.ts'
import { laneOf } from './create.ts'
import { reconcilePayout, submitPayout } from './jobs.ts'
import type { Payout, PayoutId } from './payout.ts'
import { applyTold } from './told.ts'
import { step } from './transition.ts'

const CALL_TIMEOUT_MS = 30_000
/** Added to the call's time-out before a payout that is still `submitting` counts as doubt: its process died. */
const LEASE_MARGIN_MS = 5_000
/** `not_sent` is tried again after 1 s, doubling to 5 minutes, for as long as it takes: nothing was sent. */
const RESEND_BASE_MS = 1_000
const RESEND_MAX_MS = 300_000

/** How long a payout may stand in `submitting` before its process counts as dead. */
export function leaseMs(deps: Pick<PayoutDeps, 'times'>): number {
  return (deps.times?.callTimeoutMs ?? CALL_TIMEOUT_MS) + LEASE_MARGIN_MS
}

/** Sends one payout: a commit before the call, a commit after it, and no transaction during it. */
export function submitPayoutJob<T extends PayoutWork>(deps: PayoutDeps<T>): JobHandler {
  return handle(submitPayout, async ({ payoutId }, { signal }) => {
    const payout = await begin(deps, payoutId)
    if (payout === null) return
    const found = railOf(deps, payout.provider)
    const startedAt = deps.clock.now()
    const outcome: Outcome<ProviderPayout> =
      found === undefined
        ? {
            kind: 'not_sent',
            cause: new Error(`provider ${payout.provider} is not configured in this process`),
          }
        : await send(deps, { payout, found, signal })
    await conclude(deps, { payout, outcome, startedAt })
  })
}

/** Commit one: the attempt is on disk, and so is the question that follows if this process dies now. */
function begin<T extends PayoutWork>(deps: PayoutDeps<T>, payoutId: PayoutId): Promise<Payout | null> {
  return deps.storage.transaction(async (tx) => {
    const payout = await tx.payouts.lock(payoutId)
    if (payout === null || payout.state !== 'created') return null
    const at = deps.clock.now()
    const moved = await step(deps, tx, {
      payout,
      event: 'submit',
      set: { attempts: payout.attempts + 1, submittedAt: at },
    })
    const runAt = new Date(at.getTime() + leaseMs(deps))
    await tx.jobs.enqueue(reconcilePayout, { payoutId, round: 0 }, { runAt })
    return moved
  })
}

function send(
  deps: Pick<PayoutDeps, 'times'>,
  call: { payout: Payout; found: PayoutRail; signal: AbortSignal },
): Promise<Outcome<ProviderPayout>> {
  const { payout, found, signal } = call
  const deadline = AbortSignal.timeout(deps.times?.callTimeoutMs ?? CALL_TIMEOUT_MS)
  return found.rail.send('payouts.submit', () =>
    found.port.submit({
      idempotencyKey: payout.id,
      amount: payout.amount,
      destination: payout.destination,
      ...(payout.description === null ? {} : { description: payout.description }),
      signal: AbortSignal.any([signal, deadline]),
    }),
  )
}

/** Commit two: what is known now. A webhook or another process may have said more meanwhile; then nothing is done. */
function conclude<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  call: { payout: Payout; outcome: Outcome<ProviderPayout>; startedAt: Date },
): Promise<void> {
  const { outcome } = call
  return deps.storage.transaction(async (tx) => {
    const at = deps.clock.now()
    const payout = await tx.payouts.lock(call.payout.id)
    if (payout === null || payout.state !== 'submitting' || payout.attempts !== call.payout.attempts) return
    const facts: Record<string, Json> = {
      call: 'submit',
      outcome: outcome.kind,
      tookMs: at.getTime() - call.startedAt.getTime(),
    }
    const askSoon = (ms: number) =>
      tx.jobs.enqueue(
        reconcilePayout,
        { payoutId: payout.id, round: 0 },
        { runAt: new Date(at.getTime() + ms) },
      )
    const askMs = deps.times?.askBaseMs ?? 2_000
    if (outcome.kind === 'accepted') {
      await applyTold(deps, tx, { payout, told: outcome.value, facts })
      if (outcome.value.state === 'pending') await askSoon(askMs)
    }
    if (outcome.kind === 'declined') {
      const { reason, detail = null } = outcome
      await step(deps, tx, {
        payout,
        event: 'decline',
        set: { reason, detail },
        facts: { ...facts, reason, detail },
      })
    }
    if (outcome.kind === 'not_sent') {
      await step(deps, tx, {
        payout,
        event: 'defer',
        facts: { ...facts, cause: describeError(outcome.cause) },
      })
      const wait = Math.max(
        outcome.retryAfterMs ?? 0,
        Math.min(RESEND_MAX_MS, RESEND_BASE_MS * 2 ** Math.min(payout.attempts - 1, 20)),
      )
      const lane = laneOf(payout, railOf(deps, payout.provider)?.port.concurrency ?? 1)
      await tx.jobs.enqueue(
        submitPayout,
        { payoutId: payout.id, lane },
        { runAt: new Date(at.getTime() + wait) },
      )
    }
    if (outcome.kind === 'unknown') {
      await step(deps, tx, {
        payout,
        event: 'lose',
        facts: { ...facts, cause: describeError(outcome.cause) },
      })
      await askSoon(askMs)
    }
  })
}
