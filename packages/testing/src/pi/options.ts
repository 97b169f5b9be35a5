import type { Clock } from '@lastro/core/spec'
import type { FollowedClock } from '../efi/scheduler.ts'

/** How a fake Pi behaves. Everything has a default. */
export interface FakePiOptions {
  /** Default: testnet. */
  readonly network?: 'mainnet' | 'testnet'
  /** The app's server key. Default: a made-up one, readable as `fake.apiKey`. */
  readonly apiKey?: string
  /** 32 bytes of the app's wallet seed. Default: each of them 7. */
  readonly appSeed?: Uint8Array
  /** Units of 0.0000001 Pi in the app's wallet at the start; null is a wallet that is not on the chain. Default: 10 000 Pi. */
  readonly appBalance?: bigint | null
  /** The same for each user. Default: 10 000 Pi. */
  readonly userBalance?: bigint
  /** Where time comes from. A clock that can be followed, such as `manualClock`, is moved by `advance`. */
  readonly clock?: Clock | FollowedClock
  /** `manual`: what is due waits for `advance`. `real`: it happens by itself. Default: `manual`. */
  readonly timers?: 'manual' | 'real'
  /** How long Pi needs to verify what a user signed; null leaves it to `verifies`. Default: 0. */
  readonly verifyAfterMs?: number | null
  /** How amounts are written: `0.0000001`, or `1e-7` where the number is small. Default: `plain`. */
  readonly amountForm?: 'plain' | 'exponent'
  /** The form of the list of unfinished payments: the official client's type says that it is bare. Default: `wrapped`. */
  readonly incompleteForm?: 'wrapped' | 'bare'
  /** What the network asks for one operation. Default: 100 000 units (0.01 Pi), as reported of Pi. */
  readonly baseFee?: bigint
  /** Where news goes, by the project's own contract. Default: nowhere. */
  readonly webhook?: FakePiWebhook
  /** Decides ids and users' keys. Default: 1. */
  readonly seed?: number
}

/** The host's own address for news, which Pi itself does not call. */
export interface FakePiWebhook {
  readonly url: string
  /** `whsec_…`: signs by Standard Webhooks. Default: nothing is signed. */
  readonly secret?: string
  /** Brings one delivery to the host. Default: kept until it is asked for. */
  readonly deliver?: (request: Request) => Promise<Response> | Response
}

/** The options with every default filled in. */
export type Settings = ReturnType<typeof withDefaults>

/** Fills in the defaults. */
export function withDefaults(options: FakePiOptions) {
  const { webhook, ...given } = options
  const network = options.network ?? ('testnet' as const)
  return {
    apiKey: 'server-key-of-the-fake-0001',
    appSeed: new Uint8Array(32).fill(7),
    appBalance: 100_000_000_000n as bigint | null,
    userBalance: 100_000_000_000n,
    clock: { now: () => new Date() } as Clock | FollowedClock,
    timers: 'manual' as const,
    verifyAfterMs: 0 as number | null,
    amountForm: 'plain' as const,
    incompleteForm: 'wrapped' as const,
    baseFee: 100_000n,
    seed: 1,
    ...given,
    webhook: webhook ?? null,
    network,
    passphrase: network === 'mainnet' ? 'Pi Network' : 'Pi Testnet',
    horizonUrl: `https://api.${network}.minepi.com`,
  }
}

/** The address of Pi's platform API. */
export const PI_API_URL = 'https://api.minepi.com/v2'
