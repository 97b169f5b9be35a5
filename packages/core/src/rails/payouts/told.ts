import type { Json } from '../../platform/events/index.ts'
import type { ProviderPayout } from '../../spec/index.ts'
import type { PayoutDeps, PayoutWork } from './context.ts'
import type { Payout } from './payout.ts'
import { bookReturn, contradicts, step, stepFor } from './transition.ts'

/** What a provider tells of a payout: by the answer to a call, by a question, or by a webhook. */
export type Told = Pick<
  ProviderPayout,
  'state' | 'amount' | 'providerRef' | 'endToEndId' | 'reason' | 'detail' | 'returnedAmount'
>

/**
 * Applies what a provider tells. Nothing new changes nothing. What can never follow from our state moves no money:
 * it is written to the log and to the audit for a person to look at.
 */
export async function applyTold<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  news: { readonly payout: Payout; readonly told: Told; readonly facts: { readonly [key: string]: Json } },
): Promise<Payout> {
  const { told, facts } = news
  let { payout } = news
  const contradiction = contradicts(payout, told)
  if (contradiction !== null) {
    await reportContradiction(deps, tx, { payout, contradiction, facts })
    return payout
  }
  for (let event = stepFor(payout, told); event !== null; event = stepFor(payout, told)) {
    if (event === 'return') payout = await bookReturn(deps, tx, { payout, returned: payout.amount })
    const isDecline = event === 'decline'
    payout = await step(deps, tx, {
      payout,
      event,
      set: {
        providerRef: told.providerRef,
        endToEndId: told.endToEndId ?? payout.endToEndId,
        ...(isDecline ? { reason: told.reason ?? 'refused', detail: told.detail ?? null } : {}),
      },
      facts: {
        ...facts,
        told: told.state,
        providerRef: told.providerRef,
        endToEndId: told.endToEndId ?? null,
      },
    })
  }
  const { returnedAmount } = told
  if (payout.state !== 'paid' || returnedAmount === undefined) return payout
  return bookReturn(deps, tx, { payout, returned: returnedAmount })
}

async function reportContradiction<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  report: { payout: Payout; contradiction: string; facts: { readonly [key: string]: Json } },
): Promise<void> {
  const { payout, contradiction, facts } = report
  const at = deps.clock.now()
  deps.logger.error(
    { payout: payout.id, contradiction },
    'payout contradicts its provider: a person must look',
  )
  const details = { ...facts, contradiction }
  await tx.events.append({
    type: 'payout.contradicted',
    subject: payout.id,
    correlation: payout.correlation,
    data: details,
    at,
  })
  await tx.audit.append({
    actor: `provider:${payout.provider}`,
    action: 'payout.contradicted',
    subject: payout.id,
    details,
    at,
  })
}
