import { standardVerifier } from '@lastro/adapter-kit'
import { type Clock, ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { z } from 'zod'
import { API_URL, NETWORKS, type PiNetwork, PROVIDER } from './networks.ts'

/** How news that reaches the host's own address proves where it comes from. Pi itself sends none. */
export interface PiWebhookOptions {
  /**
   * Every active secret of the sender, `whsec_…` as in Standard Webhooks. Without this option nothing is proven, and
   * every delivery is `unproven`; with it deliveries are authentic, and still only a reason to ask Pi.
   */
  readonly secrets: readonly (string | Secret)[]
  /** How far the sender's time may be from ours. Default 300 000. */
  readonly toleranceMs?: number
}

/** What `pi` needs to know. Every unknown option is refused. */
export interface PiOptions {
  /** The app's server key, from the developer portal. A key belongs to one app, and an app to one network. */
  readonly apiKey: string | Secret
  /** The network the app is registered for. What Pi tells of the other one is refused. */
  readonly network: PiNetwork
  /** Seed of the app's wallet (`S…`). Needed for payouts, refunds and the balance; without it these are absent. */
  readonly walletSeed?: string | Secret
  /** Default: the network's own. A known server of the other network is refused. `http:` only on loopback. */
  readonly horizonUrl?: string
  /** Default: Pi's own. `http:` only on loopback. */
  readonly apiUrl?: string
  readonly webhook?: PiWebhookOptions
  readonly clock: Clock
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** For one call, body included. Default 20 000, as in the official client. */
  readonly timeoutMs?: number
  /** Whose word makes a payment paid: the API's alone, or the chain's as well. Default `api`. */
  readonly proof?: 'api' | 'api_and_chain'
  /** Shown to users where a payment, payout or refund has no description. Default `Payment`. */
  readonly memo?: string
  /** The most one transaction may cost, in units of 0.0000001 Pi. Default 1 000 000 (0.1 Pi). */
  readonly maxFee?: bigint
  /** For how long a signed transaction may be applied. Default 180 000, as in the official client. */
  readonly timeBoundMs?: number
  /** How long after Pi created a payment to a user a transaction for it may still be applied. Default 600 000. */
  readonly sendWindowMs?: number
  /**
   * How long after a send "not found" proves absence: at least `timeBoundMs` and two minutes, for clocks that differ.
   * Default 300 000.
   */
  readonly conclusiveAfterMs?: number
  /** How far back sends are looked for on the chain. Default 604 800 000 (7 days). */
  readonly lookBackMs?: number
  /** Most pages of 200 transactions read for that. A longer list is an error, never an absence. Default 200. */
  readonly maxHistoryPages?: number
  /**
   * Marks our transactions by their key, in the lower time bound, which is then in the past in any case: a send is
   * found on the chain without asking Pi about each other one. Default true. False: looks for equal amounts.
   */
  readonly markTransactions?: boolean
}

/** The options checked, with every default filled in and every secret wrapped. */
export type Settings = ReturnType<typeof settingsOf>

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

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
const apiKey = secretText.refine(
  (value) => /^[\x21-\x7e]{8,256}$/.test(reveal(value)),
  'must be the server key alone: 8 to 256 visible ASCII characters',
)
const walletSeed = secretText.refine(
  (value) => /^S[A-Z2-7]{55}$/.test(reveal(value)),
  'must be a wallet seed: S and 55 letters or digits',
)
const milliseconds = (max: number) => z.int().min(1).max(max)
const url = z
  .string()
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, hostname, search, hash, username } = new URL(text)
    const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
    return isSafe && search + hash + username === ''
  }, 'must be an https: URL without query (http: is allowed on loopback only)')
  .transform((text) => text.replace(/\/+$/, ''))

const schema = z
  .strictObject({
    apiKey,
    network: z.enum(['mainnet', 'testnet']),
    walletSeed: walletSeed.optional(),
    horizonUrl: url.optional(),
    apiUrl: url.default(API_URL),
    webhook: z
      .strictObject({
        secrets: z.array(secretText).min(1, 'must have at least one secret'),
        toleranceMs: z.int().min(1_000).max(3_600_000).default(300_000),
      })
      .optional(),
    clock: z.custom<Clock>(
      (value) => typeof Reflect.get(Object(value), 'now') === 'function',
      'must have now()',
    ),
    fetch: z
      .custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function')
      .optional(),
    timeoutMs: milliseconds(600_000).default(20_000),
    proof: z.enum(['api', 'api_and_chain']).default('api'),
    memo: z.string().min(1, 'must not be empty').max(140).default('Payment'),
    maxFee: z.bigint().min(100n, 'must be 100 units at least').max(4_294_967_295n).default(1_000_000n),
    timeBoundMs: z.int().min(30_000).max(600_000).default(180_000),
    sendWindowMs: z.int().min(60_000).max(86_400_000).default(600_000),
    conclusiveAfterMs: milliseconds(86_400_000).default(300_000),
    lookBackMs: z.int().min(3_600_000).max(31_536_000_000).default(604_800_000),
    maxHistoryPages: z.int().min(1).max(10_000).default(200),
    markTransactions: z.boolean().default(true),
  })
  .superRefine((given, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message })
    const other = NETWORKS[given.network === 'mainnet' ? 'testnet' : 'mainnet']
    if (given.horizonUrl !== undefined && other.horizonUrls.includes(given.horizonUrl))
      refuse('horizonUrl', `serves another network than ${given.network}`)
    if (given.sendWindowMs < given.timeBoundMs) refuse('sendWindowMs', 'must be timeBoundMs at least')
    if (given.conclusiveAfterMs < given.timeBoundMs + 120_000)
      refuse('conclusiveAfterMs', 'must be timeBoundMs and 120000 at least')
    if (given.lookBackMs < given.sendWindowMs) refuse('lookBackMs', 'must be sendWindowMs at least')
  })

/**
 * Checks the options and fills in the defaults.
 * @throws ProviderError `misconfigured`, naming each field and the rule it breaks, and never a value.
 */
export function settingsOf(options: PiOptions) {
  const parsed = schema.safeParse(options)
  if (!parsed.success) {
    const rules = parsed.error.issues.map(({ path, message }) => {
      const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
      return `options${field}: ${message}`
    })
    throw misconfigured(rules.join('; '))
  }
  const { webhook, ...given } = parsed.data
  const facts = NETWORKS[given.network]
  return {
    ...given,
    facts,
    horizonUrl: given.horizonUrl ?? facts.horizonUrls[0],
    verifier:
      webhook === undefined
        ? null
        : standardVerifier({ ...webhook, provider: `${PROVIDER}: options.webhook` }),
  }
}

/** The error of an option that cannot be used. The value is never in it. */
export function misconfigured(message: string): ProviderError {
  return new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message })
}
