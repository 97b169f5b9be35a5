import { isIP } from 'node:net'
import type { HmacHash } from '@lastro/adapter-kit'
import { type Clock, ProviderError, type RawDelivery, reveal, type Secret, secret } from '@lastro/core/spec'
import { z } from 'zod'
import { EVENT_TYPES } from './events.ts'
import { isSafeUrl } from './url.ts'

/**
 * UNCONFIRMED. How Pluggy's opt-in signature is checked. Pluggy's newest pages say that it exists; header, algorithm,
 * encoding and signed bytes are in no public source, so the host states them all. It comes on top of the header secret.
 */
export interface PluggyHmacOptions {
  /** Header that carries the signature. */
  readonly header: string
  /** Every key that is accepted. */
  readonly secrets: readonly (string | Secret)[]
  readonly algorithm: HmacHash
  readonly encoding: 'hex' | 'base64' | 'base64url'
  /** What stands before the signature in the header: `sha256=`. Default nothing. */
  readonly prefix?: string
  /** The bytes that are signed. Default: the body as received. A builder that throws refuses the delivery. */
  readonly payload?: (delivery: RawDelivery) => Uint8Array | string
}

/** How deliveries prove that they come from Pluggy. */
export interface PluggyWebhookOptions {
  /** Name of the header that carries the secret. Free to choose: `x-webhook-secret`. */
  readonly header: string
  /** Every secret that is accepted; the first one is registered. 16 to 256 visible characters each. */
  readonly secrets: readonly (string | Secret)[]
  /**
   * Addresses deliveries may come from. Default: any. Pluggy's addresses are UNCONFIRMED, so none is built in, and the
   * host must trust whoever tells it the caller's address.
   */
  readonly allowedAddresses?: readonly string[]
  readonly hmac?: PluggyHmacOptions
  /** What `register` subscribes to. Default `['all']`: one subscription that receives every event. */
  readonly events?: readonly string[]
}

/** What `pluggy` needs to know. Every unknown option is refused. */
export interface PluggyOptions {
  /** A UUID. A delivery that names another client is refused. */
  readonly clientId: string
  readonly clientSecret: string | Secret
  readonly webhook: PluggyWebhookOptions
  readonly clock: Clock
  /** Default `https://api.pluggy.ai`. `http:` is refused except on loopback. */
  readonly baseUrl?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 30 000. */
  readonly timeoutMs?: number
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>

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
const headerSecret = secretText.refine(
  (value) => /^[\x21-\x2b\x2d-\x7e]{16,256}$/.test(reveal(value)),
  'must be 16 to 256 visible ASCII characters without a comma, so that it reads the same in a header',
)

/** Headers that Pluggy or a proxy sets itself. */
const TAKEN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'user-agent',
])
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header name of letters, digits and "-"')
  .transform((name) => name.toLowerCase())
  .refine((name) => !TAKEN.has(name), 'must be a header that nobody else sets')

const hmac = z.strictObject({
  header: headerName,
  secrets: z.array(secretText).min(1, 'must have at least one secret'),
  algorithm: z.enum(['sha256', 'sha384', 'sha512']),
  encoding: z.enum(['hex', 'base64', 'base64url']),
  prefix: z.string().default(''),
  payload: z
    .custom<(delivery: RawDelivery) => Uint8Array | string>(
      (value) => typeof value === 'function',
      'must be a function',
    )
    .optional(),
})

const SUBSCRIBABLE: ReadonlySet<string> = new Set(['all', ...EVENT_TYPES.map(({ type }) => type)])

const webhook = z.strictObject({
  header: headerName,
  secrets: z.array(headerSecret).min(1, 'must have at least one secret'),
  allowedAddresses: z
    .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
    .default([]),
  hmac: hmac.optional(),
  events: z
    .array(z.string().refine((event) => SUBSCRIBABLE.has(event), 'must be "all" or a documented event'))
    .min(1, 'must have at least one event')
    .default(['all']),
})

const baseUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return isSafeUrl(url) && url.search + url.hash + url.username === ''
}, 'must be an https: URL without query (http: is allowed on loopback only)')

const schema = z.strictObject({
  clientId: z.string().regex(/^[0-9a-fA-F-]{36}$/, 'must be a UUID'),
  clientSecret: secretText,
  webhook,
  clock: z.custom<Clock>(
    (value) => typeof Reflect.get(Object(value), 'now') === 'function',
    'must have now()',
  ),
  baseUrl: baseUrl.default('https://api.pluggy.ai'),
  fetch: z
    .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  timeoutMs: z.int().min(1).max(600_000).default(30_000),
})

/**
 * Checks the options and fills in the defaults.
 * @throws ProviderError `misconfigured`, naming each field and the rule it breaks, and never a value.
 */
export function settingsOf(options: PluggyOptions) {
  const parsed = schema.safeParse(options)
  if (parsed.success) return { ...parsed.data, baseUrl: parsed.data.baseUrl.replace(/\/+$/, '') }
  const rules = parsed.error.issues.map((issue) => {
    const field = issue.path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
    return `options${field}: ${issue.message}`
  })
  throw new ProviderError({ provider: 'pluggy', kind: 'misconfigured', message: rules.join('; ') })
}
