import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { Id, Money } from '../../spec/index.ts'

/**
 * The life of a deposit. Until it is final, a reorganisation may take it away and bring it back. One that is taken
 * away after it was final is `lost`: an incident for people, and nothing leads out of it.
 */
export const depositMachine = defineMachine({
  name: 'deposit',
  initial: 'seen',
  states: {
    seen: { confirm: 'confirmed', orphan: 'orphaned' },
    orphaned: { see: 'seen' },
    confirmed: { lose: 'lost' },
    lost: {},
  },
})

/** Where a deposit stands. */
export type DepositState = StateOf<typeof depositMachine>

/** `dep_01j9…` */
export type DepositId = Id<'dep'>

/** Money that arrived at an address of ours. One row per position in a transaction, whatever block it ends up in. */
export interface Deposit {
  readonly id: DepositId
  readonly provider: string
  readonly network: string
  /** The address of ours that it arrived at. */
  readonly address: string
  /** The intent the address was given to when the deposit was seen; null for the system wallet and retired addresses. */
  readonly owner: string | null
  readonly transactionHash: string
  /** Position inside the transaction, as the chain provider tells it. */
  readonly position: string
  readonly from: string
  readonly amount: Money
  readonly state: DepositState
  /** The block it is in, or was in last when `orphaned` or `lost`. */
  readonly block: { readonly height: bigint; readonly hash: string; readonly time: Date }
  /** When we first saw it, in whatever block; `block.time` is the network's own time. Late is judged by both. */
  readonly firstSeenAt: Date
  readonly confirmedAt: Date | null
  readonly updatedAt: Date
  readonly version: number
}

/** What happened to a deposit: the state it just reached. */
export type DepositChange = DepositState
