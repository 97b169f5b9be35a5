import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { nextAskAt } from './ask-at.ts'
import { type PaymentDeps, type PaymentWork, settingsOf } from './context.ts'
import { expirePayment, reconcilePayment, sweepPayments } from './jobs.ts'
import { isOpen, type Payment } from './payment.ts'

/** Payments of one transaction of the sweep. */
const BATCH = 100
/** Most transactions of one run. What is left waits for the next slot of the schedule. */
const ROUNDS = 50
/** How long after its time the job that ends a payment counts as dead. */
const OVERDUE_MS = 3_600_000

/** Enqueues a question about every payment whose time to ask has come, and sets the next time. */
export function sweepPaymentsJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(sweepPayments, async (_input, { signal }) => {
    for (let round = 0; round < ROUNDS && !signal.aborted; round += 1) {
      const count = await deps.storage.transaction(async (tx) => {
        const due = await tx.payments.due({ at: deps.clock.now(), limit: BATCH })
        for (const payment of due) {
          await tx.payments.postpone({ id: payment.id, askAt: nextAskAt(deps, payment) })
          if (isOverdue(deps, payment)) await tx.jobs.enqueue(expirePayment, { paymentId: payment.id })
          else
            await tx.jobs.enqueue(
              reconcilePayment,
              { paymentId: payment.id, round: 0 },
              { dedupeKey: payment.id },
            )
        }
        return due.length
      })
      if (count < BATCH) return
    }
  })
}

/** Its own job should have ended it: that one died while the provider could not be asked. */
function isOverdue(
  deps: Pick<PaymentDeps, 'options' | 'clock'>,
  payment: Pick<Payment, 'state' | 'expiresAt'>,
): boolean {
  if (payment.expiresAt === null || !isOpen(payment)) return false
  const late = deps.clock.now().getTime() - payment.expiresAt.getTime()
  return late > settingsOf(deps).expiryGraceMs + OVERDUE_MS
}
