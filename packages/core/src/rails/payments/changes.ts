import type { Json } from '../../platform/events/index.ts'
import { Money } from '../../spec/index.ts'
import { isEnded, isFlexible, type Payment } from './payment.ts'
import type { Dispute, Receipt, Refund } from './store.ts'
import type { Rows } from './story.ts'

type Facts = { readonly [key: string]: Json }

/** Something that became true of a payment, as the event log tells it. */
export interface Change {
  readonly type:
    | Payment['state']
    | 'received'
    | 'received_late'
    | 'underpaid'
    | 'overpaid'
    | 'refund_pending'
    | 'refunded'
    | 'refund_failed'
    | 'refund_returned'
    | 'disputed'
    | 'blocked'
    | 'dispute_changed'
    | 'dispute_withdrawn'
    | 'dispute_reinstated'
  readonly data: Facts
}

type Before = Pick<Rows, 'receipts' | 'refunds' | 'disputes'>

/** What news made true: the difference between a payment and its facts before and after. Pure. */
export function changesOf(
  before: { readonly payment: Payment; readonly rows: Before },
  after: { readonly payment: Payment; readonly rows: Before },
): readonly Change[] {
  return [
    ...after.rows.receipts.flatMap((row) => receiptChange(row, find(before.rows.receipts, row.ref))),
    ...moneyChanges(before.payment, after),
    ...stateChange(before.payment, after.payment),
    ...after.rows.refunds.flatMap((row) => refundChange(row, find(before.rows.refunds, row.ref))),
    ...after.rows.disputes.flatMap((row) => disputeChanges(row, find(before.rows.disputes, row.ref))),
  ]
}

function find<R extends { readonly ref: string }>(rows: readonly R[], ref: string): R | undefined {
  return rows.find((row) => row.ref === ref)
}

function receiptChange(row: Receipt, before: Receipt | undefined): Change[] {
  if (before !== undefined && Money.equals(before.amount, row.amount)) return []
  const { ref, amount, fee } = row
  const data = { ref, amount: Money.toJson(amount), fee: fee === null ? null : Money.toJson(fee) }
  return [{ type: 'received', data }]
}

function moneyChanges(
  before: Payment,
  { payment: after, rows }: { readonly payment: Payment; readonly rows: Before },
): Change[] {
  if (Money.equals(before.received, after.received)) return []
  const data = { asked: Money.toJson(after.amount), received: Money.toJson(after.received) }
  const changes: Change[] = []
  if (isEnded(before) && after.state === before.state)
    changes.push({ type: 'received_late', data: { ...data, state: before.state } })
  const byMuch = Money.compare(after.received, after.amount)
  if (isFlexible(after)) {
    // A fine makes one receipt greater, and never two.
    if (after.due !== null && byMuch > 0 && rows.receipts.length > 1) changes.push({ type: 'overpaid', data })
    return changes
  }
  if (byMuch < 0) changes.push({ type: 'underpaid', data })
  if (byMuch > 0) changes.push({ type: 'overpaid', data })
  return changes
}

/** An ended payment that turns out to be paid says so by another name: the host may have let go of what was sold. */
function stateChange(before: Payment, after: Payment): Change[] {
  if (before.state === after.state) return []
  const isLate = isEnded(before) && after.state === 'paid'
  const { reason, detail } = after
  return [
    {
      type: isLate ? 'received_late' : after.state,
      data: {
        from: before.state,
        provider: after.provider,
        asked: Money.toJson(after.amount),
        received: Money.toJson(after.received),
        ...(after.state === 'failed' ? { reason, detail } : {}),
      },
    },
  ]
}

const REFUND_TYPE = { pending: 'refund_pending', succeeded: 'refunded', failed: 'refund_failed' } as const

function refundChange(row: Refund, before: Refund | undefined): Change[] {
  if (before?.state === row.state) return []
  const { ref, amount, state, receiptRef, operationId, detail } = row
  const hasComeBack = before?.state === 'succeeded' && state === 'failed'
  return [
    {
      type: hasComeBack ? 'refund_returned' : REFUND_TYPE[state],
      data: { ref, amount: Money.toJson(amount), receiptRef, refundId: operationId, detail },
    },
  ]
}

function disputeChanges(row: Dispute, before: Dispute | undefined): Change[] {
  const { ref, amount, state, reason, receiptRef } = row
  const data = { ref, amount: Money.toJson(amount), state, reason, receiptRef }
  const changes: Change[] = []
  const isBlock = state === 'blocked'
  if (before === undefined) changes.push({ type: isBlock ? 'blocked' : 'disputed', data })
  else if (before.state !== state)
    changes.push({ type: 'dispute_changed', data: { ...data, from: before.state } })
  const had = before?.withdrawn?.amount ?? 0n
  const has = row.withdrawn?.amount ?? 0n
  if (has === had) return changes
  const by = Money.toJson(Money.of(has > had ? has - had : had - has, amount.asset))
  return [...changes, { type: has > had ? 'dispute_withdrawn' : 'dispute_reinstated', data: { ...data, by } }]
}
