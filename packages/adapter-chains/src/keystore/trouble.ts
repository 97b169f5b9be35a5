import { ProviderError } from '@lastro/core/spec'

/** The provider's id, at the beginning of every error message. */
export const KEYSTORE_ID = 'keystore'

/** The keystore is no keystore, or the host's options are wrong. Names the field, and never shows a value. */
export function misconfigured(message: string, options?: { readonly cause: unknown }): ProviderError {
  return new ProviderError({ provider: KEYSTORE_ID, kind: 'misconfigured', message }, options)
}

/** The one error for a wrong passphrase and for a changed keystore: which of them it was cannot be told. */
export function cannotOpen(): ProviderError {
  const message = 'the keystore cannot be opened: the passphrase is wrong, or the keystore was changed.'
  return new ProviderError({ provider: KEYSTORE_ID, kind: 'unauthorized', message })
}

/** The caller asked for a key or a signature that cannot be. */
export function invalidRequest(message: string): ProviderError {
  return new ProviderError({ provider: KEYSTORE_ID, kind: 'invalid_request', message })
}
