import type { ProviderPayment } from '../../spec/index.ts'
import { type PaymentDeps, type PaymentRail, type PaymentWork, railOf } from './context.ts'
import type { Payment } from './payment.ts'

/**
 * Asks the provider how a payment stands now. Null: it is not there.
 * @throws ProviderError when it could not be asked.
 */
export function askProvider(
  found: PaymentRail,
  {
    payment,
    signal,
  }: {
    readonly payment: Pick<Payment, 'id' | 'providerRef'> & { readonly submittedAt?: Date | null }
    readonly signal?: AbortSignal
  },
): Promise<ProviderPayment | null> {
  const { id: idempotencyKey, providerRef, submittedAt: attemptedAt = null } = payment
  return found.rail.read('payments.find', () =>
    found.port.find({
      idempotencyKey,
      ...(providerRef === null ? {} : { providerRef }),
      ...(attemptedAt === null ? {} : { attemptedAt }),
      ...(signal === undefined ? {} : { signal }),
    }),
  )
}

/**
 * Asks the provider about one of our payments, named by any id that it told: its own, or that of a receipt, a refund or
 * a dispute. Null when it is none of ours, or not there.
 * @throws ProviderError when it could not be asked.
 */
export async function askAbout<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  { provider, ref }: { readonly provider: string; readonly ref: string },
): Promise<ProviderPayment | null> {
  const found = railOf(deps, provider)
  const names = { provider, refs: [ref], receipts: [ref], refunds: [ref], disputes: [ref] }
  const payment = await deps.storage.read(async (tx) => {
    const [owner] = await tx.payments.owners(names)
    return owner === undefined ? null : tx.payments.get(owner.paymentId)
  })
  if (found === undefined || payment === null) return null
  return askProvider(found, { payment })
}
