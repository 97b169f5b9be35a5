/** The same on PGlite, which is one connection in this process, without a flush to disk. */

import { openPglite } from '@lastro/testing/storage'
import { createLedger, tryBook } from '../../packages/core/src/books/ledger/index.ts'
import { drive, type Load, type Measured, type PostOne, transferSource } from './load.ts'
import { openBenchAccounts } from './server.ts'

/** What one load came to. */
export interface EmbeddedResult extends Measured {
  readonly path: 'group' | 'single'
  readonly accounts: Load['accounts']
  readonly concurrency: number
}

/** Runs a few loads on one embedded database; answers what `verify` finds too. */
export async function measureEmbedded(
  ms: number,
): Promise<{ readonly results: readonly EmbeddedResult[]; readonly breaches: readonly string[] }> {
  const database = await openPglite()
  const { storage } = database
  await openBenchAccounts(storage)
  const clock = { now: () => new Date() }
  const ledger = createLedger({ storage, clock })
  const paths: Record<EmbeddedResult['path'], PostOne> = {
    group: async (transfer) => (await ledger.post([transfer]))[0] as never,
    single: async (transfer) =>
      (await storage.read((tx) => tryBook(tx, { transfers: [transfer], at: clock.now() })))[0] as never,
  }
  const results: EmbeddedResult[] = []
  const loads = [
    ['single', 1, 'uniform'],
    ['single', 64, 'hot'],
    ['group', 1, 'uniform'],
    ['group', 64, 'hot'],
    ['group', 1024, 'uniform'],
    ['group', 1024, 'hot'],
  ] as const
  for (const [path, concurrency, accounts] of loads) {
    const load = { run: `e${results.length}`, concurrency, accounts }
    const source = transferSource(load)
    await drive(paths[path], { load, source, ms: ms / 4 })
    results.push({ path, accounts, concurrency, ...(await drive(paths[path], { load, source, ms })) })
  }
  const breaches = (await ledger.verify()).map(({ rule, subject, detail }) => `${rule} ${subject}: ${detail}`)
  await database.close()
  return { results, breaches }
}
