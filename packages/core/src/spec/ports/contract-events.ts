/** One event that a contract emitted, as the node tells it. */
export interface ContractEvent {
  /** The node's own id, in the order of the chain as text: the key by which it is applied once. */
  readonly id: string
  readonly contract: string
  readonly transactionHash: string
  /** Which operation of its transaction emitted it, where the node tells: counted from 0. */
  readonly operation?: number
  readonly ledger: bigint
  readonly occurredAt: Date
  /** The first topic, where it is a symbol: `transfer`. */
  readonly name: string | null
  /** Topics and value as the node sends them, undecoded: base64 XDR on Stellar. */
  readonly topics: readonly string[]
  readonly value: string
}

/** What a node still holds. Ledgers are inclusive. */
export interface ContractEventRange {
  readonly oldest: bigint
  readonly latest: bigint
}

/** A page of events. `gap`: the cursor is older than what the node holds, and these ledgers are lost to it. */
export type ContractEventPage =
  | {
      readonly kind: 'page'
      readonly events: readonly ContractEvent[]
      /** Store it with the events, in one commit. The next page starts after it. */
      readonly cursor: string
      /** Everything of this ledger and those before it was looked through. Where the limit cut a ledger, the one before. */
      readonly scannedTo: bigint
      /** False: more may be there now. */
      readonly isAtTip: boolean
      readonly range: ContractEventRange
    }
  | { readonly kind: 'gap'; readonly from: bigint; readonly to: bigint; readonly range: ContractEventRange }
  /** The cursor is ahead of the node: it lags, or the network was reset. Nothing is lost. */
  | { readonly kind: 'behind'; readonly range: ContractEventRange }

/** Which events: of these contracts, with these first topics. */
export interface ContractEventFilter {
  readonly contracts: readonly string[]
  /** Empty: all. */
  readonly names: readonly string[]
}

/**
 * Reads a chain's contract events in order.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `contract_events/in_order`: events come in the order of the chain, and a cursor never skips one.
 * - `contract_events/scanned_told`: `scannedTo` never names a ledger of which events are still to come.
 * - `contract_events/empty_page_goes_on`: an empty page is not the end; its cursor moves on.
 * - `contract_events/gap_told`: what the node no longer holds is a `gap`, never silence.
 * - `contract_events/down_throws`: trouble throws `ProviderError`; it is never an empty page.
 */
export interface ContractEventSource {
  readonly specVersion: 1
  readonly network: string
  /** @throws ProviderError when the node could not be asked. */
  range(options?: { readonly signal?: AbortSignal }): Promise<ContractEventRange>
  /** Starts at a ledger or goes on after a cursor. @throws ProviderError when the node could not be asked. */
  read(request: {
    readonly filter: ContractEventFilter
    readonly after: { readonly cursor: string } | { readonly ledger: bigint }
    readonly limit?: number
    readonly signal?: AbortSignal
  }): Promise<ContractEventPage>
}
