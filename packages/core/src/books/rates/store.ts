import type { AssetId, Rate } from '../../spec/index.ts'

/** A rate as it was told, kept so that every quote can show what it stood on. */
export interface StoredRate {
  readonly rate: Rate
  /** The name the host gave the source. */
  readonly source: string
  readonly observedAt: Date
  readonly fetchedAt: Date
}

/** The reads and writes rates need. */
export interface RateStore {
  insert(rate: StoredRate): Promise<void>
  /** The newest rate of a pair from each of the sources, the last stored first. */
  latest(pair: {
    readonly base: AssetId
    readonly quote: AssetId
    readonly sources: readonly string[]
  }): Promise<readonly StoredRate[]>
}

/** What a transaction offers to rates. */
export interface RateTx {
  readonly rates: RateStore
}
