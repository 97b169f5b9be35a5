export {
  type DecodedContractEvent,
  decodeContractEvent,
  type MuxedId,
  type PlainValue,
  type TokenEvent,
} from './decode.ts'
export type { StellarNetwork, StellarNetworkId, StellarOptions } from './options.ts'
export { type StellarProvider, stellar } from './stellar.ts'
