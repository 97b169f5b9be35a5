import { Money, type SubmitPayout } from '@lastro/core/spec'
import { createCertificates, createFakeEfi, type FakeEfi, type FakeEfiOptions } from '@lastro/testing/efi'
import { type EfiOptions, type EfiProvider, efi } from '../src/index.ts'

/** Made once per file: they take a second. */
export const certificates = await createCertificates()

/** A clock that stands still until it is moved. */
export function handClock(start = '2026-11-22T12:00:00Z') {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

export const PIX_KEY = '6f1d2c3b-4a59-4e87-9c0d-1b2a3c4d5e6f'
export const HMAC_SECRET = 'hmac-secret-0123456789'

/** Options that are right, for a fake's credentials. */
export function optionsFor(given: Partial<EfiOptions> = {}): EfiOptions {
  return {
    environment: 'homologation',
    clientId: 'Client_Id_of_the_fake',
    clientSecret: 'Client_Secret_of_the_fake',
    certificate: { ...certificates.client, ca: certificates.ca },
    pixKey: PIX_KEY,
    webhook: { mode: 'hmac', secrets: [HMAC_SECRET] },
    clock: handClock(),
    ...given,
  }
}

/** A fake Efí and an adapter that talks to it without a socket. */
export function setUp(given: { fake?: FakeEfiOptions; options?: Partial<EfiOptions> } = {}): {
  fake: FakeEfi
  provider: EfiProvider
} {
  const fake = createFakeEfi({ webhookUrl: 'https://shop.example/webhooks/efi?ignorar=', ...given.fake })
  return { fake, provider: efi(optionsFor({ fetch: fake.fetch, ...given.options })) }
}

/** A payout of R$ 12.34 to a phone key. */
export function payout(given: Partial<SubmitPayout> = {}): SubmitPayout {
  return {
    idempotencyKey: 'pout_01k0000000000000000000000a',
    amount: Money.of(12_34n, 'BRL/2'),
    destination: { kind: 'pix_key', key: '+5531999998888' },
    ...given,
  }
}

export const ID_ENVIO = 'pout01k0000000000000000000000a'

/** A `fetch` that answers from a list, in order, and keeps what was asked. Tokens are given without being counted. */
export function scripted(answers: readonly { readonly status: number; readonly body?: unknown }[]) {
  const left = [...answers]
  const asked: { readonly method: string; readonly path: string; readonly body: unknown }[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    if (pathname === '/oauth/token') return Response.json({ access_token: 'made-up-token', expires_in: 3600 })
    const text = await request.text()
    asked.push({
      method: request.method,
      path: pathname + search,
      body: text === '' ? null : JSON.parse(text),
    })
    const answer = left.shift()
    if (answer === undefined) throw new Error(`nothing is scripted for ${request.method} ${pathname}`)
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? null)
    return new Response(body, { status: answer.status })
  }
  return { fetch, asked, left }
}
