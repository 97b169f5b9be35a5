import type { Ids } from '../../spec/index.ts'
import { refuse } from '../input.ts'
import { fromBase64, hmacSha256Base64, randomBytes, toBase64 } from '../node.ts'
import type { OutgoingEndpointId, SealedSecret } from './endpoint.ts'
import type { KeyRing } from './key-ring.ts'

/** The specification asks for 24 to 64 random bytes. */
const SECRET_BYTES = 32
const PREFIX = 'whsec_'

/** A new secret in its text form. */
export function newSecret(): string {
  return PREFIX + toBase64(randomBytes(SECRET_BYTES))
}

/** The bytes of a secret: the base64 behind its prefix. @throws LastroError `invalid_input`. */
export function secretBytes(text: string): Uint8Array {
  const bytes = text.startsWith(PREFIX) ? fromBase64(text.slice(PREFIX.length)) : null
  if (bytes === null || bytes.byteLength < 24 || bytes.byteLength > 64)
    refuse('secret', 'must be whsec_ and the base64 of 24 to 64 bytes')
  return bytes
}

function contextOf(secret: Pick<SealedSecret, 'id' | 'endpointId'>): string {
  return `outgoing_secret:${secret.endpointId}:${secret.id}`
}

/** A secret made ready for the database. */
export function sealSecret(
  parts: { readonly keys: KeyRing; readonly ids: Ids },
  secret: { readonly text: string; readonly endpointId: OutgoingEndpointId; readonly at: Date },
): SealedSecret {
  const place = { id: parts.ids.next('whes'), endpointId: secret.endpointId }
  return {
    ...place,
    createdAt: secret.at,
    notAfter: null,
    ...parts.keys.seal(secret.text, contextOf(place)),
  }
}

/** The same secret under the key that seals now. @throws Error when it does not open. */
export function resealSecret(
  keys: KeyRing,
  secret: SealedSecret,
): Pick<SealedSecret, 'id' | 'keyId' | 'sealed'> {
  const context = contextOf(secret)
  return { id: secret.id, ...keys.seal(keys.open(secret, context), context) }
}

/** True while a secret signs. */
export function isActive(secret: Pick<SealedSecret, 'notAfter'>, at: Date): boolean {
  return secret.notAfter === null || secret.notAfter > at
}

/**
 * The three headers of one attempt by Standard Webhooks 1.0.0, signed with every secret that is active then, newest
 * first. @throws Error when a secret does not open.
 */
export function signedHeaders(
  keys: KeyRing,
  attempt: {
    readonly id: string
    readonly body: string
    readonly at: Date
    readonly secrets: readonly SealedSecret[]
  },
): Readonly<Record<string, string>> {
  const { id, body, at } = attempt
  const timestamp = Math.floor(at.getTime() / 1_000).toString()
  const active = attempt.secrets.filter((secret) => isActive(secret, at))
  if (active.length === 0) throw new Error('the endpoint has no active secret')
  const signatures = active.map((secret) => {
    const key = secretBytes(keys.open(secret, contextOf(secret)))
    return `v1,${hmacSha256Base64(key, `${id}.${timestamp}.${body}`)}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
