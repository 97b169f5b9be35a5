import { parseInput } from '../../platform/input.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { completeSchema } from './input.ts'
import type { PaymentId } from './payment.ts'
import { answerWallet, type WalletAnswer } from './wallet.ts'

/** A payment that the payer has signed. */
export interface CompleteInput {
  readonly id: PaymentId
  /** The provider's id, as the payer's browser told it. */
  readonly providerRef: string
  /** What the wallet told, such as a transaction id. */
  readonly proof?: string
}

/**
 * Ends a payment that the payer signed (Pi). Deliver only when the payment answered is `paid`.
 * @throws LastroError `invalid_input` naming what differs, `not_found`, `illegal_transition`, `provider_missing`;
 * ProviderError when the provider could not be asked.
 */
export function completePayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  input: CompleteInput,
): Promise<WalletAnswer> {
  return answerWallet(deps, { ...parseInput(completeSchema, input), kind: 'complete' })
}
