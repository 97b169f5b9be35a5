import { isProviderError, type ProbeResult } from '@lastro/core/spec'
import { readLatest } from './blocks.ts'
import type { EvmContext } from './context.ts'
import type { Node } from './nodes.ts'
import { quantity } from './wire.ts'

interface NodeHealth {
  readonly verdict: 'works' | 'unreachable' | 'wrong_network'
  readonly detail: string
}

async function probeNode({ id, chainId }: EvmContext, node: Node, signal?: AbortSignal): Promise<NodeHealth> {
  try {
    const rpc = node.rpc(signal)
    const served = quantity(await rpc.call('eth_chainId', []), { id, field: 'eth_chainId' })
    if (served !== chainId) {
      return { verdict: 'wrong_network', detail: `${node.name} serves chain ${served}, not ${chainId}` }
    }
    const { height } = await readLatest(rpc)
    return { verdict: 'works', detail: `${node.name} is at height ${height}` }
  } catch (error) {
    return { verdict: 'unreachable', detail: isProviderError(error) ? error.message : `${node.name} failed` }
  }
}

/** Asks every node. Healthy while one of them works and none serves another network. */
export async function probe(context: EvmContext, signal?: AbortSignal): Promise<ProbeResult> {
  const found = await Promise.all(context.nodes.all.map((node) => probeNode(context, node, signal)))
  const verdicts = found.map(({ verdict }) => verdict)
  return {
    ok: verdicts.includes('works') && !verdicts.includes('wrong_network'),
    detail: found.map(({ detail }) => detail).join('; '),
  }
}
