export {
  createFaultPlan,
  type FaultInput,
  type FaultPlan,
  type FaultRates,
  type FaultSpec,
  type FaultTable,
  type InjectedFault,
  type PlainKind,
  seededRandom,
} from '../faults.ts'
export type { EfiAnswer, EfiRequest } from './answers.ts'
export { type CertificatePair, createCertificates, type EfiCertificates } from './certificates.ts'
export { createFakeEfi, type FakeEfi } from './fake.ts'
export type {
  EfiCallFault,
  EfiFaultPlan,
  EfiFaults,
  EfiOperation,
  EfiSendFault,
  EfiWebhookFault,
} from './faults.ts'
export { EFI_BASE_URLS } from './handlers.ts'
export type { ChargeSnapshot, FakeEfiCharges, ReceivedSnapshot } from './helpers.ts'
export {
  type Deliver,
  type DeliverContext,
  EFI_SCOPES,
  type EfiCredentials,
  type EfiOwner,
  type EfiRefusal,
  type FakeEfiOptions,
  type SettlementOutcome,
} from './options.ts'
export type {
  EfiCall,
  EfiRejection,
  Movement,
  Payee,
  ReceivedReturn,
  SentPix,
  SentStatus,
  WebhookConfig,
} from './records.ts'
export type { FollowedClock } from './scheduler.ts'
export type { FakeEfiServer, FakeEfiServerOptions } from './server.ts'
export type { WebhookAttempt, WebhookDelivery } from './webhooks.ts'
