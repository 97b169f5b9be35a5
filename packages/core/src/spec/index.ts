export type { ChainAssetRow } from './assets/tokens.ts'
export { ASSETS, assetRow } from './assets/tokens.ts'
export { isProviderError, ProviderError, type ProviderErrorKind } from './errors.ts'
export type { Clock, Id, Ids } from './ids.ts'
export { type AssetId, Money, type MoneyJson, type Rounding } from './money.ts'
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
export type {
  ContractEvent,
  ContractEventFilter,
  ContractEventPage,
  ContractEventRange,
  ContractEventSource,
} from './ports/contract-events.ts'
export type {
  CreatePayment,
  DueTerms,
  Payer,
  PaymentAction,
  PaymentFacts,
  PaymentMethod,
  PaymentProvider,
  PaymentRef,
  ProviderDispute,
  ProviderPayment,
  ProviderPaymentState,
  ProviderReceipt,
  ProviderRefund,
  RefundPayment,
} from './ports/payments.ts'
export type { Destination, PayoutProvider, ProviderPayout, SubmitPayout } from './ports/payouts.ts'
export type { Probe, ProbeResult } from './ports/probe.ts'
export type { ObservedRate, RateSource } from './ports/rates.ts'
export type { SendFailure, SendRequest, SendResult, WebhookSender } from './ports/sender.ts'
export type { Curve, KeyRef, Signer } from './ports/signer.ts'
export type { StatementEntry, StatementSource } from './ports/statements.ts'
export type {
  DeliveryFacts,
  EventTypeRow,
  ProviderEvent,
  ProviderObject,
  RawDelivery,
  RejectReason,
  StoredDelivery,
  Verdict,
  WebhookSource,
} from './ports/webhooks.ts'
export { defineProvider, type Filling, type Ports, type Provider, type Providers } from './provider.ts'
export { Rate } from './rate.ts'
export { reveal, type Secret, secret } from './secret.ts'
