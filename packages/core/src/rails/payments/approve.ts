import { parseInput } from '../../platform/input.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { approveSchema } from './input.ts'
import type { PaymentId } from './payment.ts'
import { answerWallet, type WalletAnswer } from './wallet.ts'

/** A payment that the payer's wallet has made. */
export interface ApproveInput {
  readonly id: PaymentId
  /** The provider's id, as the payer's browser told it. */
  readonly providerRef: string
}

/**
 * Says yes to a payment that the payer's wallet made (Pi), after the provider confirmed its amount, intent and payer.
 * @throws LastroError `invalid_input` naming what differs, `not_found`, `illegal_transition`, `provider_missing`;
 * ProviderError when the provider could not be asked.
 */
export function approvePayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  input: ApproveInput,
): Promise<WalletAnswer> {
  return answerWallet(deps, { ...parseInput(approveSchema, input), kind: 'approve' })
}
