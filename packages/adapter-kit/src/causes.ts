/** A transport error with nothing but its code: no request, no answer, no address of a page. */
export interface TransportError extends Error {
  /** As Node or undici names it: `ECONNREFUSED`, `UND_ERR_SOCKET`, `TimeoutError`. */
  readonly code: string
}

/**
 * Raised by Node before a connection carries data: the system refused the connection, or the name has no address.
 * `UND_ERR_CONNECT_TIMEOUT` is undici giving up before the connection (TLS included) was ready; it writes nothing
 * until then.
 */
const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** These can strike an open connection too, so they count only when the system call that failed is `connect`. */
const NO_CONNECTION_WHEN_CONNECTING: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
])

/**
 * Our own refusal of the server's certificate. Node raises these during the handshake and undici writes the request
 * only after it. A server that refuses *our* certificate is not here: under TLS 1.3 its alert may come after the
 * request was written. List: Node's documentation of TLS, "X509 certificate error codes".
 */
const CERTIFICATE_REFUSED: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

const MAX_DEPTH = 8

interface Facts {
  readonly name: string
  readonly code: string | null
  readonly syscall: string | null
  readonly cause: unknown
  readonly errors: readonly unknown[]
}

function factsOf(error: unknown): Facts {
  const value = typeof error === 'object' && error !== null ? error : {}
  const text = (key: string): string | null => {
    const found: unknown = Reflect.get(value, key)
    return typeof found === 'string' ? found : null
  }
  const errors: unknown = Reflect.get(value, 'errors')
  return {
    name: text('name') ?? 'Error',
    code: text('code'),
    syscall: text('syscall'),
    cause: Reflect.get(value, 'cause'),
    errors: Array.isArray(errors) ? errors : [],
  }
}

/** The error and its causes, outermost first, to a fixed depth. */
function chain(error: unknown): readonly Facts[] {
  const found: Facts[] = []
  let current = error
  while (current !== undefined && current !== null && found.length < MAX_DEPTH) {
    const facts = factsOf(current)
    found.push(facts)
    current = facts.cause
  }
  return found
}

function isUnsent(facts: Facts): boolean {
  // Several addresses were tried at once: each must prove it.
  if (facts.errors.length > 0) return facts.errors.every(provesUnsent)
  if (facts.code === null) return false
  if (NO_CONNECTION.has(facts.code) || CERTIFICATE_REFUSED.has(facts.code)) return true
  return NO_CONNECTION_WHEN_CONNECTING.has(facts.code) && facts.syscall === 'connect'
}

/** True only when the error proves that no byte of the request was written. The list is closed: doubt is false. */
export function provesUnsent(error: unknown): boolean {
  const coded = chain(error).find((facts) => facts.code !== null || facts.errors.length > 0)
  return coded !== undefined && isUnsent(coded)
}

/** True when we refused the server's certificate: a matter of configuration, not of luck. */
export function isCertificateRefused(error: unknown): boolean {
  return chain(error).some((facts) => facts.code !== null && CERTIFICATE_REFUSED.has(facts.code))
}

function codeOf(error: unknown): string {
  const facts = chain(error)
  const coded = facts.find((entry) => entry.code !== null && /^[A-Z][A-Z0-9_]{2,60}$/.test(entry.code))
  const named = facts.find((entry) => entry.name === 'TimeoutError' || entry.name === 'AbortError')
  return coded?.code ?? named?.name ?? 'unexplained'
}

/**
 * The error reduced to its code. Whole errors are never passed on: ky's carry the request with its credentials, and
 * undici's parser error carries bytes of the answer.
 */
export function transportError(error: unknown): TransportError {
  const code = codeOf(error)
  return Object.assign(new Error(`The call failed: ${code}.`), { code })
}
