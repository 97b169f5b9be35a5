import { isIP } from 'node:net'
import { checkClientCertificate } from '@lastro/adapter-kit'
import { checkPixKey } from '@lastro/br-code'
import { type Clock, ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { z } from 'zod'
import { isSafeUrl } from './url.ts'

/** The certificate Efí issued for this environment: PEM texts, or the PKCS#12 file as it was downloaded. */
export interface EfiCertificate {
  /** PEM, with `key`. */
  readonly cert?: string
  /** PEM, with `cert`. */
  readonly key?: string | Secret
  /** Bytes of the `.p12` file, in place of `cert` and `key`. */
  readonly pfx?: Uint8Array
  /** Of the key or of the `.p12` file; Efí's files have none. */
  readonly passphrase?: string | Secret
  /** PEM of the issuers to trust instead of the system's. For tests. */
  readonly ca?: string
}

/** How webhooks prove that they come from Efí, which signs nothing. */
export type EfiWebhookOptions =
  | {
      /** Efí presents a client certificate, and the host says on the delivery that it chains to Efí's CA. */
      readonly mode: 'mtls'
      /** Common name that the certificate must carry too: `webhook.efipay.com.br`. Default: any under that CA. */
      readonly subject?: string
    }
  | {
      /** A secret in the query of the URL, together with Efí's address. */
      readonly mode: 'hmac'
      /** Every secret that is accepted; the first one is registered. 16 to 128 letters, digits, `-`, `_`. */
      readonly secrets: readonly (string | Secret)[]
      /** Addresses deliveries may come from. Default: Efí's only known one. An empty list skips the check. */
      readonly allowedAddresses?: readonly string[]
    }

/** What `efi` needs to know. Every unknown option is refused. */
export interface EfiOptions {
  /** Decides the host. Credentials and certificates belong to one environment. */
  readonly environment: 'production' | 'homologation'
  readonly clientId: string
  readonly clientSecret: string | Secret
  readonly certificate: EfiCertificate
  /** Our own key at Efí: charges are paid to it and payouts from it. It must have a webhook. */
  readonly pixKey: string
  readonly webhook: EfiWebhookOptions
  /** What `register` registers: `rec` and `cobr` are Pix Automático, with scopes of its own. Default `['pix']`. */
  readonly notifications?: readonly ('pix' | 'rec' | 'cobr')[]
  readonly clock: Clock
  /** Another host than the environment's, for tests. `http:` is refused except on loopback. */
  readonly baseUrl?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 30 000. */
  readonly timeoutMs?: number
  /** Version in the path of a send. Default `v3`, as Efí's own SDK; how `v2` differs is unconfirmed. */
  readonly sendApiVersion?: 'v2' | 'v3'
  /** How long after a send "not found" proves absence. Default 60 000; Efí does not state a bound. */
  readonly conclusiveAfterMs?: number
  /** How long a charge without `expiresAt` can be paid, in seconds. Default 86 400, as in the Central Bank's document. */
  readonly chargeExpirySeconds?: number
  /** Sends the reason of a refund as `descricao`. Default false: whether Efí takes the field is unconfirmed. */
  readonly sendRefundReason?: boolean
  /**
   * Asks for claims of fraud (MED) whenever a paid payment is found. Default false: it needs the scope
   * `gn.infractions.read`, and Efí refuses it in homologation.
   */
  readonly readClaims?: boolean
  /** Unit of a claim's amount where it has no decimal point. Default `cents`; Efí's pages do not say. */
  readonly claimAmountUnit?: 'cents' | 'reais'
  /** Payouts under way at once. Default 1: Efí advises to send one after another. */
  readonly concurrency?: number
  /** Lets CNPJs with letters through. Default false: whether Efí takes them is unconfirmed. */
  readonly alphanumericCnpj?: boolean
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>

/** Hosts from Efí's official SDK. */
const BASE_URLS = {
  production: 'https://pix.api.efipay.com.br',
  homologation: 'https://pix-h.api.efipay.com.br',
} as const

/** Named by Efí's page on webhooks for senders without mutual TLS. */
const EFI_ADDRESSES: readonly string[] = ['34.193.116.226']

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
const urlSecret = secretText.refine(
  (value) => /^[A-Za-z0-9_-]{16,128}$/.test(reveal(value)),
  'must be 16 to 128 letters, digits, "-" or "_", so that it reads the same in a URL',
)
const milliseconds = z.int().min(1).max(86_400_000)

const certificate = z
  .strictObject({
    cert: plainText.optional(),
    key: secretText.optional(),
    pfx: z.instanceof(Uint8Array).optional(),
    passphrase: z.union([z.string(), z.custom<Secret>(isSecret)], 'must be a text or a secret').optional(),
    ca: plainText.optional(),
  })
  .superRefine((given, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
    const isPair = given.cert !== undefined && given.key !== undefined
    if (isPair === (given.pfx !== undefined)) return refuse('must have either cert and key, or pfx')
    const rule = checkClientCertificate(revealCertificate(given))
    if (rule !== null) refuse(rule)
  })

const webhook = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('mtls'), subject: plainText.optional() }),
  z.strictObject({
    mode: z.literal('hmac'),
    secrets: z.array(urlSecret).min(1, 'must have at least one secret'),
    allowedAddresses: z
      .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
      .default([...EFI_ADDRESSES]),
  }),
])

const baseUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return isSafeUrl(url) && url.search + url.hash + url.username === ''
}, 'must be an https: URL without query (http: is allowed on loopback only)')

const schema = z
  .strictObject({
    environment: z.enum(['production', 'homologation']),
    baseUrl: baseUrl.optional(),
    clientId: plainText,
    clientSecret: secretText,
    certificate,
    pixKey: plainText,
    webhook,
    notifications: z
      .array(z.enum(['pix', 'rec', 'cobr']))
      .min(1)
      .default(['pix']),
    clock: z.custom<Clock>(
      (value) => typeof Reflect.get(Object(value), 'now') === 'function',
      'must have now()',
    ),
    fetch: z
      .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
      .optional(),
    timeoutMs: milliseconds.max(600_000).default(30_000),
    sendApiVersion: z.enum(['v2', 'v3']).default('v3'),
    conclusiveAfterMs: milliseconds.default(60_000),
    chargeExpirySeconds: z.int().min(1).max(2_147_483_647).default(86_400),
    sendRefundReason: z.boolean().default(false),
    readClaims: z.boolean().default(false),
    claimAmountUnit: z.enum(['cents', 'reais']).default('cents'),
    concurrency: z.int().min(1).max(1_000).default(1),
    alphanumericCnpj: z.boolean().default(false),
  })
  .superRefine((given, context) => {
    const rule = checkPixKey(given.pixKey, given)
    if (rule !== null) context.addIssue({ code: 'custom', path: ['pixKey'], message: rule })
  })

const open = (value: string | Secret): string => (typeof value === 'string' ? value : reveal(value))

/** The certificate with its secrets opened, for the one place that connects. */
export function revealCertificate(given: z.output<typeof certificate> | Settings['certificate']) {
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
export function settingsOf(options: EfiOptions) {
  const parsed = schema.safeParse(options)
  if (!parsed.success) {
    const rules = parsed.error.issues.map((issue) => {
      const field = issue.path
        .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
        .join('')
      return `options${field}: ${issue.message}`
    })
    throw new ProviderError({ provider: 'efi', kind: 'misconfigured', message: rules.join('; ') })
  }
  const given = parsed.data
  return { ...given, baseUrl: (given.baseUrl ?? BASE_URLS[given.environment]).replace(/\/+$/, '') }
}
