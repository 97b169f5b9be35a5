import type { LedgerTx } from '../../books/ledger/index.ts'
import { LastroError } from '../../platform/errors/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { PlatformTx, UnitOfWork } from '../../platform/storage/index.ts'
import type { ChainProvider, Clock, Ids, Signer } from '../../spec/index.ts'
import type { Deposit, DepositChange } from './deposit.ts'
import type { OnchainOptions, ResolvedOptions } from './options.ts'
import type { OnchainTx } from './store.ts'
import type { OnchainTransfer, TransferChange } from './transfer.ts'

/** What a transaction must offer for this rail to work in it. */
export type OnchainWork = PlatformTx & LedgerTx & OnchainTx

/**
 * Told inside the transaction in which a deposit changes: `seen` first, then `orphaned` and `seen` as often as the
 * network reorganises, then `confirmed`, and `lost` only after that. A throw undoes the change, and it comes again.
 */
export type DepositListener<T extends OnchainWork> = (
  tx: T,
  deposit: Deposit,
  change: DepositChange,
) => Promise<void>

/**
 * Told inside the transaction in which a transfer changes: `sent` once, then `confirmed` or `failed` once; `failed`
 * may come without `sent`. A throw undoes the change, and it comes again.
 */
export type TransferListener<T extends OnchainWork> = (
  tx: T,
  transfer: OnchainTransfer,
  change: TransferChange,
) => Promise<void>

/** What the rail needs from its host. */
export interface OnchainDeps<T extends OnchainWork = OnchainWork> {
  readonly storage: UnitOfWork<T>
  /** Chain providers by the host's name of each. */
  readonly chains: Readonly<Record<string, ChainProvider>>
  /** Null: addresses are watched, but none is made and nothing is sent. */
  readonly signer: Signer | null
  readonly clock: Clock
  readonly ids: Ids
  readonly options?: OnchainOptions
  /** Guarded ways to the providers, by the same names; one is made for each that is missing. */
  readonly rails?: Readonly<Record<string, Rail>>
  readonly onDeposit?: DepositListener<T>
  readonly onTransfer?: TransferListener<T>
}

/** What the verbs of this rail work with, but for those that tell listeners: chains are guarded, options complete. */
export interface OnchainParts<T extends OnchainWork = OnchainWork> {
  readonly storage: UnitOfWork<T>
  readonly chains: Readonly<Record<string, ChainProvider>>
  readonly signer: Signer | null
  readonly clock: Clock
  readonly ids: Ids
  readonly options: ResolvedOptions
}

/** The same with the listeners, which take the host's whole transaction. */
export interface OnchainContext<T extends OnchainWork> extends OnchainParts<T> {
  readonly onDeposit: DepositListener<T> | null
  readonly onTransfer: TransferListener<T> | null
}

/**
 * The chain provider of that name.
 * @throws LastroError `provider_missing`.
 */
export function chainOf(context: Pick<OnchainParts, 'chains'>, provider: string): ChainProvider {
  const chain = Object.hasOwn(context.chains, provider) ? context.chains[provider] : undefined
  if (chain === undefined) throw new LastroError('provider_missing', { provider, port: 'chain' })
  return chain
}

/**
 * The signer, where something must be signed.
 * @throws LastroError `provider_missing`.
 */
export function signerOf(context: Pick<OnchainParts, 'signer'>): Signer {
  if (context.signer === null)
    throw new LastroError('provider_missing', { provider: 'signer', port: 'signer' })
  return context.signer
}
