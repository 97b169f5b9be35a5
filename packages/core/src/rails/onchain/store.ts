import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { Money } from '../../spec/index.ts'
import type { OnchainAddress } from './address.ts'
import type { Deposit, DepositId, DepositState } from './deposit.ts'
import type { OnchainTransfer, SignedVersion, TransferId, TransferState } from './transfer.ts'

export type { OnchainAddress } from './address.ts'
export type { Deposit, DepositId, DepositState } from './deposit.ts'
export type { OnchainTransfer, SignedVersion, TransferId, TransferState } from './transfer.ts'

/** Names one address. */
export interface AddressKey {
  readonly provider: string
  readonly address: string
}

/** Our addresses. */
export interface AddressStore {
  /** The index after the highest one in use; 0 when there is none. */
  nextIndex(provider: string): Promise<number>
  /**
   * False when the index or the address is taken. Waits for a transaction under way that adds the same index, so
   * indexes become visible in order.
   */
  add(address: OnchainAddress): Promise<boolean>
  countFree(provider: string): Promise<number>
  /** Gives out the free address with the lowest index, passing over those that another transaction holds. */
  take(request: {
    readonly provider: string
    readonly owner: string
    readonly at: Date
  }): Promise<OnchainAddress | null>
  /** Makes sure that a free address is not given out any more. */
  retire(address: AddressKey & { readonly at: Date }): Promise<void>
  get(key: AddressKey): Promise<OnchainAddress | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(key: AddressKey): Promise<OnchainAddress | null>
  byIndex(key: { readonly provider: string; readonly index: number }): Promise<OnchainAddress | null>
  /** Addresses from an index on, in the order of their indexes. */
  from(query: {
    readonly provider: string
    readonly index: number
    readonly limit: number
  }): Promise<readonly Pick<OnchainAddress, 'address' | 'index'>[]>
  list(
    query?: PageRequest & { readonly provider?: string; readonly owner?: string },
  ): Promise<Page<OnchainAddress>>
}

/** How far one network has been read. */
export interface ChainCursor {
  readonly provider: string
  /** The network this provider's name stood for when it was first watched. It may never stand for another. */
  readonly network: string
  readonly startHeight: bigint
  /** The last block read, or null when none is. */
  readonly tip: { readonly height: bigint; readonly hash: string } | null
  /** Since when a reorganisation has reached below the oldest block kept. Null: all is well. */
  readonly divergedAt: Date | null
  readonly updatedAt: Date
}

/** A block that was read and is held to be canonical. */
export interface StoredBlock {
  readonly provider: string
  readonly height: bigint
  readonly hash: string
  readonly parentHash: string
  readonly time: Date
}

/** The blocks that were read, linked by their hashes, and how far they go. */
export interface BlockStore {
  cursor(provider: string): Promise<ChainCursor | null>
  /** Reads the row and holds it until the transaction ends. */
  lockCursor(provider: string): Promise<ChainCursor | null>
  /** False when there is one already. */
  addCursor(cursor: ChainCursor): Promise<boolean>
  saveCursor(cursor: ChainCursor): Promise<void>
  add(blocks: readonly StoredBlock[]): Promise<void>
  at(key: { readonly provider: string; readonly height: bigint }): Promise<StoredBlock | null>
  /** The lowest block kept. */
  oldest(provider: string): Promise<StoredBlock | null>
  remove(key: { readonly provider: string; readonly height: bigint }): Promise<void>
  /** Deletes blocks below a height, at most `limit` of them, oldest first. */
  prune(query: { readonly provider: string; readonly below: bigint; readonly limit: number }): Promise<void>
}

/** Deposits. */
export interface DepositStore {
  insert(deposit: Deposit): Promise<void>
  get(id: DepositId): Promise<Deposit | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: DepositId): Promise<Deposit | null>
  lockByKey(key: {
    readonly provider: string
    readonly transactionHash: string
    readonly position: string
  }): Promise<Deposit | null>
  /** Holds the deposits of one block that are `seen` or `confirmed`, in the order of their ids. */
  lockInBlock(key: { readonly provider: string; readonly height: bigint }): Promise<readonly Deposit[]>
  /** @throws LastroError `version_conflict` when the row is no longer at `deposit.version - 1`. */
  update(deposit: Deposit): Promise<void>
  /** Ids of `seen` deposits up to a height, in the order of ids. */
  seenUpTo(query: {
    readonly provider: string
    readonly height: bigint
    readonly after: DepositId | null
    readonly limit: number
  }): Promise<readonly DepositId[]>
  list(
    query?: PageRequest & {
      readonly provider?: string
      readonly owner?: string
      readonly state?: DepositState
    },
  ): Promise<Page<Deposit>>
}

/** Transfers and their signed versions. */
export interface TransferStore {
  insert(transfer: OnchainTransfer): Promise<void>
  get(id: TransferId): Promise<OnchainTransfer | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: TransferId): Promise<OnchainTransfer | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `transfer.version - 1`. */
  update(transfer: OnchainTransfer): Promise<void>
  /** Sets when a transfer is looked at again. No step of its life: the version stays. */
  postpone(transfer: { readonly id: TransferId; readonly dueAt: Date; readonly tries: number }): Promise<void>
  /** Transfers in the given states whose `dueAt` has come, longest due first. */
  due(query: {
    readonly provider: string
    readonly states: readonly TransferState[]
    readonly at: Date
    readonly limit: number
  }): Promise<readonly OnchainTransfer[]>
  /** What transfers that are `prepared` or `sent` may still take, per asset: amounts, and the highest fee of each. */
  outstanding(wallet: AddressKey & { readonly except: TransferId }): Promise<readonly Money[]>
  list(
    query?: PageRequest & {
      readonly provider?: string
      readonly state?: TransferState
      readonly correlation?: string
    },
  ): Promise<Page<OnchainTransfer>>
  addVersion(version: SignedVersion): Promise<void>
  /** All versions of a transfer, oldest first. */
  versions(id: TransferId): Promise<readonly SignedVersion[]>
  /** Counts calls to the provider, or calls that certainly had no effect. */
  countCall(version: {
    readonly transferId: TransferId
    readonly number: number
    readonly as: 'calls' | 'refusals'
  }): Promise<void>
  /** Marks the versions of one sequence as dead. */
  killVersions(version: { readonly transferId: TransferId; readonly sequence: bigint }): Promise<void>
}

/** How far a wallet's sequences are allocated. */
export interface Wallet extends AddressKey {
  readonly nextSequence: bigint
}

/**
 * Whose a sequence is. `taken`: a transfer's, for ever. `released`: its transfer ended before anything was sent, so
 * it is free again. `foreign`: used by a transaction that is not ours.
 */
export type SequenceState = 'taken' | 'released' | 'foreign'

/** One sequence of a wallet. */
export interface WalletSequence extends AddressKey {
  readonly sequence: bigint
  readonly state: SequenceState
  readonly transferId: TransferId | null
}

/** Sequences of the wallets that send. */
export interface WalletStore {
  /** Makes the wallet when it is new, and holds its row until the transaction ends. */
  lock(wallet: Wallet): Promise<Wallet>
  save(wallet: Wallet): Promise<void>
  sequence(key: AddressKey & { readonly sequence: bigint }): Promise<WalletSequence | null>
  /** Inserts or replaces one. */
  put(sequence: WalletSequence): Promise<void>
  /** Marks a range, the end not included, as used by transactions that are not ours. */
  putForeign(range: AddressKey & { readonly start: bigint; readonly end: bigint }): Promise<void>
  /** The lowest released sequence that is not below `atLeast`. */
  lowestReleased(query: AddressKey & { readonly atLeast: bigint }): Promise<bigint | null>
  /** True when a transfer that may still be mined has a sequence above this one. */
  isAwaited(key: AddressKey & { readonly sequence: bigint }): Promise<boolean>
  /** True when a `fill` of the wallet waits to be prepared. */
  hasOpenFill(key: AddressKey): Promise<boolean>
}

/** The reads and writes this rail needs, and no others. */
export interface OnchainStore {
  readonly addresses: AddressStore
  readonly blocks: BlockStore
  readonly deposits: DepositStore
  readonly transfers: TransferStore
  readonly wallets: WalletStore
}

/** What a transaction offers to this rail. */
export interface OnchainTx {
  readonly onchain: OnchainStore
}
