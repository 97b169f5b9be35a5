import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { ContractEventFilter, Id } from '../../spec/index.ts'

/** A stream of contract events: how far it was read, and what it waits for. */
export const streamMachine = defineMachine({
  name: 'relayer stream',
  initial: 'catching_up',
  states: {
    catching_up: { more: 'catching_up', tip: 'live', lag: 'behind', reset: 'halted' },
    live: { more: 'catching_up', tip: 'live', lag: 'behind', reset: 'halted' },
    behind: { more: 'catching_up', tip: 'live', lag: 'behind', reset: 'halted' },
    halted: { resume: 'catching_up' },
  },
})

/**
 * How a stream stands. `behind`: the node has not reached our place yet. `halted`: it is so far from it that the network
 * must have begun anew, and a person decides.
 */
export type StreamState = StateOf<typeof streamMachine>

/** Ledgers of a stream that a node no longer had, or that a person wants read again. */
export const gapMachine = defineMachine({
  name: 'relayer gap',
  initial: 'open',
  states: {
    open: { fill: 'filling' },
    filling: { fill: 'filling', end: 'filled', refuse: 'open' },
    filled: {},
  },
})

/** How a gap stands. */
export type GapState = StateOf<typeof gapMachine>

/** Our id of a gap. */
export type GapId = Id<'gap'>

/** Where reading goes on. */
export type Place = { readonly cursor: string } | { readonly ledger: bigint }

/** A stream, as its row keeps it. */
export interface StreamRow {
  readonly name: string
  readonly provider: string
  readonly network: string
  readonly filter: ContractEventFilter
  readonly state: StreamState
  readonly after: Place
  /** Everything of this ledger and before it was looked through; null until the first page. */
  readonly scannedTo: bigint | null
  /** What the node held at the last look. */
  readonly oldest: bigint | null
  readonly latest: bigint | null
  readonly relayed: bigint
  readonly duplicates: bigint
  /** When the provider last answered. */
  readonly readAt: Date | null
  /** Looks in a row that failed, why the last one did, and when the next one is due. */
  readonly failures: number
  readonly error: string | null
  readonly retryAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Ledgers that are missing, both included. */
export interface RelayerGap {
  readonly id: GapId
  readonly stream: string
  /** Under whose name its events are relayed. */
  readonly provider: string
  /** What was asked for when it was seen. */
  readonly filter: ContractEventFilter
  readonly from: bigint
  readonly to: bigint
  /** `forgotten`: the node no longer had it. `asked`: a person wanted it read again. */
  readonly reason: 'forgotten' | 'asked'
  readonly state: GapState
  /** Who is asked to fill it. */
  readonly source: string | null
  /** The first ledger that is still to be read. */
  readonly next: bigint
  /** How often filling was begun. */
  readonly fills: number
  /** Events that were missing and are relayed now. */
  readonly relayed: number
  readonly seenAt: Date
  readonly filledAt: Date | null
  readonly updatedAt: Date
}

/** An event that was relayed, without its content. */
export interface RelayedEvent {
  readonly id: string
  /** What it says, without its id: a server's new version may give it another one. */
  readonly fingerprint: string
  readonly ledger: bigint
}
