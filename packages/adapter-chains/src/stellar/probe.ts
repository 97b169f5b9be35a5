import { isProviderError, type ProbeResult } from '@lastro/core/spec'
import { rangeOf, type StellarContext } from './read.ts'
import type { RpcNode } from './rpc.ts'

interface NodeHealth {
  readonly verdict: 'works' | 'unreachable' | 'wrong'
  readonly detail: string
}

async function probeNode(
  context: StellarContext,
  node: RpcNode,
  signal: AbortSignal | undefined,
): Promise<NodeHealth> {
  try {
    await context.nodes.prove(node, signal)
    const { oldest, latest } = await rangeOf(context, { node, signal })
    return { verdict: 'works', detail: `${node.name} holds ledgers ${oldest} to ${latest}` }
  } catch (error) {
    if (!isProviderError(error)) return { verdict: 'unreachable', detail: `${node.name} failed` }
    return { verdict: error.kind === 'misconfigured' ? 'wrong' : 'unreachable', detail: error.message }
  }
}

/** Asks every node. Healthy while one of them works and none serves another network. */
export async function probe(context: StellarContext, signal?: AbortSignal): Promise<ProbeResult> {
  const found = await Promise.all(context.nodes.all.map((node) => probeNode(context, node, signal)))
  const verdicts = found.map(({ verdict }) => verdict)
  return {
    ok: verdicts.includes('works') && !verdicts.includes('wrong'),
    detail: found.map(({ detail }) => detail).join('; '),
  }
}
