import type { PaymentDto } from './api.ts'

/**
 * What a payment to a user is for. Pi has no idempotency key for `POST /payments`; our metadata is what tells two of them
 * apart, and only our server key can write it.
 */
export type Purpose =
  | { readonly for: 'payout'; readonly lastro: string }
  /** A payment given back. `payment` and `receipt`: Pi's id of the payment, and the transaction that paid it. */
  | { readonly for: 'refund'; readonly lastro: string; readonly payment: string; readonly receipt: string }

/** Our key in a payment's metadata, or null. A payment from a user gets its metadata from the browser: not trusted. */
export function keyOf({ metadata }: Pick<PaymentDto, 'metadata'>): string | null {
  const key = metadata?.lastro
  return typeof key === 'string' && key.length > 0 && key.length <= 256 ? key : null
}

/** What a payment to a user is for, or null when it was not made here. */
export function purposeOf(payment: Pick<PaymentDto, 'metadata' | 'direction'>): Purpose | null {
  const lastro = keyOf(payment)
  if (lastro === null || payment.direction !== 'app_to_user') return null
  const { for: kind, payment: of, receipt } = payment.metadata ?? {}
  if (kind === 'payout') return { for: 'payout', lastro }
  if (kind === 'refund' && typeof of === 'string' && typeof receipt === 'string')
    return { for: 'refund', lastro, payment: of, receipt }
  return null
}

/** True when both are for the same thing. */
export function isSamePurpose(left: Purpose, right: Purpose | null): boolean {
  if (right === null || left.for !== right.for || left.lastro !== right.lastro) return false
  return (
    left.for === 'payout' ||
    (right.for === 'refund' && left.payment === right.payment && left.receipt === right.receipt)
  )
}
