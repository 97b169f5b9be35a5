import type { AssetId } from '../money.ts'

/**
 * When a deposit is treated as certain. A rule, not a number: some networks tell finality by a tag, others only by
 * depth.
 */
export type Finality =
  | { readonly by: 'tag'; readonly tag: 'safe' | 'finalized'; readonly fallbackBlocks: number }
  /** `blocks` on top of the deposit's own block, itself counted: 1 means "mined". */
  | { readonly by: 'depth'; readonly blocks: number }

/** One blockchain, main or test. Networks are data. */
export interface Network {
  /** Our id, such as `polygon`. */
  readonly id: string
  readonly family: 'evm'
  /** CAIP-2, such as `eip155:137`. */
  readonly caip2: string
  readonly name: string
  readonly nativeAsset: AssetId
  /** What starts a payout. May be made stricter by options. */
  readonly finality: Finality
  /** Page of a transaction, with `{hash}` in it. */
  readonly explorerUrl: string | null
  readonly isTest: boolean
}
