import { type AssetId, type Clock, ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { z } from 'zod'
import { assetOf } from './amounts.ts'
import { PROVIDER } from './provider.ts'

/** How webhooks prove that they come from Stripe, and what they carry. */
export interface StripeWebhookOptions {
  /**
   * Every signing secret that is accepted: while one is rolled, the old and the new. The whole text, `whsec_…`
   * included.
   */
  readonly secrets: readonly (string | Secret)[]
  /** The mode that events must be of. Others are rejected as `foreign`: each mode has its own endpoint and secret. */
  readonly livemode: boolean
  /** How far the time in a signature may be from the time of arrival, either way. Default 300, as Stripe's. */
  readonly toleranceSeconds?: number
  /** What the endpoint was created for. Thin events tell nothing by themselves and need `apiKey`. Default `snapshot`. */
  readonly payload?: 'snapshot' | 'thin' | 'both'
}

/** How money is taken. */
export interface StripePaymentOptions {
  /** Codes of ISO 4217, such as `['BRL', 'USD']`: what the account may charge in. Each is one asset, `BRL/2`. */
  readonly currencies: readonly string[]
  /** `hosted`: a page of Stripe's, to which the payer is sent. `embedded`: the same inside your own. Default `hosted`. */
  readonly checkoutPage?: 'hosted' | 'embedded'
  /** What a Checkout page calls the thing that is paid, where a payment has no description. Default `Payment`. */
  readonly itemName?: string
  /**
   * Types of payment methods that the own form (`card`) may offer, by Stripe's names. `automatic`: those that the
   * account has switched on, of which some are paid days later. Default `['card']`.
   */
  readonly cardFormTypes?: readonly string[] | 'automatic'
  /** True where the account may capture one authorization several times. Default false. */
  readonly multicapture?: boolean
  /**
   * How long after an attempt a list without the payment proves that there is none. Stripe states no such time. Default
   * 120 000, at least 30 000, at most 3 600 000.
   */
  readonly conclusiveAfterMs?: number
}

/** What `stripe` needs to know. Every unknown option is refused. */
export interface StripeOptions {
  /** A secret or restricted key of the same mode, with which Stripe is asked. Without it nothing is looked up. */
  readonly apiKey?: string | Secret
  readonly webhook: StripeWebhookOptions
  /** With it, and with `apiKey`, money is taken and statements are read. */
  readonly payments?: StripePaymentOptions
  readonly clock: Clock
  /** Connect: the account whose events and objects these are. Events of other accounts are `foreign`. Default: own. */
  readonly account?: string
  /** Another address of the API, for tests. `http:` is refused except on loopback. */
  readonly baseUrl?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 30 000. */
  readonly timeoutMs?: number
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>

/** The settings of who takes money. */
export type PaymentSettings = Settings & {
  readonly apiKey: Secret
  readonly payments: NonNullable<Settings['payments']>
}

const isSecret = (value: unknown): value is Secret => {
  try {
    reveal(value as Secret)
    return true
  } catch {
    return false
  }
}

const secretText = z
  .union([z.string(), z.custom<Secret>(isSecret)], 'must be a text or a secret')
  .transform((value) => secret(value))

/** A blank or cut secret would be a key that anybody can guess; one with a line break never matches. */
const signingSecret = secretText.refine(
  (value) => /^\S{16,255}$/.test(reveal(value)),
  'must be 16 to 255 characters without spaces or line breaks, such as whsec_…',
)

const apiKey = secretText.refine(
  (value) => /^(sk|rk)_(org_)?(test|live)_\w{1,200}$/.test(reveal(value)),
  'must be a secret (sk_…) or restricted (rk_…) key of test or live mode',
)

const webhook = z.strictObject({
  secrets: z
    .array(signingSecret)
    .min(1, 'must have at least one secret')
    .max(8, 'must have at most 8 secrets'),
  livemode: z.boolean(),
  toleranceSeconds: z
    .int()
    .min(1, 'must be at least 1: the age check cannot be switched off')
    .max(3_600)
    .default(300),
  payload: z.enum(['snapshot', 'thin', 'both']).default('snapshot'),
})

const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'must be a code of ISO 4217, such as BRL')
  .transform((code) => assetOf(code) as AssetId)

const payments = z
  .strictObject({
    currencies: z.array(currency).min(1, 'must have at least one currency').max(200),
    checkoutPage: z.enum(['hosted', 'embedded']).default('hosted'),
    itemName: z.string().trim().min(1, 'must not be empty').max(140).default('Payment'),
    cardFormTypes: z
      .union([
        z.literal('automatic').transform(() => null),
        z
          .array(z.string().regex(/^[a-z_0-9]{1,50}$/, "must be Stripe's name of a type"))
          .min(1)
          .max(50),
      ])
      .default(['card']),
    multicapture: z.boolean().default(false),
    conclusiveAfterMs: z.int().min(30_000).max(3_600_000).default(120_000),
  })
  .transform(({ currencies, ...rest }) => ({ ...rest, assets: [...new Set(currencies)] }))

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

const baseUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, search, hash, username } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
  return isSafe && pathname === '/' && search + hash + username === ''
}, 'must be an https: address without path or query (http: is allowed on loopback only)')

const schema = z
  .strictObject({
    apiKey: apiKey.optional(),
    webhook,
    payments: payments.optional(),
    clock: z.custom<Clock>(
      (value) => typeof Reflect.get(Object(value), 'now') === 'function',
      'must have now()',
    ),
    account: z
      .string()
      .regex(/^acct_\w{1,60}$/, 'must be the id of an account, such as acct_…')
      .optional(),
    baseUrl: baseUrl.default('https://api.stripe.com'),
    fetch: z
      .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
      .optional(),
    timeoutMs: z.int().min(1).max(600_000).default(30_000),
  })
  .superRefine(({ apiKey, webhook, payments }, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (apiKey === undefined) {
      if (payments !== undefined) refuse('apiKey', 'is needed to take money')
      if (webhook.payload !== 'snapshot')
        refuse('apiKey', 'is needed for thin events, which say only what changed')
    } else if (/_live_/.test(reveal(apiKey)) !== webhook.livemode) {
      refuse('apiKey', 'must be of the mode that webhook.livemode names')
    }
  })

/**
 * Checks the options and fills in the defaults.
 * @throws ProviderError `misconfigured`, naming each field and the rule it breaks, and never a value.
 */
export function settingsOf(options: StripeOptions) {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const rules = parsed.error.issues.map(({ path, message }) => {
    const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
    return `options${field}: ${message}`
  })
  throw new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message: rules.join('; ') })
}
