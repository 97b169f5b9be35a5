import type { OnchainContext, OnchainWork } from './context.ts'
import { insertTransfer, newTransfer } from './create-transfer.ts'
import type { AddressKey } from './store.ts'

/**
 * A sequence that nobody uses blocks all transfers after it. When the network waits for one that is free again, a
 * `fill` is created for it. A new transfer may take it first; then the fill ends with nothing to do.
 */
export async function fillGap<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  gap: AddressKey & { readonly chainSequence: bigint },
): Promise<void> {
  const { provider, address, chainSequence } = gap
  const { wallets, addresses } = tx.onchain
  const key = { provider, address }
  const { nextSequence } = await wallets.lock({ ...key, nextSequence: chainSequence })
  const waited = { ...key, sequence: chainSequence }
  const found = await wallets.sequence(waited)
  // Without a row it was used before the wallet was ours to count for. Used by a stranger, and open again: a
  // reorganisation took the stranger's transaction away.
  const isOpen = found === null ? chainSequence < nextSequence : found.state !== 'taken'
  if (!isOpen || !(await wallets.isAwaited(waited))) return
  if (found?.state !== 'released') await wallets.put({ ...waited, state: 'released', transferId: null })
  if (await wallets.hasOpenFill(key)) return
  const wallet = await addresses.get(key)
  if (wallet !== null) await insertTransfer(tx, newTransfer(context, { wallet, to: address, input: null }))
}
