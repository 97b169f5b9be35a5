/** Correct adapters in memory, and for every rule adapters that break just that one: the proof that the kit notices. */
export { chainFlaws, chainReference } from './chain/index.ts'
export type { Flaw } from './flaw.ts'
export { payoutFlaws, payoutReference } from './payouts/index.ts'
export { ratesFlaws, ratesReference } from './rates/index.ts'
export { signerFlaws, signerReference } from './signer/index.ts'
export { webhookFlaws, webhookReference } from './webhooks/index.ts'
