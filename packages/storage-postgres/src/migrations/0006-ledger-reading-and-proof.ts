import type { Migration } from '../sql.ts'
import { chain } from './0006-ledger-chain.ts'
import { limits } from './0006-ledger-limits.ts'
import { reading } from './0006-ledger-reading.ts'

/** Velocity limits, reading at an instant, views, and the chain of digests. */
export const ledgerReading: Migration = {
  number: 6,
  name: 'ledger reading and proof',
  sql: [reading, limits, chain].join('\n'),
}
