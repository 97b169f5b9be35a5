import { ProviderError, type ProviderErrorKind } from '@lastro/core/spec'

interface Options {
  readonly cause: unknown
}

type Trouble = (id: string, message: string, options?: Options) => ProviderError

function trouble(kind: ProviderErrorKind): Trouble {
  return (id: string, message: string, options?: Options) =>
    new ProviderError({ provider: id, kind, message }, options)
}

// `id` is the provider's, such as `evm:polygon`. Messages are for people: no secrets, no bodies, no values of users.

/** It may work later, or at another node. */
export const unavailable: Trouble = trouble('unavailable')
/** The caller asked for something that cannot be. */
export const invalidRequest: Trouble = trouble('invalid_request')
/** The node, or the signer, answered what it must not. */
export const unexpectedAnswer: Trouble = trouble('unexpected_answer')
/** The host's options are wrong. */
export const misconfigured: Trouble = trouble('misconfigured')
