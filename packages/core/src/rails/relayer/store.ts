import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { GapId, GapState, RelayedEvent, RelayerGap, StreamRow } from './stream.ts'

/** Which gaps, oldest first. */
export interface GapFilter extends PageRequest {
  readonly stream?: string
  readonly state?: GapState
}

/** The relayer inside a transaction. */
export interface RelayerStore {
  stream(name: string): Promise<StreamRow | null>
  /** Reads the row and holds it until the transaction ends. */
  lockStream(name: string): Promise<StreamRow | null>
  /** Does nothing when there is one of this name. */
  addStream(stream: StreamRow): Promise<void>
  saveStream(stream: StreamRow): Promise<void>
  /** By name; at most 1,000. */
  streams(): Promise<readonly StreamRow[]>
  gap(id: GapId): Promise<RelayerGap | null>
  lockGap(id: GapId): Promise<RelayerGap | null>
  addGap(gap: RelayerGap): Promise<void>
  saveGap(gap: RelayerGap): Promise<void>
  gaps(query: GapFilter): Promise<Page<RelayerGap>>
  /** The gap of the stream that ends at this ledger and that nobody fills yet. */
  openGapEndingAt(query: { readonly stream: string; readonly to: bigint }): Promise<RelayerGap | null>
  /** Gaps by stream that are forgotten and not filled. */
  missing(): Promise<readonly { readonly stream: string; readonly count: number }[]>
  /** What was relayed of the provider under one of these ids or with one of these contents. */
  known(query: {
    readonly provider: string
    readonly ids: readonly string[]
    readonly fingerprints: readonly string[]
  }): Promise<readonly RelayedEvent[]>
  /** Adds those that are not there. Answers the ids of those it added. */
  addRelayed(query: {
    readonly provider: string
    readonly events: readonly RelayedEvent[]
  }): Promise<readonly string[]>
}

/** What the relayer needs of a transaction. */
export interface RelayerTx {
  readonly relayer: RelayerStore
}
