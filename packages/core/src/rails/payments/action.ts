import { LastroError } from '../../platform/errors/index.ts'
import type { PaymentAction } from '../../spec/index.ts'
import { askProvider } from './ask.ts'
import { callSignal, type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { existing } from './create.ts'
import type { PaymentId } from './payment.ts'

/**
 * What the payer must do next, or null. The secret for the payer's browser is asked for each time: it is never stored.
 * @throws LastroError `not_found`, `provider_missing`; ProviderError when the provider could not be asked.
 */
export async function actionOf<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  id: PaymentId,
): Promise<PaymentAction | null> {
  const payment = await deps.storage.read((tx) => existing(tx, id))
  if (payment.action === null || payment.action.kind !== 'confirm_in_browser') return payment.action
  const found = railOf(deps, payment.provider)
  if (found === undefined)
    throw new LastroError('provider_missing', { provider: payment.provider, port: 'payments' })
  const told = await askProvider(found, { payment, signal: callSignal(deps) })
  return told?.action ?? null
}
