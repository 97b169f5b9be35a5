/**
 * The host's own open transaction, wrapped by one of the storage package's adapters (`fromPg(client)`,
 * `fromKysely(trx)`, …). Passed as `{ tx }` to any write, it makes the host's row, our state, postings, event and job
 * commit or roll back together.
 */
export interface HostTx {
  readonly kind: 'lastro.host_tx'
  /** Runs one statement inside the transaction; parameters are `$1`, `$2`, …. */
  query(text: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
}

/** Options that every write takes. */
export interface WriteOptions {
  /** Join the host's own transaction instead of opening one. */
  readonly tx?: HostTx
}

/**
 * One database transaction. Everything inside commits together; nothing inside talks to the network.
 *
 * With `{ tx }` the work joins the host's transaction behind a savepoint: when it throws, everything it wrote is
 * undone and the host may go on. Calls on one host transaction run one after another.
 */
export interface UnitOfWork<T> {
  transaction<R>(work: (tx: T) => Promise<R>, options?: WriteOptions): Promise<R>
  /**
   * Reads without a transaction of its own: each statement sees the latest commit, and one that writes commits by
   * itself. With `{ tx }`, what the host sees. Refused inside a transaction of the same call that was not passed on.
   */
  read<R>(work: (tx: T) => Promise<R>, options?: WriteOptions): Promise<R>
}

/** A page of rows and the cursor of the next one; null at the end. Cursors are opaque. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** How much of a list to read. At most 200 rows a page. */
export interface PageRequest {
  readonly limit?: number
  readonly cursor?: string | null
}
