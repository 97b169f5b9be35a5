import { hash } from 'node:crypto'
import { reveal, type Secret } from '@lastro/core/spec'

const toBuffer = (body: Uint8Array | string): Buffer =>
  typeof body === 'string'
    ? Buffer.from(body, 'utf8')
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

/**
 * Heleket's signature of a body, of requests and webhooks alike: `md5(base64(body) + key)`, in lower-case hexadecimal. No
 * body signs as the empty text. Weak (MD5, no time in it), so a signature alone moves no money here.
 * Source: doc.heleket.com, request format; Go SDK 0.3.0.
 */
export function signatureOf(body: Uint8Array | string, key: Secret): string {
  return hash('md5', toBuffer(body).toString('base64') + reveal(key), 'hex')
}
