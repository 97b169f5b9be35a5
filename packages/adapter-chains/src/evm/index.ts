export { type EvmProvider, evm } from './evm.ts'
export type { FeePolicy } from './fee-policy.ts'
export type { RangeQuery } from './history.ts'
export type { EvmNetworkId, EvmOptions } from './options.ts'
