import * as money from './money.ts'
import * as rate from './rate.ts'

export type { ChainAssetRow } from './assets/tokens.ts'
export { ASSETS, assetRow } from './assets/tokens.ts'
export { isProviderError, ProviderError, type ProviderErrorKind } from './errors.ts'
export type { Clock, Id, Ids } from './ids.ts'
export type { AssetId, MoneyJson, Rounding } from './money.ts'
export { NETWORKS } from './networks/index.ts'
export type { Finality, Network } from './networks/network.ts'
export { accepted, type DeclineReason, declined, type Outcome, unknown } from './outcome.ts'
export type {
  AddressRule,
  BlockRef,
  BuildTransfer,
  ChainDeposit,
  ChainHead,
  ChainMovement,
  ChainProvider,
  NetworkFee,
  ParsedAddress,
  SignedTransfer,
  TransactionStatus,
} from './ports/chain.ts'
export type { Destination, PayoutProvider, ProviderPayout, SubmitPayout } from './ports/payouts.ts'
export type { Probe, ProbeResult } from './ports/probe.ts'
export type { ObservedRate, RateSource } from './ports/rates.ts'
export type { Curve, KeyRef, Signer } from './ports/signer.ts'
export type { ProviderEvent, RawDelivery, RejectReason, Verdict, WebhookSource } from './ports/webhooks.ts'
export { defineProvider, type Filling, type Ports, type Provider, type Providers } from './provider.ts'
export { reveal, type Secret, secret } from './secret.ts'

/** Whole units with their scale: the type of an amount, and the functions on it. */
export const Money: typeof money = money
/** A whole number of an asset's smallest unit. Plain data: safe to compare, store and log. */
export type Money<A extends money.AssetId = money.AssetId> = money.Money<A>

/** Exchange rates as exact ratios: the type of a rate, and the functions on it. */
export const Rate: typeof rate = rate
/** Units of the quote asset for one whole unit of the base asset, exactly. */
export type Rate<
  B extends money.AssetId = money.AssetId,
  Q extends money.AssetId = money.AssetId,
> = rate.Rate<B, Q>
