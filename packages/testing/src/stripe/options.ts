import type { Clock } from '@lastro/core/spec'
import type { FollowedClock } from '../efi/scheduler.ts'
import type { StripeEvent } from './records.ts'

/** Where the adapter looks for Stripe by default. */
export const STRIPE_API_URL = 'https://api.stripe.com'
/** The newest version that the fake speaks. */
export const STRIPE_VERSION = '2026-10-28.endive'

/** A webhook endpoint, as it was created at Stripe. */
export interface FakeStripeEndpoint {
  readonly url: string
  /** Every secret that signs: two while one is rolled. */
  readonly secrets: readonly string[]
  /** The version whose shapes the events have: `2025-02-24.acacia`, `2026-10-28.endive`. Default: the newest. */
  readonly apiVersion?: string
  /** Default: `snapshot`. */
  readonly payload?: 'snapshot' | 'thin'
  /** Types that are wanted. Default: all. */
  readonly types?: readonly string[]
  /** The account that Connect events name. Default: none, the endpoint's own. */
  readonly account?: string
}

/** Brings one webhook to the host. Must not wait for the fake's own time to pass. */
export type DeliverStripe = (request: Request) => Promise<Response> | Response

/** How a fake Stripe behaves. Everything has a default. */
export interface FakeStripeOptions {
  /** Which secret key is right. Default: a made-up one, readable as `fake.apiKey`. */
  readonly apiKey?: string
  /** Where webhooks go. Default: nowhere. */
  readonly endpoints?: readonly FakeStripeEndpoint[]
  /** Default: over HTTP. */
  readonly deliver?: DeliverStripe
  /**
   * Where time comes from. A clock that can be followed, such as `manualClock`, is moved by `advance`, and moving it
   * makes the fake do what is due. Default: the system's clock.
   */
  readonly clock?: Clock | FollowedClock
  /** `manual`: what is due waits for `advance`. `real`: it happens by itself. Default: `manual`. */
  readonly timers?: 'manual' | 'real'
  /** What Stripe keeps of a charge, in its unit. Default: 2.9 per cent, rounded down, and 30. */
  readonly feeOf?: (amount: number) => number
  /** What a dispute costs. Default: 1500. */
  readonly disputeFee?: number
  /** A dispute that is won gives its fee back, as in some countries. Default: false. */
  readonly returnsDisputeFee?: boolean
  /** The least that may be charged, in the currency's unit. Default: 50. */
  readonly minimumAmount?: number
  /** How a refund begins. `pending` ones wait for `settleRefund` or `failRefund`. Default: `succeeded`. */
  readonly refundStatus?: 'succeeded' | 'pending'
  /** Whether one authorization may be captured several times. Default: false. */
  readonly multicapture?: boolean
  /** How long idempotency keys are kept. Default: a day, as Stripe promises at least. */
  readonly keysKeptMs?: number
  /** Spaces before each level of a webhook's JSON. Default: 2, as Stripe writes it. */
  readonly indent?: number
  /** Whether webhooks carry a signature of the scheme for tests, `v0`, as well. Default: false. */
  readonly withTestScheme?: boolean
  /** Told of each event as it arises. */
  readonly onEvent?: (event: StripeEvent) => void
  /** Decides ids. Default: 1. */
  readonly seed?: number
}

/** The options with every default filled in. */
export type Settings = ReturnType<typeof withDefaults>

/** Fills in the defaults. */
export function withDefaults(options: FakeStripeOptions) {
  return {
    apiKey: 'sk_test_51FakeStripe000000000000',
    endpoints: [] as readonly FakeStripeEndpoint[],
    deliver: ((request) => fetch(request)) as DeliverStripe,
    clock: { now: () => new Date() } as Clock | FollowedClock,
    timers: 'manual' as const,
    feeOf: (amount: number) => Math.floor((amount * 29) / 1_000) + 30,
    disputeFee: 1_500,
    returnsDisputeFee: false,
    minimumAmount: 50,
    refundStatus: 'succeeded' as const,
    multicapture: false,
    keysKeptMs: 86_400_000,
    indent: 2,
    withTestScheme: false,
    onEvent: () => undefined,
    seed: 1,
    ...options,
  }
}
