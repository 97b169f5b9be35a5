import type { Json } from '../../platform/events/index.ts'
import type { Change } from './changes.ts'
import { type PaymentChange, type PaymentDeps, type PaymentWork, settingsOf } from './context.ts'
import { giveBack } from './jobs.ts'
import { isFlexible, type Payment } from './payment.ts'

type Facts = { readonly [key: string]: Json }

/** Writes down what changed, does what policy says about money that nobody asked for, and tells products. */
export async function tell<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  news: {
    readonly before: Payment
    readonly payment: Payment
    readonly changes: readonly Change[]
    readonly source: Facts
    readonly inSuspense: number
  },
): Promise<void> {
  const { before, payment, changes, source, inSuspense } = news
  for (const { type, data } of changes) {
    await tx.events.append({
      type: `payment.${type}`,
      subject: payment.id,
      correlation: payment.correlation,
      data: { ...data, ...source },
      at: payment.updatedAt,
    })
  }
  if (inSuspense > 0) {
    const details = { account: payment.creditAccount, transfers: inSuspense }
    await forPeople(deps, tx, { payment, action: 'payment.suspended', details })
  }
  await settleExtra(deps, tx, { payment, changes })
  const told = new Set<PaymentChange>()
  for (const { type } of changes) {
    if (type === 'received_late') told.add(type)
    else if (type === payment.state && type !== before.state) told.add(type)
  }
  if (payment.refunded.amount !== before.refunded.amount) told.add('refunded')
  if (payment.disputed.amount !== before.disputed.amount) told.add('disputed')
  for (const change of told) await deps.onPayment?.(tx, payment, change)
}

/** More than was asked, or money for an ended payment: given back by a job, or left to a person. */
async function settleExtra<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  { payment, changes }: { readonly payment: Payment; readonly changes: readonly Change[] },
): Promise<void> {
  const { onOverpaid, onLate } = settingsOf(deps)
  const isOver = changes.some(({ type }) => type === 'overpaid')
  // More for a payment that had ended here is as unwanted as the first of it.
  const isLate =
    changes.some(({ type }) => type === 'received_late') || (isOver && payment.endedHere !== null)
  const paymentId = payment.id
  const details = { asked: payment.amount.amount.toString(), received: payment.received.amount.toString() }
  if (isLate) {
    if (onLate === 'refund') await tx.jobs.enqueue(giveBack, { paymentId, what: 'all' })
    else await forPeople(deps, tx, { payment, action: 'payment.received_late', details })
  } else if (isOver) {
    // With fines and discounts nobody but a person knows how much is too much.
    if (onOverpaid === 'refund' && !isFlexible(payment))
      await tx.jobs.enqueue(giveBack, { paymentId, what: 'excess' })
    else await forPeople(deps, tx, { payment, action: 'payment.overpaid', details })
  }
}

/** What people must look at: the log and the audit. */
export async function forPeople<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'clock' | 'logger'>,
  tx: T,
  report: {
    readonly payment: Pick<Payment, 'id' | 'provider'>
    readonly action:
      | 'payment.suspended'
      | 'payment.received_late'
      | 'payment.overpaid'
      | 'payment.contradicted'
      | 'payment.not_refunded'
    readonly details: Facts
  },
): Promise<void> {
  const { payment, action, details } = report
  deps.logger.error({ payment: payment.id, action, ...details }, 'a person must look at a payment')
  await tx.audit.append({
    actor: `provider:${payment.provider}`,
    action,
    subject: payment.id,
    details,
    at: deps.clock.now(),
  })
}

/** Something told that can never be: nothing moves, and people are told. */
export async function reportContradiction<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'clock' | 'logger'>,
  tx: T,
  report: { readonly payment: Payment; readonly contradiction: string; readonly source: Facts },
): Promise<void> {
  const { payment, contradiction, source } = report
  const details = { ...source, contradiction }
  await tx.events.append({
    type: 'payment.contradicted',
    subject: payment.id,
    correlation: payment.correlation,
    data: details,
    at: deps.clock.now(),
  })
  await forPeople(deps, tx, { payment, action: 'payment.contradicted', details })
}
