export { createFaultPlan, type FaultPlan, seededRandom } from '../faults.ts'
export type { EmittedEvent } from './chain.ts'
export {
  createFakeStellar,
  type FakeStellar,
  type StellarCall,
  type StellarFault,
  type StellarFaultTable,
} from './fake.ts'
export { type FakeStellarOptions, TESTNET_PASSPHRASE } from './options.ts'
export { scI128, scSymbol } from './scval.ts'
