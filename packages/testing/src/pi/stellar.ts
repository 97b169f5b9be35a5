import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'

/** Keys and transactions of the SDK, which the host brings. */
export type Stellar = typeof import('@stellar/stellar-sdk/base')

/** The Stellar SDK, loaded only where a fake Pi is made. */
export function stellar(): Stellar {
  return createRequire(import.meta.url)('@stellar/stellar-sdk/base') as Stellar
}

/** A user's key: the same for one seed of the fake and one uid. */
export function userKey(seed: number, uid: string) {
  const bytes = createHash('sha256').update(`pi user ${seed} ${uid}`).digest()
  return stellar().Keypair.fromRawEd25519Seed(bytes)
}
