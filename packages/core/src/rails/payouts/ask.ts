import type { ProviderPayout } from '../../spec/index.ts'
import { type PayoutDeps, type PayoutWork, railOf } from './context.ts'

/**
 * Asks the provider what it says of one of our payouts now, named by any id that the provider told. Null when it is
 * none of ours, or not there.
 * @throws ProviderError when it could not be asked.
 */
export async function askAbout<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  about: { readonly provider: string; readonly ref: string },
): Promise<ProviderPayout | null> {
  const found = railOf(deps, about.provider)
  const payout = await deps.storage.read((tx) => tx.payouts.findByRef(about))
  if (found === undefined || payout === null) return null
  const { id: idempotencyKey, providerRef } = payout
  return found.rail.read('payouts.find', () =>
    found.port.find({ idempotencyKey, ...(providerRef === null ? {} : { providerRef }) }),
  )
}
