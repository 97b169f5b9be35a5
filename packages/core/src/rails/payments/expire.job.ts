import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { addOperation } from './add-operation.ts'
import { askProvider } from './ask.ts'
import { type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { expirePayment } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'
import { askable, learn } from './reconcile.job.ts'
import { step } from './step.ts'

/**
 * Ends a payment that nobody paid in time: asks once more, ends it here, and asks the provider to end it too. While the
 * provider cannot be asked, or the payment is in doubt, the job fails and tries again.
 */
export function expirePaymentJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(expirePayment, async ({ paymentId }, { signal }) => {
    const asked = await askable(deps, paymentId)
    if (asked !== null && isWaiting(asked)) {
      const found = railOf(deps, asked.provider)
      if (found === undefined) throw new Error(`provider ${asked.provider} is not configured in this process`)
      const askedAt = deps.clock.now()
      const answer = await askProvider(found, { payment: asked, signal })
      await learn(deps, { payment: asked, round: 0, answer, askedAt, found })
    }
    await expire(deps, paymentId)
  })
}

/** Waits for its payer: what is processing or authorized has been paid in time, and its end comes from the provider. */
function isWaiting({ state }: Pick<Payment, 'state'>): boolean {
  return state === 'pending' || state === 'requires_action'
}

function expire<T extends PaymentWork>(deps: PaymentDeps<T>, id: PaymentId): Promise<void> {
  return deps.storage.transaction(async (tx) => {
    const payment = await tx.payments.lock(id)
    if (payment === null) return
    if (payment.state === 'submitting' || payment.state === 'unknown')
      throw new Error(`payment ${id} is ${payment.state}: whether it can be paid is being asked`)
    if (payment.state !== 'created' && !isWaiting(payment)) return
    const expired = await step(deps, tx, { payment, event: 'expire' })
    const canCancel = railOf(deps, payment.provider)?.port.cancel !== undefined
    if (payment.state === 'created' || payment.providerRef === null || !canCancel) return
    await addOperation(deps, tx, { payment: expired, kind: 'cancel', purpose: 'it expired' })
  })
}
