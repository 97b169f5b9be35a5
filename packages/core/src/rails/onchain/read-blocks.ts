import { type BlockRef, type ChainDeposit, type ChainProvider, Money } from '../../spec/index.ts'
import type { ChainCursor } from './store.ts'
import type { ChainLook } from './watch-look.ts'

/** A block with the deposits to our addresses in it. */
export interface ReadBlock {
  readonly block: BlockRef
  readonly deposits: readonly ChainDeposit[]
}

/** How many blocks are asked for their deposits at once. */
const AT_ONCE = 4

/** The next blocks after a tip, as far as each names the one before as its parent. No tip: from the start height. */
export async function readChain(
  chain: ChainProvider,
  look: ChainLook,
  from: Pick<ChainCursor, 'tip' | 'startHeight'> & { readonly limit: number },
): Promise<readonly BlockRef[]> {
  const blocks: BlockRef[] = []
  let parent = from.tip?.hash ?? null
  let height = from.tip === null ? from.startHeight : from.tip.height + 1n
  while (blocks.length < from.limit && height <= look.head.latest.height) {
    const block = await chain.blockAt(height, look.signal)
    // Gone, or on another branch: the next look finds out where the branches meet.
    if (block === null || block.height !== height || (parent !== null && block.parentHash !== parent)) break
    blocks.push(block)
    parent = block.hash
    height += 1n
  }
  return blocks
}

/** The deposits of each block, up to the first block that the node no longer knows. */
export async function readDeposits(
  chain: ChainProvider,
  look: ChainLook,
  wanted: { readonly blocks: readonly BlockRef[]; readonly addresses: ReadonlySet<string> },
): Promise<readonly ReadBlock[]> {
  const { blocks, addresses } = wanted
  const read: ReadBlock[] = []
  for (let start = 0; start < blocks.length; start += AT_ONCE) {
    const group = blocks.slice(start, start + AT_ONCE)
    const answers = await Promise.all(
      group.map((block) => chain.deposits({ block, addresses, signal: look.signal })),
    )
    for (const [index, block] of group.entries()) {
      const told = answers[index] ?? null
      if (told === null) return read
      read.push({ block, deposits: told.filter((deposit) => isOurs(deposit, chain, addresses)) })
    }
  }
  return read
}

/** What an address sends to itself arrives nowhere. */
function isOurs(told: ChainDeposit, chain: ChainProvider, addresses: ReadonlySet<string>): boolean {
  const { amount, from, to } = told
  return addresses.has(to) && from !== to && chain.assets.includes(amount.asset) && Money.isPositive(amount)
}
