import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

/** An issuer, and the certificates it can make. Elliptic-curve keys, so that a suite makes them in milliseconds. */
export interface TestAuthority extends TestCertificate {
  issue(options: { readonly name: string; readonly addresses?: readonly string[] }): TestCertificate
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length
  const head = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const octets = (body: Uint8Array): Buffer => der(0x04, body)
const time = (text: string): Buffer => der(0x18, Buffer.from(text))

const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'))
const COMMON_NAME = hex('0603550403')
const BASIC_CONSTRAINTS = hex('0603551d13')
const ALT_NAME = hex('0603551d11')

const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))))

const pem = (body: Buffer): string => {
  const lines = body.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

let serial = 0

function makeCertificate(options: {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly extensions: readonly Buffer[]
}): string {
  serial += 1
  const body = sequence(
    der(0xa0, hex('020102')),
    der(0x02, Buffer.from([serial])),
    ECDSA_SHA256,
    nameOf(options.issuer),
    sequence(time('20200101000000Z'), time('20990101000000Z')),
    nameOf(options.subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...options.extensions)),
  )
  const signature = sign('sha256', body, options.signingKey)
  return pem(sequence(body, ECDSA_SHA256, der(0x03, hex('00'), signature)))
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Makes an issuer. Addresses of the certificates it issues are IPv4, as tests serve on 127.0.0.1. */
export function createAuthority(name: string): TestAuthority {
  const signingKey = newKey()
  const isIssuer = sequence(BASIC_CONSTRAINTS, hex('0101ff'), octets(sequence(hex('0101ff'))))
  const own = makeCertificate({
    issuer: name,
    subject: name,
    publicKey: createPublicKey(signingKey),
    signingKey,
    extensions: [isIssuer],
  })
  return {
    cert: own,
    key: keyPem(signingKey),
    issue({ name: subject, addresses = [] }) {
      const key = createPrivateKey(keyPem(newKey()))
      const bytes = addresses.map((address) =>
        Buffer.from(address.split('.').map((part) => Number.parseInt(part, 10))),
      )
      const isLeaf = sequence(BASIC_CONSTRAINTS, octets(sequence()))
      const alternative = sequence(ALT_NAME, octets(sequence(...bytes.map((address) => der(0x87, address)))))
      const extensions = addresses.length === 0 ? [isLeaf] : [isLeaf, alternative]
      const cert = makeCertificate({
        issuer: name,
        subject,
        publicKey: createPublicKey(key),
        signingKey,
        extensions,
      })
      return { cert, key: keyPem(key) }
    },
  }
}
