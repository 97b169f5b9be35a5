/** Certificates for mutual TLS, made at run time: no private key lies in the repository. */
import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { pki } from 'node-forge'

/** A certificate and its private key, both in PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** All parties of a conversation with Efí. */
export interface EfiCertificates {
  /** The CA that signed all but `foreign`, in PEM. Both sides trust it. */
  readonly ca: string
  /** For `localhost`, 127.0.0.1 and ::1. A host's own webhook server may use it too. */
  readonly server: CertificatePair
  /** What an application presents to Efí. */
  readonly client: CertificatePair
  /** What Efí presents to the host: its common name is `webhook.efipay.com.br`. */
  readonly webhook: CertificatePair
  /** A client certificate that another CA signed: whoever takes it does not check. */
  readonly foreign: CertificatePair & { readonly ca: string }
}

type Forge = typeof import('node-forge')

interface Party {
  readonly subject: string
  readonly key: string
  readonly publicKey: string
}

interface Signed {
  readonly party: Party
  readonly issuer: Party
  readonly extensions: readonly object[]
}

const AUTHORITY = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
]
const CLIENT = [{ name: 'extKeyUsage', clientAuth: true }]
const SERVER = [
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'subjectAltName',
    altNames: [
      { type: 2, value: 'localhost' },
      { type: 7, ip: '127.0.0.1' },
      { type: 7, ip: '::1' },
    ],
  },
]

/**
 * Makes a CA, a server certificate, two client certificates, and a client certificate of another CA.
 * Takes about a second. They are valid from yesterday for two days: make new ones for each run.
 */
export async function createCertificates(): Promise<EfiCertificates> {
  const loaded = await import('node-forge')
  const forge: Forge = 'default' in loaded ? (loaded.default as Forge) : loaded
  const [ca, server, client, webhook, stranger, strangeCa] = await Promise.all(
    [
      'Fake Efi Root CA',
      'localhost',
      'application',
      'webhook.efipay.com.br',
      'stranger',
      'Another Root CA',
    ].map(party),
  )
  if (!ca || !server || !client || !webhook || !stranger || !strangeCa) throw new Error('No keys were made.')
  const pair = (
    who: Party,
    { issuer = ca, extensions = CLIENT }: { issuer?: Party; extensions?: object[] } = {},
  ) => ({
    cert: sign(forge, { party: who, issuer, extensions }),
    key: who.key,
  })
  return {
    ca: sign(forge, { party: ca, issuer: ca, extensions: AUTHORITY }),
    server: pair(server, { extensions: SERVER }),
    client: pair(client),
    webhook: pair(webhook),
    foreign: {
      ...pair(stranger, { issuer: strangeCa }),
      ca: sign(forge, { party: strangeCa, issuer: strangeCa, extensions: AUTHORITY }),
    },
  }
}

async function party(subject: string): Promise<Party> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { subject, key: privateKey, publicKey }
}

function sign({ md, pki }: Forge, { party, issuer, extensions }: Signed): string {
  const certificate: pki.Certificate = pki.createCertificate()
  certificate.publicKey = pki.publicKeyFromPem(party.publicKey)
  // The first byte is fixed: DER refuses a negative number and a needless zero alike.
  certificate.serialNumber = `01${randomBytes(8).toString('hex')}`
  const now = Date.now()
  certificate.validity.notBefore = new Date(now - DAY_MS)
  certificate.validity.notAfter = new Date(now + 2 * DAY_MS)
  certificate.setSubject([{ name: 'commonName', value: party.subject }])
  certificate.setIssuer([{ name: 'commonName', value: issuer.subject }])
  certificate.setExtensions([...extensions])
  certificate.sign(pki.privateKeyFromPem(issuer.key), md.sha256.create())
  return pki.certificateToPem(certificate)
}

/** TLS judges by the system's clock, whatever clock the fake was given. */
const DAY_MS = 86_400_000
