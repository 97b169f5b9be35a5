import { type PaymentDeps, settingsOf } from './context.ts'
import { isDisputeOpen } from './derive.ts'
import type { DisputeFact } from './fold.ts'
import { isOpen, type Payment } from './payment.ts'

const OPEN_ASK_MIN_MS = 60_000
const REST_ASK_MIN_MS = 600_000
const REST_ASK_MAX_MS = 21_600_000
/** From a certain age on the waits grow with it: what nobody pays is never given up, and costs less and less. */
const OLD_AGE_PARTS = 48

/**
 * When the schedule asks next, however many webhooks were lost: a quarter of the payment's age from now, within 1 to 30
 * minutes while the payer may pay, and within 10 minutes to 6 hours while only a refund or a dispute has no end. What is
 * older than 48 of the longest of these waits is asked about after a 48th of its age.
 */
export function nextAskAt(
  deps: Pick<PaymentDeps, 'options' | 'clock'>,
  payment: Pick<Payment, 'state' | 'createdAt'>,
): Date {
  const now = deps.clock.now().getTime()
  const age = now - payment.createdAt.getTime()
  const [least, most] = isOpen(payment)
    ? [OPEN_ASK_MIN_MS, settingsOf(deps).openAskMaxMs]
    : [REST_ASK_MIN_MS, REST_ASK_MAX_MS]
  return new Date(now + Math.max(Math.min(most, Math.max(least, age / 4)), age / OLD_AGE_PARTS))
}

/** True while the provider may still have news that no call of ours waits for. */
export function hasOpenEnd(
  payment: Pick<Payment, 'state' | 'refunding'>,
  disputes: readonly DisputeFact[],
): boolean {
  return isOpen(payment) || payment.refunding.amount > 0n || disputes.some(isDisputeOpen)
}
