import { inspect } from 'node:util'
import type { ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { type OpenFinanceOptions, openFinance } from '../src/index.ts'
import { BODY, bytes, certificates, delivery, OUR_KEY, optionsFor, resource, signed } from './setup.ts'

const CANARY = { token: 'canary-access-token-1', answer: 'canary-answer-body-1' } as const
const lineOf = (pem: string): string => pem.split('\n')[2] ?? ''
const FORBIDDEN = [...Object.values(CANARY), lineOf(OUR_KEY), lineOf(certificates.client.key)]

/** Everything a value could show: to logs, to JSON, to a debugger. */
function shownBy(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  return `${inspect(value, { depth: null, showHidden: true, getters: true })} ${JSON.stringify(value)} ${error}`
}
function expectClean(value: unknown): void {
  const shown = shownBy(value)
  for (const canary of FORBIDDEN) expect(shown).not.toContain(canary)
}

const leak = CANARY.answer
const jwt = (text: string) => new Response(text, { headers: { 'content-type': 'application/jwt' } })
const ANSWERS: readonly [string, () => Promise<Response>][] = [
  ['refused', async () => Response.json({ errors: [{ code: `${leak} x`, detail: leak }] }, { status: 400 })],
  ['down', async () => new Response(leak, { status: 500, headers: { 'x-debug': leak } })],
  ['unsigned', async () => Response.json({ data: leak })],
  ['badly signed', async () => jwt(`${leak}.${leak}.${leak}`)],
  ['another id', () => signed(resource('payments/pix/payments', { paymentId: leak }))],
  [
    'an odd amount',
    () => signed(resource('payments/pix/payments', { payment: { amount: leak, currency: 'BRL' } })),
  ],
  [
    'an odd currency',
    () => signed(resource('payments/pix/payments', { payment: { amount: '1.00', currency: leak } })),
  ],
  ['broken', () => Promise.reject(Object.assign(new Error(leak), { body: leak, headers: CANARY.token }))],
]

describe('secrets and bodies', () => {
  it.each(ANSWERS)('are in no error and no log (%s)', async (_name, answer) => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    )
    const fetches: (typeof globalThis.fetch)[] = [
      async (input, init) =>
        new Request(input, init).url.endsWith('/token')
          ? Response.json({ access_token: CANARY.token, expires_in: 300 })
          : answer(),
      answer,
    ]
    for (const fetch of fetches) {
      const { webhooks, probe } = openFinance(optionsFor({ fetch }))
      const verdict = await webhooks.verify(delivery())
      const subject = verdict.kind === 'rejected' ? null : (verdict.subject ?? null)
      const [hint] = webhooks.translate({ body: bytes(BODY), topic: 'payments/pix/payments', subject })
      const error = await webhooks.lookUp(hint as ProviderEvent).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ provider: 'open-finance' })
      expectClean(error)
      expectClean(await probe.probe())
    }
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('are not in the provider', () => {
    expectClean(openFinance(optionsFor()))
  })

  it('are not in what is said of wrong options', () => {
    const right = optionsFor()
    const wrong: object[] = [
      { certificate: { cert: certificates.client.cert, key: OUR_KEY } },
      { certificate: { ...certificates.client, passphrase: [leak] } },
      {
        clientAuthentication: {
          method: 'private_key_jwt',
          key: `${OUR_KEY.slice(0, 400)}${leak}`,
          keyId: 'x',
        },
      },
    ]
    for (const given of wrong) {
      try {
        openFinance({ ...right, ...given } as OpenFinanceOptions)
        expect.unreachable()
      } catch (error) {
        expect(String(error)).toContain('options.')
        expectClean(error)
      }
    }
  })
})
