import type { ProviderRefund } from '@lastro/core/spec'
import type { z } from 'zod'
import { moneyOf } from './amounts.ts'
import { refundObject } from './api.ts'
import { keyOf, refOf } from './payment-refs.ts'
import { plainWord, readerOf, unrecognised } from './reading.ts'
import { REFUND_STATES } from './statuses.ts'

type Refund = z.output<typeof refundObject>

/** A refund in our words. Null when its status or currency is none that we know. */
export function refundOf(refund: Refund): ProviderRefund | null {
  const state = REFUND_STATES.find(refund.status)
  const amount = moneyOf(refund.amount, refund.currency)
  if (state.kind === 'unseen' || amount === null) return null
  const key = keyOf(refund.metadata)
  const detail = plainWord(refund.failure_reason)
  return {
    ref: refund.id,
    ...(key === null ? {} : { idempotencyKey: key }),
    ...(refund.charge === null ? {} : { receiptRef: refund.charge }),
    state: state.value,
    amount,
    ...(detail === null ? {} : { detail }),
  }
}

/** `refund.*` and `charge.refund.updated`. */
export const readRefund = readerOf(refundObject, (refund, context) => {
  const told = refundOf(refund)
  if (told === null) {
    const { shown } = { shown: '', ...REFUND_STATES.find(refund.status) }
    const detail =
      shown === '' ? 'refund.currency is none that this adapter knows' : `refund.status is ${shown}`
    return [unrecognised(context, { detail, providerRef: refund.id })]
  }
  const ref = refOf({ intent: refund.payment_intent, charge: refund.charge })
  const { occurredAt } = context
  return [{ kind: 'payment', ...ref, refunds: [told], ...(occurredAt === null ? {} : { occurredAt }) }]
})
