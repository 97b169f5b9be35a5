import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { ProviderPayment } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import { askProvider } from './ask.ts'
import { completeSigned } from './complete-signed.ts'
import { doubtMs, leaseMs, type PaymentDeps, type PaymentRail, type PaymentWork, railOf } from './context.ts'
import { reconcilePayment, submitPayment } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'
import { withPendingRefunds } from './pending-refunds.ts'
import { step } from './step.ts'

/** Asks how a payment stands. In doubt it goes on asking until it knows; else the schedule asks again. */
export function reconcilePaymentJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(reconcilePayment, async ({ paymentId, round }, { signal }) => {
    const payment = await askable(deps, paymentId)
    if (payment === null) return
    const found = railOf(deps, payment.provider)
    const askedAt = deps.clock.now()
    let answer: ProviderPayment | null
    try {
      if (found === undefined)
        throw new Error(`provider ${payment.provider} is not configured in this process`)
      answer = await askProvider(found, { payment, signal })
      if (answer !== null) answer = await withPendingRefunds(deps, { found, payment, answer, signal })
    } catch (error) {
      const trouble = describeError(error)
      await deps.storage.transaction((tx) => askAgain(deps, tx, { payment, round, trouble }))
      return
    }
    await learn(deps, { payment, round, answer, askedAt, found })
  })
}

/** The payment when there is something to ask. One whose process died while creating it becomes doubt first. */
export function askable<T extends PaymentWork>(deps: PaymentDeps<T>, id: PaymentId): Promise<Payment | null> {
  return deps.storage.transaction(async (tx) => {
    const payment = await tx.payments.lock(id)
    if (payment === null || payment.state === 'created' || payment.submittedAt === null) return null
    if (payment.state !== 'submitting') return payment
    const leaseEnds = payment.submittedAt.getTime() + leaseMs(deps)
    if (deps.clock.now().getTime() < leaseEnds) {
      await tx.jobs.enqueue(reconcilePayment, { paymentId: id, round: 0 }, { runAt: new Date(leaseEnds) })
      return null
    }
    const cause = 'the process that was creating it did not report back'
    return step(deps, tx, { payment, event: 'lose', facts: { cause } })
  })
}

/** Applies an answer, or the lack of one. Answers the payment as it stands then. */
export function learn<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  news: {
    /** As it was when it was asked about. */
    readonly payment: Payment
    readonly round: number
    readonly answer: ProviderPayment | null
    readonly askedAt: Date
    readonly found: PaymentRail
  },
): Promise<Payment | null> {
  const { answer, round, askedAt } = news
  return deps.storage.transaction(async (tx) => {
    const payment = await tx.payments.lock(news.payment.id)
    if (payment === null || payment.provider !== news.payment.provider) return payment
    const facts = { call: 'find', asked: round + 1 }
    if (answer !== null) {
      const now = await applyNews(deps, tx, { payment, told: answer, at: askedAt, source: facts })
      await completeSigned(deps, tx, { payment: now, told: answer, found: news.found })
      return now
    }
    const isSameAttempt = payment.attempts === news.payment.attempts
    if (payment.state !== 'unknown' || !isSameAttempt) return payment
    const since = askedAt.getTime() - (payment.submittedAt ?? payment.createdAt).getTime()
    if (since >= news.found.port.conclusiveAfterMs) {
      // Conclusively absent: it is safe to create it, with the same key. After doubt at one, no other ever tries.
      const refusedBy = payment.route.filter((name) => name !== payment.provider)
      const gone = { ...facts, found: false }
      const moved = await step(deps, tx, { payment, event: 'absent', set: { refusedBy }, facts: gone })
      await tx.jobs.enqueue(submitPayment, { paymentId: payment.id })
      return moved
    }
    await askAgain(deps, tx, { payment, round, trouble: 'not found yet, too early to be sure' })
    return payment
  })
}

async function askAgain<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  question: { payment: Payment; round: number; trouble: string },
): Promise<void> {
  const { payment, round, trouble } = question
  const at = deps.clock.now()
  await tx.events.append({
    type: 'payment.asked',
    subject: payment.id,
    correlation: payment.correlation,
    data: { state: payment.state, round: round + 1, trouble },
    at,
  })
  // What is not in doubt is asked again by the schedule.
  if (payment.state !== 'unknown') return
  const runAt = new Date(at.getTime() + doubtMs(deps, round))
  await tx.jobs.enqueue(reconcilePayment, { paymentId: payment.id, round: round + 1 }, { runAt })
}
