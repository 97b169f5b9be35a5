/** What an address of ours is for. The system wallet sends; deposit addresses are given out, one per intent. */
export type AddressPurpose = 'system' | 'deposit'

/** `free`: waiting to be given out. `assigned`: given out, or retired because money came before it was. */
export type AddressState = 'free' | 'assigned'

/** An address of ours on one network. The key stays with the signer: only its place, the index, is stored. */
export interface OnchainAddress {
  /** The host's name of the chain provider. */
  readonly provider: string
  /** Network id, such as `polygon`. */
  readonly network: string
  readonly address: string
  /** Which key: the argument of the provider's `keyRef`. 0 is the system wallet. */
  readonly index: number
  readonly purpose: AddressPurpose
  readonly state: AddressState
  /** The intent it was given to, such as a trade's id. Null for the system wallet and for retired addresses. */
  readonly owner: string | null
  /** Height that was reached when it was made: deposits are seen from there on. Null: from the first watch on. */
  readonly watchedFrom: bigint | null
  readonly createdAt: Date
  readonly assignedAt: Date | null
}

/** Index of the system wallet's key. */
export const SYSTEM_INDEX = 0
