import type { ProviderEvent } from '../../spec/index.ts'
import type { PayoutDeps, PayoutWork } from './context.ts'
import type { Payout, PayoutId } from './payout.ts'
import { applyTold } from './told.ts'

/** A payout event of a webhook. */
export type PayoutEvent = Extract<ProviderEvent, { kind: 'payout' }>

/**
 * Applies what a webhook tells of a payout, inside the inbox's transaction. A payout that is settled already stays
 * as it is. One that we never made is written to the audit: it moves nothing.
 */
export async function applyPayoutEvent<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  news: { readonly provider: string; readonly event: PayoutEvent; readonly delivery: string },
): Promise<'applied' | 'unmatched'> {
  const { provider, event, delivery } = news
  const payout = await findPayout(tx, { provider, event })
  const at = deps.clock.now()
  if (payout === null) {
    await tx.audit.append({
      actor: `provider:${provider}`,
      action: 'webhook.unmatched',
      subject: delivery,
      details: { kind: 'payout', providerRef: event.providerRef, state: event.state },
      at,
    })
    return 'unmatched'
  }
  await tx.events.append({
    type: 'webhook.applied',
    subject: delivery,
    correlation: payout.correlation,
    data: { provider, kind: 'payout', payout: payout.id, told: event.state },
    at,
  })
  await applyTold(deps, tx, { payout, told: event, facts: { webhook: delivery } })
  return 'applied'
}

async function findPayout(
  tx: PayoutWork,
  news: { provider: string; event: PayoutEvent },
): Promise<Payout | null> {
  const { provider, event } = news
  const byRef = await tx.payouts.lockByRef({ provider, providerRef: event.providerRef })
  if (byRef !== null) return byRef
  if (event.idempotencyKey === null) return null
  const byKey = await tx.payouts.lock(event.idempotencyKey as PayoutId)
  return byKey?.provider === provider ? byKey : null
}
