import type { ProviderPayment, ProviderRefund } from '../../spec/index.ts'
import type { PaymentDeps, PaymentRail, PaymentWork } from './context.ts'
import type { Payment } from './payment.ts'

/**
 * An answer with our refunds that are still under way and that it does not list: some providers tell of a refund only
 * where it is asked for by its key.
 * @throws ProviderError when the provider could not be asked.
 */
export async function withPendingRefunds<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'storage'>,
  asked: {
    readonly found: PaymentRail
    readonly payment: Payment
    readonly answer: ProviderPayment
    readonly signal: AbortSignal
  },
): Promise<ProviderPayment> {
  const { found, payment, answer, signal } = asked
  const { findRefund } = found.port
  if (findRefund === undefined || payment.refunding.amount === 0n) return answer
  const known = await deps.storage.read((tx) => tx.payments.refunds(payment.id))
  const refunds: ProviderRefund[] = [...answer.refunds]
  for (const { state, ref, operationId, receiptRef } of known) {
    const isListed = answer.refunds.some((told) => told.ref === ref)
    if (state !== 'pending' || operationId === null || isListed) continue
    const request = {
      idempotencyKey: operationId,
      payment: { idempotencyKey: payment.id, providerRef: answer.providerRef },
      receiptRef: receiptRef ?? '',
      providerRef: ref,
      signal,
    }
    const told = await found.rail.read('payments.findRefund', () => findRefund(request))
    if (told !== null) refunds.push(told)
  }
  return { ...answer, refunds }
}
