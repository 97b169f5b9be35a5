import { type ContractEventSource, defineProvider, type Probe } from '@lastro/core/spec'
import { endpoints } from '../endpoint.ts'
import { isPassing } from '../json-rpc.ts'
import { VERSION } from '../version.ts'
import { resolveOptions, type StellarOptions } from './options.ts'
import { probe } from './probe.ts'
import { rangeOf, readEvents, type StellarContext } from './read.ts'
import { createNodes } from './rpc.ts'

/** What `stellar` makes. */
export interface StellarProvider {
  /** `stellar`, or `stellar:` and the id of another network. */
  readonly id: string
  readonly version: string
  readonly contractEvents: ContractEventSource
  readonly probe: Probe
}

/**
 * Makes the provider for the contract events of one Stellar network. Calls nobody: a node proves its network at its first
 * use.
 * @throws ProviderError `misconfigured`, naming the option and the rule.
 */
export function stellar(options: StellarOptions): StellarProvider {
  const resolved = resolveOptions(options)
  const { id, network } = resolved
  const nodes = createNodes(resolved, { endpoints: endpoints(id, options.rpcUrl), fetch: options.fetch })
  const context: StellarContext = { options: resolved, nodes }
  return defineProvider({
    id,
    version: VERSION,
    contractEvents: {
      specVersion: 1,
      network: network.id,
      range: ({ signal } = {}) => firstRange(context, signal),
      read: (request) => readEvents(context, request),
    },
    probe: { specVersion: 1, probe: (signal) => probe(context, signal) },
  })
}

async function firstRange(context: StellarContext, signal: AbortSignal | undefined) {
  let trouble: unknown = null
  for (const node of context.nodes.all) {
    try {
      await context.nodes.prove(node, signal)
      return await rangeOf(context, { node, signal })
    } catch (error) {
      if (!isPassing(error)) throw error
      trouble = error
    }
  }
  throw trouble
}
