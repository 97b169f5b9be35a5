import type { OnchainAddress } from './address.ts'
import { chainOf, type OnchainContext, type OnchainWork } from './context.ts'
import { fillAddressesJob } from './jobs.ts'

/** Who wants an address, and where. */
export interface TakeAddress {
  /** The host's name of the chain provider. */
  readonly provider: string
  /** The intent it is for, such as a trade's id. Its deposits carry it. */
  readonly owner: string
}

/**
 * Gives a free deposit address to an intent, for ever, inside the caller's transaction. Null when none is free: more
 * are made in the background, so try again later.
 * @throws LastroError `provider_missing`.
 */
export async function takeAddress<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  request: TakeAddress,
): Promise<OnchainAddress | null> {
  const { provider, owner } = request
  chainOf(context, provider)
  const taken = await tx.onchain.addresses.take({ provider, owner, at: context.clock.now() })
  if (context.signer !== null) await tx.jobs.enqueue(fillAddressesJob, { provider }, { dedupeKey: provider })
  return taken
}
