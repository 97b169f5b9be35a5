import type { Money, ProviderDispute } from '@lastro/core/spec'
import type { z } from 'zod'
import { moneyOf } from './amounts.ts'
import { disputeObject, fraudWarningObject } from './api.ts'
import { refOf } from './payment-refs.ts'
import { payment, refOfCharge } from './payments-read.ts'
import { plainWord, readerOf, unrecognised } from './reading.ts'
import { DISPUTE_STATES } from './statuses.ts'

type Dispute = z.output<typeof disputeObject>

/**
 * What is withdrawn now and what it cost: the sums of the balance transactions, which are the money where the events
 * are only news of it. Nothing when they are not told, or are in several currencies.
 */
function withdrawnOf(dispute: Dispute): Pick<ProviderDispute, 'withdrawn' | 'fee'> {
  const { balance_transactions: booked, currency } = dispute
  if (booked === null) return {}
  const currencies = new Set(booked.map((entry) => entry.currency))
  if (currencies.size > 1) return {}
  const [of = currency] = currencies
  const sum = (amounts: readonly number[]): Money | null =>
    moneyOf(
      amounts.reduce((total, amount) => total + amount, 0),
      of,
    )
  const moved = sum(booked.map(({ amount }) => -amount))
  const fee = sum(booked.map((entry) => entry.fee ?? 0))
  if (moved === null || fee === null) return {}
  // Given back at another rate of exchange it may be more than was taken: nothing is withheld then.
  const withdrawn = moved.amount < 0n ? { ...moved, amount: 0n } : moved
  // Given back it is less than nothing: then, in another rate of exchange, none is left.
  return { withdrawn, ...(fee.amount > 0n ? { fee } : {}) }
}

function disputeOf(dispute: Dispute): ProviderDispute | string {
  const state = DISPUTE_STATES.find(dispute.status)
  if (state.kind === 'unseen') return `${state.field} is ${state.shown}`
  const amount = moneyOf(dispute.amount, dispute.currency)
  if (amount === null) return 'dispute.currency is none that this adapter knows'
  const reason = plainWord(dispute.reason)
  const respondBy = dispute.evidence_details?.due_by ?? null
  return {
    ref: dispute.id,
    ...(dispute.charge === null ? {} : { receiptRef: dispute.charge }),
    state: state.value,
    amount,
    ...withdrawnOf(dispute),
    ...(reason === null ? {} : { reason }),
    ...(respondBy === null ? {} : { respondBy }),
  }
}

/** `charge.dispute.*` */
export const readDispute = readerOf(disputeObject, (dispute, context) => {
  const told = disputeOf(dispute)
  if (typeof told === 'string') return [unrecognised(context, { detail: told, providerRef: dispute.id })]
  const ref = refOf({ intent: dispute.payment_intent, charge: dispute.charge })
  return [payment(context, { ...ref, disputes: [told] })]
})

/**
 * `radar.early_fraud_warning.*`. A warning tells no amount: in an event it is a hint, and only in an answer, where the
 * charge stands in it whole, is it a dispute of state `warned` over what the charge took. One that calls for nothing any
 * more, since the charge is disputed or refunded, is `closed`.
 */
export const readFraudWarning = readerOf(fraudWarningObject, (warning, context) => {
  const { id, charge, fraud_type: type, actionable } = warning
  const reason = plainWord(type)
  if (charge === null || typeof charge === 'string') {
    const facts = { charge, ...(reason === null ? {} : { fraudType: reason }), actionable }
    return [{ kind: 'hint', topic: context.topic, ref: id, facts }]
  }
  const amount = moneyOf(charge.amount_captured ?? charge.amount, charge.currency)
  if (amount === null)
    return [
      unrecognised(context, { detail: 'charge.currency is none that this adapter knows', providerRef: id }),
    ]
  const dispute = {
    ref: id,
    receiptRef: charge.id,
    state: actionable === false ? 'closed' : 'warned',
    amount,
    ...(reason === null ? {} : { reason }),
  } as const
  return [payment(context, { ...refOfCharge(charge), disputes: [dispute] })]
})
