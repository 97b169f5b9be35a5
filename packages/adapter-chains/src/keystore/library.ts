import { createRequire } from 'node:module'
import { misconfigured } from './trouble.ts'

type Wallets = typeof import('ethers/wallet')

let loaded: Wallets | undefined

/**
 * The wallet part of ethers (BIP-39 and BIP-32), loaded at first use since it takes a tenth of a second.
 * @throws ProviderError `misconfigured` when ethers is not installed.
 */
export function wallets(): Wallets {
  try {
    loaded ??= createRequire(import.meta.url)('ethers/wallet') as Wallets
    return loaded
  } catch (cause) {
    const message =
      'the package ethers ^6.17.0 is needed and could not be loaded: install it beside this one.'
    throw misconfigured(message, { cause })
  }
}
