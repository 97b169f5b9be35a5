import { createPrivateKey, type KeyObject } from 'node:crypto'
import { checkClientCertificate } from '@lastro/adapter-kit'
import { type Clock, ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { PROVIDER } from './status.ts'

/** Our transport certificate (BRCAC): PEM texts, or a PKCS#12 file. */
export interface OpenFinanceCertificate {
  /** PEM, with `key`. */
  readonly cert?: string
  /** PEM, with `cert`. */
  readonly key?: string | Secret
  /** Bytes of a `.p12` file, in place of `cert` and `key`. */
  readonly pfx?: Uint8Array
  readonly passphrase?: string | Secret
  /** PEM of the issuers to trust instead of the system's: ICP-Brasil, where the system lacks it. */
  readonly ca?: string
}

/** How we prove ourselves at token endpoints, as it was registered there. */
export type OpenFinanceClientAuthentication =
  /** A JWT signed with PS256. `key` is PKCS#8 PEM of an RSA key of 2048 bits at least, `keyId` its `kid` in our JWKS. */
  | { readonly method: 'private_key_jwt'; readonly key: string | Secret; readonly keyId: string }
  | { readonly method: 'tls_client_auth' }

/** An account holder that may notify us and is asked afterwards: one authorisation server of its Directory entry. */
export interface OpenFinanceInstitution {
  /** The organisation's UUID in the Directory. Several authorisation servers may belong to one organisation. */
  readonly organisationId: string
  /** What dynamic registration at this authorisation server gave. */
  readonly clientId: string
  /** Up to and with `/open-banking`: `https://api.bank.example/open-banking`. */
  readonly baseUrl: string
  /** The mTLS alias of its token endpoint. */
  readonly tokenEndpoint: string
  /** `aud` of our assertion. Default the token endpoint; UNCONFIRMED, some servers want their issuer. */
  readonly assertionAudience?: string
  /** Keys by which it signs answers: its JWKS in the Directory, by address or as it is. */
  readonly jwks: string | JSONWebKeySet
  /** Software statements whose certificates may notify us. Default: any of the organisation. */
  readonly softwareStatementIds?: readonly string[]
  /** Scope for reading enrolments. Default `payments`; from 2.2 on `recurring-payments` or both, as registered. */
  readonly enrollmentScope?: 'payments' | 'recurring-payments' | 'payments recurring-payments'
}

/** What `openFinance` needs to know. Every unknown option is refused. */
export interface OpenFinanceOptions {
  /** Our own organisation's UUID in the Directory: signed answers must be for us. */
  readonly organisationId: string
  readonly certificate: OpenFinanceCertificate
  readonly clientAuthentication: OpenFinanceClientAuthentication
  readonly institutions: readonly OpenFinanceInstitution[]
  readonly clock: Clock
  /** Random UUIDs (version 4), for interaction ids and assertions: `() => crypto.randomUUID()`. */
  readonly randomUuid: () => string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 30 000. */
  readonly timeoutMs?: number
  /** How far `iat` of a signed answer may be from our clock. Default 60 000, as the security profile says. */
  readonly clockToleranceMs?: number
  /** How long a JWKS is used before it is read again. Default 600 000. An unknown key is looked for at once. */
  readonly jwksMaxAgeMs?: number
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>
/** One institution, checked. */
export type Institution = Settings['institutions'][number]

const isSecret = (value: unknown): value is Secret => {
  try {
    reveal(value as Secret)
    return true
  } catch {
    return false
  }
}

const plainText = z.string().min(1, 'must not be empty')
const secretText = z
  .union([plainText, z.custom<Secret>(isSecret)], 'must be a text or a secret')
  .transform((value) => secret(value))
const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID')
  .transform((text) => text.toLowerCase())
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const safeUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, search, hash } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
  return isSafe && username + search + hash === ''
}, 'must be an https: URL without query (http: is allowed on loopback only)')

const open = (value: string | Secret): string => (typeof value === 'string' ? value : reveal(value))

const certificate = z
  .strictObject({
    cert: plainText.optional(),
    key: secretText.optional(),
    pfx: z.instanceof(Uint8Array).optional(),
    passphrase: secretText.optional(),
    ca: plainText.optional(),
  })
  .superRefine((given, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
    const isPair = given.cert !== undefined && given.key !== undefined
    if (isPair === (given.pfx !== undefined)) return refuse('must have either cert and key, or pfx')
    const rule = checkClientCertificate(revealCertificate(given))
    if (rule !== null) refuse(rule)
  })

function readKey(pem: Secret): KeyObject | null {
  try {
    const key = createPrivateKey(reveal(pem))
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= 2_048 ? key : null
  } catch {
    return null
  }
}

const signingKey = secretText.transform((pem, context) => {
  const key = readKey(pem)
  if (key !== null) return key
  context.addIssue({ code: 'custom', message: 'must be PEM of an RSA private key of 2048 bits at least' })
  return z.NEVER
})

const clientAuthentication = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('private_key_jwt'), key: signingKey, keyId: plainText }),
  z.strictObject({ method: z.literal('tls_client_auth') }),
])

function isJwks(value: unknown): boolean {
  try {
    createLocalJWKSet(value as JSONWebKeySet)
    return true
  } catch {
    return false
  }
}

const institution = z.strictObject({
  organisationId: uuid,
  clientId: plainText,
  baseUrl: safeUrl.transform((text) => text.replace(/\/+$/, '')),
  tokenEndpoint: safeUrl,
  assertionAudience: plainText.optional(),
  jwks: z.union(
    [safeUrl, z.custom<JSONWebKeySet>(isJwks, 'must have keys')],
    'must be an https: URL or a JWKS',
  ),
  softwareStatementIds: z.array(plainText).min(1, 'must not be empty').optional(),
  enrollmentScope: z
    .enum(['payments', 'recurring-payments', 'payments recurring-payments'])
    .default('payments'),
})

const milliseconds = z.int().min(1).max(86_400_000)

const schema = z.strictObject({
  organisationId: uuid,
  certificate,
  clientAuthentication,
  institutions: z.array(institution).min(1, 'must have at least one institution'),
  clock: z.custom<Clock>(
    (value) => typeof Reflect.get(Object(value), 'now') === 'function',
    'must have now()',
  ),
  randomUuid: z.custom<() => string>((value) => typeof value === 'function', 'must be a function'),
  fetch: z
    .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  timeoutMs: milliseconds.max(600_000).default(30_000),
  clockToleranceMs: milliseconds.max(600_000).default(60_000),
  jwksMaxAgeMs: milliseconds.default(600_000),
})

/** The certificate with its secrets opened, for the one place that connects. */
export function revealCertificate(given: z.output<typeof certificate>) {
  const { cert, key, pfx, passphrase, ca } = given
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: open(key) }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase: open(passphrase) }),
    ...(ca === undefined ? {} : { ca }),
  }
}

/**
 * Checks the options and fills in the defaults.
 * @throws ProviderError `misconfigured`, naming each field and the rule it breaks, and never a value.
 */
export function settingsOf(options: OpenFinanceOptions) {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const rules = parsed.error.issues.map((issue) => {
    const field = issue.path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
    return `options${field}: ${issue.message}`
  })
  throw new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message: rules.join('; ') })
}
