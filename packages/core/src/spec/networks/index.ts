import { EVM_NETWORKS } from './evm.ts'

/** Every network Lastro knows, by id. */
export const NETWORKS = { ...EVM_NETWORKS } as const
