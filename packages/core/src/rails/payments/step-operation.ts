import { book } from '../../books/ledger/index.ts'
import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { totalsOf } from './derive.ts'
import { operationMachine, type PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'
import { change } from './step.ts'
import { readRows, storyOf } from './story.ts'

/** One step of an operation: state, a declined refund's hold, and the event in one commit. */
export async function stepOperation<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  news: {
    readonly payment: Payment
    readonly operation: PaymentOperation
    readonly event: EventOf<typeof operationMachine>
    readonly set?: Partial<PaymentOperation>
    /** Facts for the timeline. */
    readonly facts?: { readonly [key: string]: Json }
  },
): Promise<PaymentOperation> {
  const { payment, operation, event, set = {}, facts = {} } = news
  const at = deps.clock.now()
  const state = move(operationMachine, operation, event)
  const isReleased = state === 'declined' && operation.hold === 'open'
  const moved: PaymentOperation = {
    ...operation,
    ...set,
    state,
    ...(isReleased ? { hold: 'settled' as const } : {}),
    updatedAt: at,
    version: operation.version + 1,
  }
  await tx.payments.updateOperation(moved)
  await tx.events.append({
    type: `payment.${operation.kind}_${state}`,
    subject: payment.id,
    correlation: payment.correlation,
    data: { operation: operation.id, from: operation.state, attempts: moved.attempts, ...facts },
    at,
  })
  if (operation.kind === 'refund') await recount(deps, tx, payment.id)
  if (isReleased) {
    const hold = `${operation.id}:hold`
    await book(tx, { at, transfers: [{ id: `${operation.id}:void`, kind: 'void', hold, cause: payment.id }] })
  }
  return moved
}

/** Brings a payment's totals up to date after one of its operations changed. */
export async function recount<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  id: Payment['id'],
): Promise<Payment | null> {
  const payment = await tx.payments.lock(id)
  if (payment === null) return null
  const rows = await readRows(tx, id)
  const totals = totalsOf(payment, storyOf(payment, rows), rows)
  if (totals.refunding.amount === payment.refunding.amount) return payment
  return change(deps, tx, { payment, set: { refunding: totals.refunding } })
}
