import { createRequire } from 'node:module'
import { ProviderError } from '@lastro/core/spec'

/** The parts of ethers that this adapter uses: encoding, hashing and curve arithmetic. No ethers provider. */
export interface EthersLibrary {
  readonly address: typeof import('ethers/address')
  readonly crypto: typeof import('ethers/crypto')
  readonly transaction: typeof import('ethers/transaction')
}

let loaded: EthersLibrary | undefined

/**
 * ethers, loaded at first use: it costs more start-up time than all else here together. `require` rather than
 * `import`, since `parseAddress` and `addressOf` must answer at once.
 * @throws ProviderError `misconfigured` when ethers is not installed.
 */
export function ethers(): EthersLibrary {
  if (loaded !== undefined) return loaded
  const require = createRequire(import.meta.url)
  try {
    loaded = {
      address: require('ethers/address'),
      crypto: require('ethers/crypto'),
      transaction: require('ethers/transaction'),
    }
    return loaded
  } catch (cause) {
    const message =
      'the package ethers ^6.17.0 is needed and could not be loaded: install it beside this one.'
    throw new ProviderError({ provider: 'evm', kind: 'misconfigured', message }, { cause })
  }
}
