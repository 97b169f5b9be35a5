export { createFaultPlan, type FaultPlan, seededRandom } from '../faults.ts'
export type { StripeAnswer, StripeRequest } from './answers.ts'
export type { PayerOutcome } from './browser.ts'
export type { DisputeInput } from './disputes.ts'
export { createFakeStripe, type FakeStripe } from './fake.ts'
export type {
  StripeCallFault,
  StripeFaultPlan,
  StripeFaults,
  StripeOperation,
  StripeWebhookFault,
} from './faults.ts'
export {
  type DeliverStripe,
  type FakeStripeEndpoint,
  type FakeStripeOptions,
  STRIPE_API_URL,
  STRIPE_VERSION,
} from './options.ts'
export { type StripeDelivery, type StripeWebhookAttempt, signStripeWebhook } from './outbox.ts'
export type {
  StripeCall,
  StripeCharge,
  StripeDispute,
  StripeEvent,
  StripeIntent,
  StripeObject,
  StripeRefund,
  StripeSession,
  StripeTransaction,
  StripeWarning,
} from './records.ts'
