// The slowest test files first, so that none of them runs alone at the end. Vitest itself knows how long files took
// only where it has run before, and begins with the largest files elsewhere.
import { BaseSequencer, type TestSequencer, type TestSequencerConstructor } from 'vitest/node'

/** Slowest first. A file that is not named here comes after these, as Vitest orders it. */
const SLOWEST = [
  'core/test/reconciliation-drifts.test.ts',
  'scenarios/test/pi-doubt.test.ts',
  'core/test/webhooks-crash.test.ts',
  'storage-postgres/test/onchain-storm.test.ts',
  'core/test/ten-workers.test.ts',
  'adapter-stripe/test/scenario.test.ts',
  'scenarios/test/efi-doubt.test.ts',
  'scripts/snippets.test.ts',
  'core/test/trades.test.ts',
  'core/test/payments-money.test.ts',
]

/** Vitest calls it with `new`, which answers the object that it returns. */
function slowestFirst(context: ConstructorParameters<TestSequencerConstructor>[0]): TestSequencer {
  const base = new BaseSequencer(context)
  const placeOf = (file: string) => {
    const place = SLOWEST.findIndex((name) => file.replaceAll('\\', '/').endsWith(name))
    return place === -1 ? SLOWEST.length : place
  }
  return {
    shard: (files) => base.shard(files),
    sort: async (files) => (await base.sort(files)).sort((a, b) => placeOf(a.moduleId) - placeOf(b.moduleId)),
  }
}

/** The order of the run. */
export const testOrder = slowestFirst as unknown as TestSequencerConstructor
