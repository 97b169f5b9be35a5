import type { AssetId, Money } from '../money.ts'
import type { Network } from '../networks/network.ts'
import type { Outcome } from '../outcome.ts'
import type { KeyRef, Signer } from './signer.ts'

/** A block, by height and hash. Only the hash names it for ever. */
export interface BlockRef {
  readonly height: bigint
  readonly hash: string
  readonly parentHash: string
  readonly time: Date
}

/** How far the network is. `safe` and `finalized` are null where the network or node has no such tag. */
export interface ChainHead {
  readonly latest: BlockRef
  readonly safe: BlockRef | null
  readonly finalized: BlockRef | null
}

/** Money that arrived at an address in one block. */
export interface ChainDeposit {
  readonly transactionHash: string
  /**
   * Position inside the transaction: `native` for its value, `log:3` for its fourth log. Never the block-wide log
   * index, which changes when the same transaction is mined again after a reorg.
   */
  readonly position: string
  readonly from: string
  readonly to: string
  readonly amount: Money
}

/** An address as the user wrote it: normalised, or refused with a rule that names why. Never throws. */
export type ParsedAddress =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly rule: AddressRule }

/** Why an address is refused. The value itself never reaches errors or logs when it is a `private_key`. */
export type AddressRule =
  | 'format'
  | 'checksum'
  | 'wrong_network'
  | 'burn_address'
  | 'token_contract'
  | 'private_key'

/** What a transfer may cost, in the network's native asset. */
export interface NetworkFee {
  /** At most this much, all told. */
  readonly max: Money
  /** The family's own parameters, as decimal strings: for EVM `gasLimit`, `maxFeePerGas`, `maxPriorityFeePerGas`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** A transfer to build. Nothing here is decided by the adapter: the engine holds sequence and fee in its tables. */
export interface BuildTransfer {
  readonly from: string
  readonly key: KeyRef
  readonly to: string
  readonly amount: Money
  /** Nonce (EVM), sequence (Stellar, XRP) or seqno (TON), allocated by the engine. */
  readonly sequence: bigint
  readonly fee: NetworkFee
}

/** Signed bytes, ready to be stored and then broadcast; resent unchanged for as long as they may still land. */
export interface SignedTransfer {
  /** Hex text, as the network's broadcast call wants it. */
  readonly raw: string
  readonly hash: string
}

/** What the network says of one of our transactions, by its hash. */
export type TransactionStatus =
  /** Not known to this node: never seen, dropped, or reorged out. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'mined'
      readonly block: { readonly height: bigint; readonly hash: string }
      /** False: it used its nonce and its fee, and moved nothing. */
      readonly succeeded: boolean
      readonly fee: Money
    }

/** One line of an address's history. */
export interface ChainMovement {
  readonly block: { readonly height: bigint; readonly hash: string }
  readonly transactionHash: string
  readonly position: string
  readonly direction: 'in' | 'out'
  readonly counterparty: string
  readonly amount: Money
}

/**
 * Reads one network and sends on it. It keeps no state and no clock: cursor, nonces and signed bytes are the engine's.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `chain/blocks_link`: each block names its parent's hash.
 * - `chain/deposits_by_hash`: deposits are read by block hash, so an orphaned block's deposits are never told as canonical.
 * - `chain/deposit_exact`: native and token deposits are told to the last unit; zero amounts and foreign tokens are not told.
 * - `chain/same_bytes_once`: the same signed bytes may be broadcast again, and land once.
 * - `chain/lost_broadcast_is_unknown`: a broadcast whose answer is lost is `unknown`.
 * - `chain/status_absent`: a hash the network never saw is `absent`; trouble throws.
 * - `chain/failed_is_told`: a transaction that was mined and reverted is told as not succeeded.
 */
export interface ChainProvider {
  readonly specVersion: 1
  readonly network: Network
  /** Native asset first, then the tokens accepted by exact contract. */
  readonly assets: readonly AssetId[]
  /** The address that a public key controls. */
  addressOf(publicKey: Uint8Array): string
  /** The key of the n-th deposit address, and of the system wallet (index 0). */
  keyRef(index: number): KeyRef
  parseAddress(text: string): ParsedAddress
  /** @throws ProviderError, as do all reads. */
  head(signal?: AbortSignal): Promise<ChainHead>
  blockAt(height: bigint, signal?: AbortSignal): Promise<BlockRef | null>
  /** Null when the node no longer knows the block: it was orphaned under us. */
  deposits(query: {
    readonly block: BlockRef
    readonly addresses: ReadonlySet<string>
    readonly signal?: AbortSignal
  }): Promise<readonly ChainDeposit[] | null>
  balance(query: {
    readonly address: string
    readonly asset: AssetId
    readonly signal?: AbortSignal
  }): Promise<Money>
  /** Movements of an address in a range of heights, both ends included; at most 10,000 heights at once. */
  history(query: {
    readonly address: string
    readonly fromHeight: bigint
    readonly toHeight: bigint
    readonly signal?: AbortSignal
  }): Promise<readonly ChainMovement[]>
  /** The next sequence by what is mined: pending transactions are not counted, since they may be dropped. */
  sequence(address: string, signal?: AbortSignal): Promise<bigint>
  /** A fee that should be mined soon, for this transfer. With `replaces`, high enough for nodes to take it instead. */
  estimateFee(query: {
    readonly from: string
    readonly to: string
    readonly amount: Money
    readonly replaces?: NetworkFee
    readonly signal?: AbortSignal
  }): Promise<NetworkFee>
  /** Builds and signs; asks no network. @throws ProviderError when the signer could not be asked. */
  sign(transfer: BuildTransfer, signer: Signer): Promise<SignedTransfer>
  /**
   * Sends stored bytes. `declined` with reason `expired` means another transaction used the sequence, in a block that
   * is final. Any other decline speaks for this call alone: bytes that a node took before may still land.
   */
  broadcast(signed: SignedTransfer, signal?: AbortSignal): Promise<Outcome<{ readonly hash: string }>>
  status(hash: string, signal?: AbortSignal): Promise<TransactionStatus>
}
