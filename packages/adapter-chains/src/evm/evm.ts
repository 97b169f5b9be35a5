import { ASSETS, type ChainProvider, defineProvider, type Money, type Probe } from '@lastro/core/spec'
import { endpoints } from '../endpoint.ts'
import { addressOf, keyRef, parseAddress } from './address.ts'
import { readBalance, readSequence } from './balance.ts'
import { readBlockAt, readHead } from './blocks.ts'
import { broadcast } from './broadcast.ts'
import type { EvmContext } from './context.ts'
import { readDeposits } from './deposits.ts'
import { estimateFee } from './fees.ts'
import { type RangeQuery, readHistory, readUnattributed } from './history.ts'
import { createNodes } from './nodes.ts'
import { type EvmOptions, resolveOptions } from './options.ts'
import { probe } from './probe.ts'
import { signTransfer } from './sign.ts'
import { readStatus } from './status.ts'

/** What `evm` makes. */
export interface EvmProvider {
  /** `evm:` and the network's id, such as `evm:polygon`. */
  readonly id: string
  readonly chain: ChainProvider
  readonly probe: Probe
  /**
   * By how much the native balance of an address changed in a range of heights without a transaction that says so;
   * negative when it shrank. `deposits` and `history` cannot see money that a contract passed on, since it leaves no
   * log. At most 10,000 heights at once, from height 1 on.
   * @throws ProviderError also when the node has forgotten the balances of that range (`unavailable`).
   */
  unattributed(query: RangeQuery): Promise<Money>
}

function createContext(options: EvmOptions): EvmContext {
  const { timeoutMs, maxBodyBytes, ...resolved } = resolveOptions(options)
  const { id, chainId, network, tokens } = resolved
  const nodes = createNodes({
    ...{ id, chainId, timeoutMs, maxBodyBytes, fetch: options.fetch },
    endpoints: endpoints(id, options.rpcUrl),
  })
  const known = ASSETS.filter((row) => row.network === network.id).flatMap(({ contract }) => contract ?? [])
  const contracts = [...known, ...tokens.map(({ contract }) => contract)]
  return { ...resolved, nodes, contracts: new Set(contracts.map((contract) => contract.toLowerCase())) }
}

function createChain(context: EvmContext): ChainProvider {
  const { id, network, tokens, nodes } = context
  return {
    specVersion: 1,
    network,
    assets: [network.nativeAsset, ...tokens.map(({ asset }) => asset)],
    addressOf: (publicKey) => addressOf(id, publicKey),
    keyRef: (index) => keyRef(id, index),
    parseAddress: (text) => parseAddress(context, text),
    head: (signal) => readHead(context, signal),
    blockAt: (height, signal) => nodes.read((rpc) => readBlockAt(rpc, height), signal),
    deposits: (query) => readDeposits(context, query),
    balance: (query) => readBalance(context, query),
    history: async (query) => readHistory(context, query),
    sequence: (address, signal) => readSequence(context, address, signal),
    estimateFee: async (query) => estimateFee(context, query),
    sign: (transfer, signer) => signTransfer(context, transfer, signer),
    broadcast: (signed, signal) => broadcast(context, signed, signal),
    status: async (hash, signal) => readStatus(context, hash, signal),
  }
}

/**
 * Reads and sends on one EVM network, through the JSON-RPC of your node or node provider.
 *
 * It asks nothing while it is made, so a wrong address shows at the first call: let `probe` run at start-up. Reads
 * fall over to the next node; which tokens count is decided by contract, never by symbol.
 *
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 *
 * @example
 * const polygon = evm({ network: 'polygon', rpcUrl: secret(rpcUrl) })
 * const { finalized } = await polygon.chain.head()
 */
export function evm(options: EvmOptions): EvmProvider {
  const context = createContext(options)
  return defineProvider({
    id: context.id,
    chain: createChain(context),
    probe: { specVersion: 1, probe: (signal) => probe(context, signal) },
    unattributed: async (query: RangeQuery) => readUnattributed(context, query),
  })
}
