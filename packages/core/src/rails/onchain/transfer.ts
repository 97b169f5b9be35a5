import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { DeclineReason, Id, Money, NetworkFee } from '../../spec/index.ts'

/**
 * The life of a transfer on a network. `prepared`: its bytes are stored, and may have been sent. A reorganisation
 * takes `mined` back to `sent`. `displace`: another transaction used its sequence and is final, so its bytes are dead
 * and it is built again.
 */
export const transferMachine = defineMachine({
  name: 'onchain_transfer',
  initial: 'created',
  states: {
    created: { prepare: 'prepared', refuse: 'failed' },
    prepared: { send: 'sent', refuse: 'failed', displace: 'created' },
    sent: { mine: 'mined', displace: 'created' },
    mined: { unmine: 'sent', confirm: 'confirmed', revert: 'failed' },
    confirmed: {},
    failed: {},
  },
})

/** Where a transfer stands. */
export type TransferState = StateOf<typeof transferMachine>

/** `otx_01j9…` */
export type TransferId = Id<'otx'>

/** `payment`: asked for by a caller. `fill`: one unit to ourselves, so that a sequence nobody uses blocks no other. */
export type TransferKind = 'payment' | 'fill'

/** Why a transfer failed. `reverted`: it was mined, moved nothing, and its fee is gone. */
export type TransferFailure = DeclineReason | 'reverted'

/** Money that leaves an address of ours, from the moment it is wanted. */
export interface OnchainTransfer {
  readonly id: TransferId
  readonly provider: string
  readonly network: string
  readonly kind: TransferKind
  readonly from: string
  /** Index of the key of `from`. */
  readonly fromIndex: number
  readonly to: string
  readonly amount: Money
  /** The ledger account that pays. Null for a `fill`, which moves nothing. */
  readonly sourceAccount: string | null
  readonly correlation: string
  readonly state: TransferState
  /** Nonce or sequence on the network; null until one is allocated, and again after it was displaced. */
  readonly sequence: bigint | null
  /** Hash of the version that landed; before that, of the last one sent. */
  readonly transactionHash: string | null
  /** Where it is mined. */
  readonly block: { readonly height: bigint; readonly hash: string } | null
  /** False: mined, and reverted. Null until mined. */
  readonly succeeded: boolean | null
  /** What the network charged, in its native asset. Null until mined. */
  readonly networkFee: Money | null
  readonly failure: TransferFailure | null
  /** The provider's words for a refusal. */
  readonly detail: string | null
  /** A block in which the network already counted our sequence as used, though by none of our versions. */
  readonly displacedBy: { readonly height: bigint; readonly hash: string; readonly since: Date } | null
  /** Since when the wallet has lacked the money for it. */
  readonly unfundedSince: Date | null
  /** How often it was tried since it last got further. */
  readonly tries: number
  /** When it is looked at again, if nothing happens before. */
  readonly dueAt: Date
  readonly createdAt: Date
  readonly updatedAt: Date
  /** When it was first known to be sent. */
  readonly sentAt: Date | null
  /** When it became `confirmed` or `failed`. */
  readonly settledAt: Date | null
  readonly version: number
}

/**
 * Signed bytes of a transfer. All versions of one sequence exclude each other: at most one can land. They are kept
 * for ever and resent unchanged.
 */
export interface SignedVersion {
  readonly transferId: TransferId
  readonly sequence: bigint
  /** 1 for the first of its transfer. */
  readonly number: number
  readonly raw: string
  readonly hash: string
  readonly fee: NetworkFee
  /** How often it was given to the provider, counted before each call. */
  readonly calls: number
  /** How many of those calls certainly had no effect. While it is below `calls`, the bytes may be on their way. */
  readonly refusals: number
  /** Another transaction at its sequence is final: it can never land. */
  readonly isDead: boolean
  readonly createdAt: Date
}

/** What happened to a transfer, as listeners are told. */
export type TransferChange = 'sent' | 'confirmed' | 'failed'
