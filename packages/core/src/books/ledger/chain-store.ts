/** What is chained: transfers with their accounts, and the rows of the audit log. */
export type ChainName = 'transfers' | 'audit'

/** A seal: the digest of everything up to a row. Keep it where nobody who can reach the database can. */
export interface Seal {
  readonly chain: ChainName
  /** Counts the seals of the chain: 1, 2, 3, …. */
  readonly number: number
  /** The last row that it covers. */
  readonly upto: bigint
  /** SHA-256, in lower-case hex. */
  readonly digest: string
  readonly sealedAt: Date
}

/** Something in the chain that cannot be. */
export interface ChainBreach {
  readonly chain: ChainName
  /**
   * - `row_changed`: the row, or the digest of it or of the row before it, is not what was sealed;
   * - `row_missing`: it was sealed and is gone; `row_inserted`: it is among sealed rows and was never sealed;
   * - `digest_without_seal`, `seal_changed`: digests or seals were written or changed by hand;
   * - `anchor_missing`, `anchor_differs`: a seal that you kept elsewhere is not there, or is another.
   */
  readonly rule:
    | 'row_changed'
    | 'row_missing'
    | 'row_inserted'
    | 'digest_without_seal'
    | 'seal_changed'
    | 'anchor_missing'
    | 'anchor_differs'
  /** The number of the row, or of the seal for `seal_changed` and the anchors. */
  readonly number: bigint
  /** The id of the transfer where it can be read, else the number. */
  readonly subject: string
}

/** How much is sealed, and how much is not yet. */
export interface ChainState {
  readonly chain: ChainName
  readonly sealed: bigint
  /** Nothing vouches for these rows yet. */
  readonly unsealed: bigint
  readonly head: Seal | null
}

/** The chains of digests. */
export interface LedgerChainStore {
  /** The last numbers that were given out. To be read before, and outside, the transaction that seals. */
  lastNumbers(): Promise<Readonly<Record<ChainName, bigint>>>
  /** Seals at most `limit` rows that are final; answers how many. */
  seal(run: {
    readonly chain: ChainName
    readonly last: bigint
    readonly limit: number
    readonly at: Date
  }): Promise<number>
  /** Counts what is not sealed, which takes as long as there is of it. */
  state(chain: ChainName): Promise<ChainState>
  /** The newest seal. */
  findHead(chain: ChainName): Promise<Seal | null>
  findSeal(chain: ChainName, number: number): Promise<Seal | null>
  /** Recomputes at most `limit` rows after a row. `next` is null at the end. */
  check(range: {
    readonly chain: ChainName
    readonly after: bigint
    readonly limit: number
  }): Promise<{ readonly breaches: readonly ChainBreach[]; readonly next: bigint | null }>
  checkSeals(chain: ChainName): Promise<readonly ChainBreach[]>
}
