import { Money, type RawDelivery } from '@lastro/core/spec'
import { type ManualClock, manualClock } from '@lastro/testing/clock'
import { createFakePi, type FakePi, type FakePiOptions } from '@lastro/testing/pi'
import { type PiOptions, type PiWalletProvider, pi } from '../src/index.ts'

export const TEST_PI = 'PI.testnet/7'

/** Units of 0.0000001 testnet Pi. */
export const units = (amount: bigint): Money => Money.of(amount, TEST_PI)

/** Options that are right for a fake. */
export function optionsFor(
  fake: FakePi,
  given: Partial<PiOptions> = {},
): PiOptions & { readonly walletSeed: string } {
  return {
    apiKey: fake.apiKey,
    network: 'testnet',
    clock: manualClock(),
    fetch: fake.fetch,
    ...given,
    walletSeed: fake.walletSeed,
  }
}

/** A fake Pi, an adapter that talks to it without a socket, and the clock of both. */
export function setUp(given: { fake?: FakePiOptions; options?: Partial<PiOptions> } = {}): {
  fake: FakePi
  clock: ManualClock
  provider: PiWalletProvider
  restarted: () => PiWalletProvider
} {
  const clock = manualClock()
  const fake = createFakePi({ clock, ...given.fake })
  const make = () => pi(optionsFor(fake, { clock, ...given.options }))
  return { fake, clock, provider: make(), restarted: make }
}

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A delivery of these bytes. */
export function deliveryOf(body: Uint8Array, given: Partial<RawDelivery> = {}): RawDelivery {
  return {
    method: 'POST',
    url: '/api/webhooks/pi',
    headers: { 'content-type': 'application/json' },
    body,
    receivedAt: manualClock().now(),
    ...given,
  }
}

/** A `fetch` that answers what the case says, and keeps what was asked. */
export function scripted(answer: (request: Request) => Response | Promise<Response>) {
  const asked: { readonly method: string; readonly url: string; readonly body: string }[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    asked.push({ method: request.method, url: request.url, body: await request.clone().text() })
    return answer(request)
  }
  return { fetch, asked }
}
