/** Request keys, fingerprints and stored answers, inside a transaction. */
export interface IdempotencyStore {
  /**
   * Takes the key, or tells what it was used for. Waits for a transaction under way that took the same key. A taken
   * key without a result cannot be seen: it commits with its result or not at all.
   */
  take(key: {
    readonly operation: string
    readonly key: string
    readonly fingerprint: string
    readonly at: Date
  }): Promise<{ readonly fingerprint: string; readonly result: string } | null>
  /** Stores the answer of a key taken in this transaction. */
  finish(key: { readonly operation: string; readonly key: string; readonly result: string }): Promise<void>
}
