import { isIP } from 'node:net'
import {
  type AssetId,
  type Clock,
  Money,
  ProviderError,
  reveal,
  type Secret,
  secret,
} from '@lastro/core/spec'
import { z } from 'zod'
import { PROVIDER } from './provider.ts'

/** Who may deliver. */
export interface HeleketWebhookOptions {
  /**
   * Addresses deliveries may come from. Default: the one that Heleket documents, `31.133.220.8`. An empty list switches
   * the check off. The host must tell the caller's address, by a proxy that it trusts.
   */
  readonly allowedAddresses?: readonly string[]
}

/** What `heleket` needs to know. Every unknown option is refused. */
export interface HeleketOptions {
  /** The merchant's UUID. */
  readonly merchantId: string
  /** Every payment key that is accepted in webhooks; the first one signs requests. 12 to 512 visible characters. */
  readonly paymentKeys: readonly (string | Secret)[]
  /**
   * The same for payouts, transfers and refunds. Default none: then deliveries of payouts are refused, and payouts cannot
   * be asked for. A key is never of both kinds.
   */
  readonly payoutKeys?: readonly (string | Secret)[]
  readonly webhook?: HeleketWebhookOptions
  /**
   * Assets by Heleket's codes, where the built-in table lacks them: `USDT.arbitrum` (code and network), `JPY` (fiat
   * alone). Checked before the table.
   */
  readonly assets?: Readonly<Record<string, AssetId>>
  readonly clock: Clock
  /** Default `https://api.heleket.com`. `http:` is refused except on loopback. */
  readonly baseUrl?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 30 000. */
  readonly timeoutMs?: number
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>

/** doc.heleket.com, webhooks; Go SDK 0.3.0. */
const SENDER = '31.133.220.8'

const isSecret = (value: unknown): value is Secret => {
  try {
    reveal(value as Secret)
    return true
  } catch {
    return false
  }
}

const apiKey = z
  .union([z.string(), z.custom<Secret>(isSecret)], 'must be a text or a secret')
  .transform((value) => secret(value))
  .refine(
    (value) => /^[\x21-\x7e]{12,512}$/.test(reveal(value)),
    'must be 12 to 512 visible ASCII characters without spaces or line breaks',
  )

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

const baseUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash, username, password } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
  return isSafe && search + hash + username + password === ''
}, 'must be an https: URL without query (http: is allowed on loopback only)')

const assets = z.record(
  z.string().regex(/^[A-Z0-9]{1,20}(\.[a-z0-9_-]{1,20})?$/, 'must be a code and its network: USDT.arbitrum'),
  z.custom<AssetId>(
    (value) => typeof value === 'string' && Money.isAssetId(value),
    'must be an asset id, such as USDT.tron/6',
  ),
)

const schema = z
  .strictObject({
    merchantId: z.string().regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be a UUID'),
    paymentKeys: z.array(apiKey).min(1, 'must have at least one key').max(8, 'must have at most 8 keys'),
    payoutKeys: z.array(apiKey).max(8, 'must have at most 8 keys').default([]),
    webhook: z
      .strictObject({
        allowedAddresses: z
          .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
          .default([SENDER]),
      })
      .default({ allowedAddresses: [SENDER] }),
    assets: assets.default({}),
    clock: z.custom<Clock>(
      (value) => typeof Reflect.get(Object(value), 'now') === 'function',
      'must have now()',
    ),
    baseUrl: baseUrl.default('https://api.heleket.com'),
    fetch: z
      .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
      .optional(),
    timeoutMs: z.int().min(1).max(600_000).default(30_000),
  })
  .superRefine(({ paymentKeys, payoutKeys }, context) => {
    const payment = new Set(paymentKeys.map(reveal))
    payoutKeys.forEach((key, index) => {
      if (payment.has(reveal(key)))
        context.addIssue({
          code: 'custom',
          path: ['payoutKeys', index],
          message: 'must not be a payment key: each kind signs its own',
        })
    })
  })

/**
 * Checks the options and fills in the defaults.
 * @throws ProviderError `misconfigured`, naming each field and the rule it breaks, and never a value.
 */
export function settingsOf(options: HeleketOptions) {
  const parsed = schema.safeParse(options)
  if (parsed.success) return { ...parsed.data, baseUrl: parsed.data.baseUrl.replace(/\/+$/, '') }
  const rules = parsed.error.issues.map(({ path, message }) => {
    const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
    return `options${field}: ${message}`
  })
  throw new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message: rules.join('; ') })
}
