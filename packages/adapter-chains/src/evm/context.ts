import type { AssetId, Network } from '@lastro/core/spec'
import type { FeePolicy } from './fee-policy.ts'
import type { Nodes } from './nodes.ts'

/** A token that is credited, by its contract alone. */
export interface AcceptedToken {
  readonly asset: AssetId
  /** Lower case. */
  readonly contract: string
}

/** What every verb of this adapter works with. */
export interface EvmContext {
  /** The provider's id, such as `evm:polygon`: it begins every error message. */
  readonly id: string
  readonly network: Network
  readonly chainId: bigint
  readonly tokens: readonly AcceptedToken[]
  /** Contracts that are no destination, lower case: every token of the network that we know of. */
  readonly contracts: ReadonlySet<string>
  readonly fees: FeePolicy
  readonly nodes: Nodes
}
