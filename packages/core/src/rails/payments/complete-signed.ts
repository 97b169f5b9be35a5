import { Money, type ProviderPayment } from '../../spec/index.ts'
import { addOperation } from './add-operation.ts'
import type { PaymentDeps, PaymentRail, PaymentWork } from './context.ts'
import { isUnderWay } from './operation.ts'
import { isEnded, isOpen, type Payment } from './payment.ts'

/**
 * Completes a wallet's payment that the payer has signed and nobody has completed: the browser that should have said so
 * was closed. One that has ended here too: the payer's money has moved, and nothing but its completion says so. Does
 * nothing where the provider has no such step.
 */
export async function completeSigned<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'ids' | 'clock'>,
  tx: T,
  news: { readonly payment: Payment; readonly told: ProviderPayment; readonly found: PaymentRail },
): Promise<void> {
  const { payment, told, found } = news
  const isSigned = told.state === 'authorized' && Money.equals(told.amount, payment.amount)
  if (found.port.complete === undefined || !isSigned) return
  if (!isOpen(payment) && !isEnded(payment)) return
  if (payment.providerRef !== told.providerRef || payment.capture === 'manual') return
  const operations = await tx.payments.operations(payment.id)
  if (operations.some((operation) => operation.kind === 'complete' && isUnderWay(operation))) return
  await addOperation(deps, tx, { payment, kind: 'complete', purpose: 'found incomplete' })
}
