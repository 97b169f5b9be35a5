import { chainOf, type OnchainParts } from './context.ts'
import { depthOf } from './finality.ts'
import type { ChainLook } from './watch-look.ts'

/**
 * Where the stored blocks and the network's part.
 * `none`: they agree, or the node cannot tell now. `at`: they agree up to this height, as seen from this tip; null:
 * not even at the start height. `diverged`: not within the blocks that are kept.
 */
export type Fork =
  | { readonly kind: 'none' }
  | { readonly kind: 'at'; readonly height: bigint | null; readonly tipHash: string }
  | { readonly kind: 'diverged' }

const NONE: Fork = { kind: 'none' }

/**
 * Compares stored hashes with the network's. Nothing is taken back before the common block is known: a provider that
 * was set to another network must not undo deposits.
 */
export async function findFork(context: OnchainParts, look: ChainLook): Promise<Fork> {
  const { provider, head } = look
  const { cursor, oldest } = await context.storage.read(async (tx) => ({
    cursor: await tx.onchain.blocks.cursor(provider),
    oldest: await tx.onchain.blocks.oldest(provider),
  }))
  if (cursor?.tip == null || oldest === null) return NONE
  // A lagging node proves nothing above its head.
  const top = head.latest.height < cursor.tip.height ? head.latest.height : cursor.tip.height
  if (top < oldest.height) return NONE
  if ((await isSame(context, look, { height: top })) !== false) return NONE
  // Equal hashes have equal ancestors, so the last equal height can be halved out.
  let low = oldest.height - 1n
  let high = top
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    const same = await isSame(context, look, { height: middle })
    if (same === null) return NONE
    if (same) low = middle
    else high = middle
  }
  const tipHash = cursor.tip.hash
  if (low >= oldest.height) return { kind: 'at', height: low, tipHash }
  // A young watch may have begun on a branch that was given up. An older one has seen what cannot be given up.
  const isYoung =
    cursor.tip.height - cursor.startHeight < depthOf(chainOf(context, provider).network.finality)
  return isYoung ? { kind: 'at', height: null, tipHash } : { kind: 'diverged' }
}

/** Null when the node, or another process, no longer knows the height. */
async function isSame(
  context: OnchainParts,
  look: ChainLook,
  { height }: { readonly height: bigint },
): Promise<boolean | null> {
  const { provider, head, signal } = look
  const stored = await context.storage.read((tx) => tx.onchain.blocks.at({ provider, height }))
  const isHead = height === head.latest.height
  const remote = isHead ? head.latest : await chainOf(context, provider).blockAt(height, signal)
  return stored === null || remote === null ? null : stored.hash === remote.hash
}
