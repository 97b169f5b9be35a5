import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Clock } from '../../spec/index.ts'
import type { ChainName, Seal } from './chain-store.ts'
import type { LedgerTx } from './store.ts'

/** Every chain. */
export const CHAINS: readonly ChainName[] = ['transfers', 'audit']

const LIMIT = 5_000
/** Most transactions of one run for one chain. */
const ROUNDS = 200

/** What a run of sealing did: how many rows, and the newest seal of each chain. */
export interface SealReport {
  readonly sealed: Readonly<Record<ChainName, number>>
  readonly heads: readonly Seal[]
}

/**
 * Seals what is final: rows behind which nothing with a smaller number can still appear. While other transactions run,
 * the newest rows wait for the next run. Booking is not delayed by it. Safe to call from many processes.
 */
export async function seal(
  { storage, clock }: { readonly storage: UnitOfWork<LedgerTx>; readonly clock: Clock },
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SealReport> {
  const sealed: Record<ChainName, number> = { transfers: 0, audit: 0 }
  const heads: Seal[] = []
  const last = await storage.read((tx) => tx.ledgerChain.lastNumbers())
  for (const chain of CHAINS) {
    for (let round = 0; round < ROUNDS && signal?.aborted !== true; round += 1) {
      const run = { chain, last: last[chain], limit: LIMIT, at: clock.now() }
      const count = await storage.transaction((tx) => tx.ledgerChain.seal(run))
      sealed[chain] += count
      if (count < LIMIT) break
    }
    const head = await storage.read((tx) => tx.ledgerChain.findHead(chain))
    if (head !== null) heads.push(head)
  }
  return { sealed, heads }
}
