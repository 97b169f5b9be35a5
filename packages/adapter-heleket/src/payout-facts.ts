import type { ProviderEvent } from '@lastro/core/spec'
import type { PayoutAnswer } from './api.ts'
import { moneyOf, occurred, shortText, unknownAsset, unrecognised } from './facts.ts'
import type { Told } from './payment-facts.ts'
import { payoutStatus } from './statuses.ts'

/**
 * A payout in our words. `amount` is what was asked for, so a fee that the payee bears is not taken off it.
 * @throws ProviderError `unexpected_answer` for an amount that is none.
 */
export function payoutEvents({ answer, topic, assetOf }: Told<PayoutAnswer>): readonly ProviderEvent[] {
  const ref = answer.uuid
  const found = payoutStatus.find(answer.status)
  if (found.kind === 'unseen')
    return [unrecognised({ topic, ref, detail: `${found.field} is ${found.shown}, which is new.` })]
  const asset = assetOf(answer)
  if (asset === null) return [unrecognised({ topic, ref, detail: unknownAsset(answer) })]
  const amount = moneyOf(answer.amount, { asset, field: 'payout.amount' })
  if (amount === null) return [unrecognised({ topic, ref, detail: 'payout.amount is missing.' })]
  const isOpen = answer.is_final === false
  const state = isOpen ? 'pending' : found.value.state
  const txid = shortText(answer.txid)
  return [
    {
      kind: 'payout',
      idempotencyKey: shortText(answer.order_id),
      providerRef: ref,
      state,
      amount,
      ...(txid === null ? {} : { endToEndId: txid }),
      ...(state === 'failed' ? { reason: 'refused', detail: answer.status ?? '' } : {}),
      ...occurred(answer.updated_at),
    },
  ]
}
