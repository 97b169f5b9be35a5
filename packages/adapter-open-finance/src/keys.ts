import { type Http, readError } from '@lastro/adapter-kit'
import { type Clock, ProviderError } from '@lastro/core/spec'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { PROVIDER } from './status.ts'

/** An unknown key id does not make us ask more often than this: anybody can invent one. */
const COOLDOWN_MS = 30_000

interface Held {
  readonly keys: JWTVerifyGetKey
  readonly readAtMs: number
}

const misshapen = (): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message: 'the JWKS is none.' })

function localKeys(json: unknown): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(json as JSONWebKeySet)
  } catch {
    throw misshapen()
  }
}

/**
 * An institution's signing keys: as given, or read from the Directory, kept for a while, and read again when an answer
 * names a key that is not among them.
 */
export function createKeys(options: {
  readonly jwks: string | JSONWebKeySet
  readonly http: Http
  readonly clock: Clock
  readonly maxAgeMs: number
}): JWTVerifyGetKey {
  const { jwks, http, clock, maxAgeMs } = options
  if (typeof jwks !== 'string') return localKeys(jwks)
  let held: Held | null = null
  let flight: Promise<Held> | null = null

  const read = async (): Promise<Held> => {
    const readAtMs = clock.now().getTime()
    const result = await http({ method: 'GET', url: jwks, headers: { accept: 'application/json' } })
    if (result.kind !== 'answered' || result.status !== 200)
      throw readError({ provider: PROVIDER, subject: 'the JWKS', result, clock })
    held = { keys: localKeys(result.json), readAtMs }
    return held
  }
  const fresh = (): Promise<Held> => {
    flight ??= read().finally(() => {
      flight = null
    })
    return flight
  }
  const ageMs = ({ readAtMs }: Held): number => clock.now().getTime() - readAtMs

  return async (header, token) => {
    const current = held !== null && ageMs(held) < maxAgeMs ? held : await fresh()
    try {
      return await current.keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || ageMs(current) < COOLDOWN_MS) throw error
      return (await fresh()).keys(header, token)
    }
  }
}
