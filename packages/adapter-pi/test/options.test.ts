import { inspect } from 'node:util'
import { secret } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { type PiOptions, pi } from '../src/index.ts'
import { deliveryOf, optionsFor, setUp, units } from './setup.ts'

const { fake } = setUp()

describe('an option', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['apiKey', { apiKey: '' }, 'options.apiKey: '],
    ['apiKey', { apiKey: 'Key with a space' }, 'options.apiKey: must be the server key alone'],
    ['apiKey', { apiKey: undefined }, 'options.apiKey: must be a text or a secret'],
    ['network', { network: 'Pi Network' }, 'options.network: '],
    ['walletSeed', { walletSeed: 'GABC' }, 'options.walletSeed: must be a wallet seed'],
    [
      'horizonUrl',
      { horizonUrl: 'https://api.mainnet.minepi.com' },
      'options.horizonUrl: serves another network',
    ],
    [
      'horizonUrl',
      { horizonUrl: 'https://api.mainnet.minepi.com/' },
      'options.horizonUrl: serves another network',
    ],
    ['horizonUrl', { horizonUrl: 'http://horizon.example' }, 'options.horizonUrl: must be an https: URL'],
    ['apiUrl', { apiUrl: 'ftp://x' }, 'options.apiUrl: must be an https: URL'],
    ['clock', { clock: {} }, 'options.clock: must have now()'],
    ['maxFee', { maxFee: 1n }, 'options.maxFee: must be 100 units at least'],
    ['conclusiveAfterMs', { conclusiveAfterMs: 60_000 }, 'options.conclusiveAfterMs: must be timeBoundMs'],
    ['sendWindowMs', { sendWindowMs: 60_000 }, 'options.sendWindowMs: must be timeBoundMs at least'],
    ['an unknown one', { apikey: 'x' }, 'options: Unrecognized key'],
  ])('%s that is wrong is refused by its name', (_name, given, says) => {
    const make = () => pi({ ...optionsFor(fake), ...given } as unknown as PiOptions)
    expect(make).toThrow(says)
    expect(make).toThrow(expect.objectContaining({ kind: 'misconfigured' }))
  })

  it('for mainnet gives another asset than for testnet', () => {
    const of = (network: 'mainnet' | 'testnet') => pi({ ...optionsFor(fake), network })
    expect(of('mainnet').payments.assets).toEqual(['PI/7'])
    expect(of('testnet').payouts.assets).toEqual(['PI.testnet/7'])
  })

  it('of a seed whose checksum is wrong is told at its first use', async () => {
    const seed = `${fake.walletSeed.slice(0, -1)}${fake.walletSeed.endsWith('A') ? 'B' : 'A'}`
    const provider = pi({ ...optionsFor(fake), walletSeed: seed })
    expect(await provider.probe.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('walletSeed'),
    })
    await expect(provider.payouts.balance('PI.testnet/7')).rejects.toMatchObject({ kind: 'misconfigured' })
  })
})

const CANARY = {
  apiKey: 'canary-server-key-1',
  walletSeed: fake.walletSeed,
  webhook: `whsec_${Buffer.from('canary-webhook-secret-0123456789').toString('base64')}`,
  answer: 'canary-answer-body-1',
} as const
const FORBIDDEN = [...Object.values(CANARY), CANARY.webhook.slice(6), CANARY.walletSeed.slice(1, 40)]

/** Everything a value could show: to logs, to JSON, to a debugger. */
function shownBy(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  const json =
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part)) ?? ''
  return [inspect(value, { depth: null, showHidden: true, getters: true }), json, error].join('\n')
}

const expectClean = (value: unknown): void => {
  const shown = shownBy(value)
  for (const canary of FORBIDDEN) expect(shown).not.toContain(canary)
}

const options = (fetch: typeof globalThis.fetch): PiOptions & { readonly walletSeed: string } => ({
  ...optionsFor(fake),
  fetch,
  apiKey: CANARY.apiKey,
  webhook: { secrets: [CANARY.webhook, secret(CANARY.webhook)] },
})

const ANSWERS: readonly [string, () => Response | Promise<Response>][] = [
  [
    'refused',
    () => Response.json({ error: 'invalid_arguments', error_message: CANARY.answer }, { status: 400 }),
  ],
  ['refused by an odd code', () => Response.json({ error: `x ${CANARY.answer}` }, { status: 400 })],
  ['unreadable', () => new Response(CANARY.answer)],
  ['odd', () => Response.json({ identifier: CANARY.answer, amount: CANARY.answer })],
  ['down', () => new Response(CANARY.answer, { status: 500, headers: { 'x-debug': CANARY.answer } })],
  ['denied', () => Response.json({ error: CANARY.answer, error_message: CANARY.answer }, { status: 401 })],
  ['broken', () => Promise.reject(Object.assign(new Error(CANARY.answer), { request: CANARY.apiKey }))],
]

describe('secrets and bodies', () => {
  it('are not in the provider', () => {
    expectClean(pi(options(async () => new Response())))
  })

  it.each(ANSWERS)('are not in what a call tells (%s)', async (_name, answer) => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    )
    const { payments, payouts, webhooks, probe } = pi(options(async () => answer()))
    const ref = { idempotencyKey: 'k', providerRef: 'p', amount: units(1n) }
    const refund = { idempotencyKey: 'r', payment: ref, receiptRef: 'f'.repeat(64), amount: units(1n) }
    const outcomes = [
      await payments.approve(ref),
      await payments.complete({ ...ref, proof: 'f'.repeat(64) }),
      await payments.cancel(ref),
      await payments.refund(refund),
      await payouts.submit({ ...ref, destination: { kind: 'provider_user', user: 'u' } }),
    ]
    for (const outcome of outcomes) {
      expect(outcome.kind).not.toBe('accepted')
      expectClean(outcome)
    }
    for (const call of [
      payments.find(ref),
      payments.findRefund(refund),
      payments.incomplete(),
      payouts.find(ref),
      payouts.balance('PI.testnet/7'),
      webhooks.lookUp({ kind: 'hint', topic: 'payment_completed', ref: 'p' }),
    ]) {
      const thrown = await call.then(
        () => null,
        (error: unknown) => error,
      )
      expect(thrown).toMatchObject({ name: 'ProviderError' })
      expectClean(thrown)
    }
    expectClean(await probe.probe())
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('are not in the errors of wrong options', () => {
    const wrong: Partial<Record<keyof PiOptions, unknown>>[] = [
      { apiKey: `${CANARY.apiKey} ` },
      { apiKey: [CANARY.apiKey] },
      { walletSeed: `${CANARY.walletSeed}A` },
      { walletSeed: { seed: CANARY.walletSeed } },
      { webhook: { secrets: [`${CANARY.webhook}!`] } },
      { webhook: CANARY.webhook },
      { horizonUrl: `https://user:${CANARY.apiKey}@x.example` },
    ]
    for (const given of wrong) {
      const make = (): unknown => pi({ ...options(globalThis.fetch), ...given } as unknown as PiOptions)
      expect(make).toThrow(/^pi: options\./)
      try {
        make()
      } catch (error) {
        expectClean(error)
      }
    }
  })

  it('are not in a wrong seed, nor in the verdict on a delivery', async () => {
    const { payouts, webhooks } = pi({
      ...options(fake.fetch),
      walletSeed: `${CANARY.walletSeed.slice(0, -2)}AA`,
    })
    const destination = { kind: 'provider_user', user: 'u' } as const
    expectClean(await payouts.submit({ idempotencyKey: 'k', amount: units(1n), destination }))
    const body = new TextEncoder().encode(
      `{"type":"payment_completed","payment_id":"p","key":"${CANARY.answer}"}`,
    )
    const headers = {
      'webhook-id': 'm',
      'webhook-timestamp': '1',
      'webhook-signature': `v1,${CANARY.webhook}`,
    }
    expectClean(await webhooks.verify(deliveryOf(body, { headers })))
    expectClean(webhooks.translate({ body, topic: 'payment_completed', subject: 'p' }))
  })
})
