import type { ChainHead, Finality, Network } from '../../spec/index.ts'

/** The height up to which blocks are final by one rule. Negative when none is. */
export function finalHeight(rule: Finality, head: ChainHead): bigint {
  if (rule.by === 'depth') return byDepth(rule.blocks, head)
  const tagged = head[rule.tag]
  // A node without the tag: the network's depth stands in for it.
  return tagged === null ? byDepth(rule.fallbackBlocks, head) : tagged.height
}

/** The height up to which blocks are final by the network's rule and, where given, by a second one as well. */
export function finalHeightOf(network: Network, head: ChainHead, extra?: Finality): bigint {
  const own = finalHeight(network.finality, head)
  if (extra === undefined) return own
  const other = finalHeight(extra, head)
  return other < own ? other : own
}

/** How many blocks a rule looks back at most. */
export function depthOf(rule: Finality): bigint {
  return BigInt(rule.by === 'depth' ? rule.blocks : rule.fallbackBlocks)
}

/** The block itself counts: with a depth of 1 the newest block is final. */
function byDepth(blocks: number, head: ChainHead): bigint {
  return head.latest.height - BigInt(blocks) + 1n
}
