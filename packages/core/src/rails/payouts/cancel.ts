import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import { idempotencyKeySchema, parseInput } from '../../platform/input.ts'
import type { PayoutDeps, PayoutWork } from './context.ts'
import type { Payout, PayoutId } from './payout.ts'
import { step } from './transition.ts'

/** Which payout to cancel. */
export interface CancelPayout {
  readonly id: PayoutId
  readonly idempotencyKey: string
}

const schema = z.strictObject({
  id: z.custom<PayoutId>((value) => typeof value === 'string' && value.startsWith('pout_'), {
    error: 'must be the id of a payout',
  }),
  idempotencyKey: idempotencyKeySchema,
})

/**
 * Cancels a payout that was not sent, and lets go of its hold.
 * @throws LastroError `invalid_input`, `not_found`; `illegal_transition` once it may have been sent.
 */
export async function cancelPayout<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  input: CancelPayout,
): Promise<Payout> {
  const { id, idempotencyKey: key } = parseInput(schema, input)
  return once(tx, { operation: 'payouts.cancel', key, body: { id }, at: deps.clock.now() }, async () => {
    const payout = await tx.payouts.lock(id)
    if (payout === null) throw new LastroError('not_found', { kind: 'payout', id })
    return step(deps, tx, { payout, event: 'cancel' })
  })
}
