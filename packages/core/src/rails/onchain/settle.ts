import type { ChainHead } from '../../spec/index.ts'
import { changeTransfer } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { finalHeightOf } from './finality.ts'
import type { OnchainTransfer } from './transfer.ts'

/** A block that is final and that the network has: nothing in it changes any more. */
export async function isFinal(
  context: OnchainParts,
  block: { readonly provider: string; readonly height: bigint; readonly hash: string },
  look: { readonly head: ChainHead; readonly signal: AbortSignal },
): Promise<boolean> {
  const { provider, height, hash } = block
  const chain = chainOf(context, provider)
  if (height > finalHeightOf(chain.network, look.head, context.options.chains[provider]?.finality))
    return false
  // Another block there in the chain that was read: some server is behind, and the next look will tell which.
  const stored = await context.storage.read((tx) => tx.onchain.blocks.at({ provider, height }))
  if (stored !== null && stored.hash !== hash) return false
  return (await chain.blockAt(height, look.signal))?.hash === hash
}

/** Ends a mined transfer whose block is final: confirmed, or failed when it was reverted. */
export async function settle<T extends OnchainWork>(
  context: OnchainContext<T>,
  mined: OnchainTransfer,
  look: { readonly head: ChainHead; readonly signal: AbortSignal },
): Promise<void> {
  const { provider, block } = mined
  if (block === null || !(await isFinal(context, { provider, ...block }, look))) return
  await context.storage.transaction(async (tx) => {
    const transfer = await tx.onchain.transfers.lock(mined.id)
    if (transfer?.state !== 'mined' || transfer.block?.hash !== block.hash) return
    if (transfer.succeeded === true) await changeTransfer(context, tx, { transfer, event: 'confirm' })
    else await changeTransfer(context, tx, { transfer, event: 'revert', set: { failure: 'reverted' } })
  })
}
