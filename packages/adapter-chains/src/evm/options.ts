import {
  ASSETS,
  type ChainAssetRow,
  type Finality,
  Money,
  NETWORKS,
  type Network,
  ProviderError,
  type Secret,
} from '@lastro/core/spec'
import type { AcceptedToken } from './context.ts'
import { defaultFees, type FeePolicy } from './fee-policy.ts'
import { ethers } from './library.ts'

/** The EVM networks that Lastro knows, such as `polygon`. */
export type EvmNetworkId = keyof typeof NETWORKS

/** What `evm` needs to know. */
export interface EvmOptions {
  /** A known network's id, or a network of your own (a test network, say). */
  readonly network: EvmNetworkId | Network
  /**
   * Address of the node's JSON-RPC over HTTP, or several: each read is done by the first that can. Never shown in
   * errors, since most providers write their key into it. A user and password in it are sent as basic authorization.
   */
  readonly rpcUrl: string | Secret | readonly (string | Secret)[]
  /** Tokens to accept, by exact contract. Default: the rows of `ASSETS` for this network; `[]` for none. */
  readonly tokens?: readonly ChainAssetRow[]
  /** Replaces the network's own rule of finality. Meant for a stricter one. */
  readonly finality?: Finality
  /** Replaces parts of the network's default fee policy. */
  readonly fees?: Partial<FeePolicy>
  /** Default: `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one call to a node may take, in milliseconds. Default: 15,000. */
  readonly timeoutMs?: number
  /** Largest answer that is read, in bytes. A full block may have megabytes. Default: 32 MiB. */
  readonly maxBodyBytes?: number
}

/** Options, checked and completed. */
export interface ResolvedOptions {
  readonly id: string
  readonly network: Network
  readonly chainId: bigint
  readonly tokens: readonly AcceptedToken[]
  readonly fees: FeePolicy
  readonly timeoutMs: number
  readonly maxBodyBytes: number
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const DEFAULT_TIMEOUT_MS = 15_000
const DEFAULT_MAX_BODY_BYTES = 32 * 1_048_576

function wrong(id: string, message: string): ProviderError {
  return new ProviderError({ provider: id, kind: 'misconfigured', message })
}

function resolveNetwork(option: EvmOptions['network']): Network {
  if (typeof option !== 'string') return option
  if (Object.hasOwn(NETWORKS, option)) return NETWORKS[option]
  throw wrong(
    'evm',
    `network "${String(option).slice(0, 40)}" is none of ${Object.keys(NETWORKS).join(', ')}.`,
  )
}

function resolveFinality(id: string, finality: Finality): Finality {
  const blocks = finality.by === 'tag' ? finality.fallbackBlocks : finality.blocks
  if (Number.isSafeInteger(blocks) && blocks >= 1) return finality
  throw wrong(id, 'finality must count at least one block.')
}

function resolveToken(id: string, network: Network, row: ChainAssetRow): AcceptedToken {
  const { asset, contract } = row
  if (row.network !== network.id) throw wrong(id, `token ${asset} is of network "${row.network}".`)
  if (!Money.isAssetId(asset)) throw wrong(id, `token "${String(asset).slice(0, 70)}" is no asset id.`)
  if (contract === null || !ADDRESS.test(contract)) throw wrong(id, `token ${asset} has no contract address.`)
  return { asset, contract: contract.toLowerCase() }
}

/** A wrong letter in a contract would make us credit a stranger's token, so its checksum is checked. */
function checkContracts(id: string, rows: readonly ChainAssetRow[]): void {
  for (const { asset, contract } of rows) {
    const digits = contract?.slice(2) ?? ''
    if (digits === digits.toLowerCase() || digits === digits.toUpperCase()) continue
    if (ethers().address.getAddress(`0x${digits.toLowerCase()}`) === contract) continue
    throw wrong(id, `the contract of token ${asset} has a wrong checksum (EIP-55).`)
  }
}

function resolveTokens(
  id: string,
  network: Network,
  rows: readonly ChainAssetRow[],
): readonly AcceptedToken[] {
  const tokens = rows.filter((row) => row.contract !== null).map((row) => resolveToken(id, network, row))
  for (const key of ['asset', 'contract'] as const) {
    const values = tokens.map((token) => token[key])
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice !== undefined) throw wrong(id, `tokens have ${key} ${twice} twice.`)
  }
  return tokens
}

/** @throws ProviderError `misconfigured`, naming the option and the rule it breaks. */
export function resolveOptions(options: EvmOptions): ResolvedOptions {
  const network = resolveNetwork(options.network)
  const id = `evm:${network.id}`
  const chainId = /^eip155:([1-9]\d{0,15})$/.exec(network.caip2)?.[1]
  if (network.family !== 'evm' || chainId === undefined)
    throw wrong(id, 'network.caip2 must be eip155:<chain id>.')
  if (options.tokens !== undefined) checkContracts(id, options.tokens)
  const rows = options.tokens ?? ASSETS.filter((row) => row.network === network.id)
  const limits = {
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw wrong(id, `${name} must be a whole number above zero.`)
  }
  const fees = { ...defaultFees(network.id), ...options.fees }
  for (const [name, value] of Object.entries(fees)) {
    if (typeof value !== 'bigint' || value < 0n)
      throw wrong(id, `fees.${name} must be a bigint of zero or more.`)
  }
  if (fees.baseFeeMultiplierBps < 10_000n)
    throw wrong(id, 'fees.baseFeeMultiplierBps must be 10,000 or more.')
  return {
    id,
    network: { ...network, finality: resolveFinality(id, options.finality ?? network.finality) },
    chainId: BigInt(chainId),
    tokens: resolveTokens(id, network, rows),
    fees,
    ...limits,
  }
}
