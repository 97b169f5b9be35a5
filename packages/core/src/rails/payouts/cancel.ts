import { LastroError } from '../../platform/errors/index.ts'
import type { PayoutDeps, PayoutWork } from './context.ts'
import type { Payout, PayoutId } from './payout.ts'
import { step } from './transition.ts'

/**
 * Cancels a payout that was not sent, and lets go of its hold.
 * @throws LastroError `not_found`; `illegal_transition` once it may have been sent.
 */
export async function cancelPayout<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  id: PayoutId,
): Promise<Payout> {
  const payout = await tx.payouts.lock(id)
  if (payout === null) throw new LastroError('not_found', { kind: 'payout', id })
  return step(deps, tx, { payout, event: 'cancel' })
}
