import { LastroError } from '../../platform/errors/index.ts'
import { askProvider } from './ask.ts'
import { callSignal, type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { existing } from './create.ts'
import type { Payment, PaymentId } from './payment.ts'
import { withPendingRefunds } from './pending-refunds.ts'
import { askable, learn } from './reconcile.job.ts'

/**
 * Asks the provider now, applies its answer, and answers the payment as it stands then.
 * @throws LastroError `not_found`, `provider_missing`; ProviderError when the provider could not be asked.
 */
export async function verifyPayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  id: PaymentId,
): Promise<Payment> {
  await deps.storage.read((tx) => existing(tx, id))
  const payment = await askable(deps, id)
  if (payment !== null) {
    const { provider } = payment
    const found = railOf(deps, provider)
    if (found === undefined) throw new LastroError('provider_missing', { provider, port: 'payments' })
    const askedAt = deps.clock.now()
    const signal = callSignal(deps)
    const told = await askProvider(found, { payment, signal })
    const answer =
      told === null ? null : await withPendingRefunds(deps, { found, payment, answer: told, signal })
    await learn(deps, { payment, round: 0, answer, askedAt, found })
  }
  return deps.storage.read((tx) => existing(tx, id))
}
