import { createSecureContext } from 'node:tls'
import { Agent, type Dispatcher } from 'undici'

/** A client certificate, as PEM texts or as PKCS#12 bytes. */
export interface ClientCertificate {
  readonly cert?: string
  readonly key?: string
  readonly pfx?: Uint8Array
  readonly passphrase?: string
  /** Replaces the system's list of trusted issuers. */
  readonly ca?: string
}

const CONNECT_TIMEOUT_MS = 10_000

function contextOf(certificate: ClientCertificate): Record<string, string | Buffer> {
  const { cert, key, pfx, passphrase, ca } = certificate
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ca === undefined ? {} : { ca }),
  }
}

/**
 * The rule a certificate breaks, or null when Node can use it. Nothing of the certificate is in the text.
 *
 * Old PKCS#12 files use ciphers that OpenSSL 3 has switched off; those must be converted to PEM.
 */
export function checkClientCertificate(certificate: ClientCertificate): string | null {
  try {
    createSecureContext({ ...contextOf(certificate), minVersion: 'TLSv1.2' })
    return null
  } catch (error) {
    const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
    if (code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION' && certificate.pfx !== undefined) {
      return 'cannot be read: it uses old ciphers; convert it with "openssl pkcs12 -legacy -nodes" and give PEM texts'
    }
    return `cannot be read (${typeof code === 'string' ? code : 'no code'}): expected a certificate and its own key`
  }
}

/**
 * Connections that present a client certificate, for `createHttp`.
 *
 * undici 7 on purpose: the Agent of undici 8 fails under the `fetch` of Node 22 and 24. Requests are not pipelined, so
 * a connection that dies leaves exactly one request in doubt.
 */
export function mtlsDispatcher(
  certificate: ClientCertificate,
  options?: { connectTimeoutMs?: number },
): Dispatcher {
  return new Agent({
    pipelining: 1,
    connect: {
      ...contextOf(certificate),
      minVersion: 'TLSv1.2',
      timeout: options?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    },
  })
}
