import type { OnchainWork } from './context.ts'
import type { AddressKey } from './store.ts'
import type { OnchainTransfer } from './transfer.ts'

/**
 * Gives a transfer a sequence of its wallet: the lowest that was released, else the next one. The network's own count
 * comes along, since whatever it has counted cannot be used any more. A `fill` takes only what was released.
 */
export async function allocate(
  tx: OnchainWork,
  wanted: { readonly transfer: OnchainTransfer; readonly chainSequence: bigint },
): Promise<bigint | null> {
  const { transfer, chainSequence } = wanted
  const key: AddressKey = { provider: transfer.provider, address: transfer.from }
  const { wallets } = tx.onchain
  const wallet = await wallets.lock({ ...key, nextSequence: chainSequence })
  let next = wallet.nextSequence
  if (chainSequence > next) {
    await wallets.putForeign({ ...key, start: next, end: chainSequence })
    next = chainSequence
  }
  const released = await wallets.lowestReleased({ ...key, atLeast: chainSequence })
  const sequence = released ?? (transfer.kind === 'fill' ? null : next)
  if (sequence === next) next += 1n
  if (next !== wallet.nextSequence) await wallets.save({ ...key, nextSequence: next })
  if (sequence !== null) await wallets.put({ ...key, sequence, state: 'taken', transferId: transfer.id })
  return sequence
}
