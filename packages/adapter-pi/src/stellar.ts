import { createRequire } from 'node:module'

/** Keys, transactions and their encoding; none of the SDK's network code. */
export type Stellar = typeof import('@stellar/stellar-sdk/base')

let loaded: Stellar | undefined

/** The Stellar SDK, loaded at first use: it costs a third of a second, and only the app's wallet and chain proofs need it. */
export function stellar(): Stellar {
  loaded ??= createRequire(import.meta.url)('@stellar/stellar-sdk/base') as Stellar
  return loaded
}
