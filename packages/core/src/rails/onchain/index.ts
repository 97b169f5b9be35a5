/** The door of the rail: deposits watched to finality, and transfers that are each sent once. */
export type { AddressPurpose, AddressState, OnchainAddress } from './address.ts'
export { custodyAccount, depositsAccount, networkFeeAccount } from './booking.ts'
export type { DepositListener, OnchainDeps, OnchainWork, TransferListener } from './context.ts'
export { createOnchain, type Onchain } from './create-onchain.ts'
export type { CreateTransfer } from './create-transfer.ts'
export {
  type Deposit,
  type DepositChange,
  type DepositId,
  type DepositState,
  depositMachine,
} from './deposit.ts'
export type { ChainOptions, OnchainOptions } from './options.ts'
export type { OnchainStore, OnchainTx } from './store.ts'
export type { TakeAddress } from './take-address.ts'
export {
  type OnchainTransfer,
  type SignedVersion,
  type TransferChange,
  type TransferFailure,
  type TransferId,
  type TransferKind,
  type TransferState,
  transferMachine,
} from './transfer.ts'
