import type { HostTx } from '@lastro/core/storage'
import type { PgliteTransaction } from '../executors/pglite.ts'
import { hostTx } from './host.ts'

/**
 * The `tx` of PGlite's `db.transaction(async (tx) => …)`. Inside it use nothing but `tx`: the database itself waits
 * until the transaction ends, so a call of ours without `{ tx }` there waits for ever.
 */
export function fromPglite(tx: PgliteTransaction & { rollback(): Promise<void> }): HostTx {
  return hostTx({
    key: tx,
    query: async (text, parameters) => (await tx.query<Record<string, unknown>>(text, [...parameters])).rows,
  })
}
