import { createRequire } from 'node:module'
import { ProviderError } from '@lastro/core/spec'

/** The part of the Stellar SDK that encodes and decodes; none of its network code. */
export type StellarLibrary = typeof import('@stellar/stellar-sdk/base')

let loaded: StellarLibrary | undefined

/**
 * The Stellar SDK, loaded at first use: it costs a third of a second, and only decoding needs it.
 * @throws ProviderError `misconfigured` when it is not installed.
 */
export function stellarLibrary(): StellarLibrary {
  if (loaded !== undefined) return loaded
  try {
    loaded = createRequire(import.meta.url)('@stellar/stellar-sdk/base') as StellarLibrary
    return loaded
  } catch (cause) {
    const message =
      'the package @stellar/stellar-sdk ^17.2.0 is needed and could not be loaded: install it beside this one.'
    throw new ProviderError({ provider: 'stellar', kind: 'misconfigured', message }, { cause })
  }
}
