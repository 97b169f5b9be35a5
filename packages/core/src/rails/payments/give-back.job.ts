import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { Money } from '../../spec/index.ts'
import { addOperation } from './add-operation.ts'
import { isAble } from './calls.ts'
import { type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { giveBack } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'
import { refundableParts } from './refund.ts'
import { recount } from './step-operation.ts'
import { readRows } from './story.ts'
import { forPeople } from './tell.ts'

/** Refunds money that nobody asked for. How much follows from the payment as it stands, so running twice adds nothing. */
export function giveBackJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(giveBack, ({ paymentId, what }) =>
    deps.storage.transaction((tx) => give(deps, tx, { paymentId, what })),
  )
}

async function give<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  { paymentId, what }: { readonly paymentId: PaymentId; readonly what: 'all' | 'excess' },
): Promise<void> {
  const payment = await tx.payments.lock(paymentId)
  if (payment === null) return
  let left = wantedBack(payment, what)
  if (left <= 0n) return
  const found = railOf(deps, payment.provider)
  if (found === undefined || !isAble(found, 'refund')) {
    const details = { wanted: left.toString(), cause: 'the provider cannot refund' }
    await forPeople(deps, tx, { payment, action: 'payment.not_refunded', details })
    return
  }
  const rows = await readRows(tx, paymentId)
  const purpose = what === 'all' ? 'paid too late' : 'paid too much'
  for (const { receiptRef, amount } of [...refundableParts(payment, rows)].reverse()) {
    if (left <= 0n) break
    const part = amount.amount < left ? amount.amount : left
    left -= part
    const refund = Money.of(part, payment.amount.asset)
    await addOperation(deps, tx, { payment, kind: 'refund', receiptRef, amount: refund, purpose })
  }
  await recount(deps, tx, paymentId)
}

function wantedBack(payment: Payment, what: 'all' | 'excess'): bigint {
  const keep = what === 'all' ? 0n : payment.amount.amount
  const { received, refunded, refunding, disputed } = payment
  return received.amount - keep - refunded.amount - refunding.amount - disputed.amount
}
