/**
 * The conformance kit: the rules of every port as cases, for an adapter of your own.
 *
 * A case is data and asks for a world: your adapter, the remote side behind it, faults on demand, and a witness that
 * tells what really happened without asking the adapter. `registerCases` gives each case to your test runner.
 */
export { type Case, type CreateWorld, check, checkThrows, type World } from './case.ts'
export { type ChainFault, type ChainWorld, chainCases, type MinedAt } from './chain.ts'
export { type ContractEventWorld, contractEventCases } from './contract-events.ts'
export type { PaymentFault, PaymentWorld } from './payment-world.ts'
export { paymentCases } from './payments.ts'
export { type PayoutFault, type PayoutWorld, payoutCases } from './payouts.ts'
export { type RatePair, type RatesFault, type RatesWorld, ratesCases } from './rates.ts'
export { type CaseResult, type RegisterTest, registerCases, runCase, runCases } from './run.ts'
export { type SignerWorld, signerCases } from './signer.ts'
export { type StatementWorld, statementCases } from './statements.ts'
export { type Forgery, type WebhookWorld, webhookCases } from './webhooks.ts'
