import { inspect } from 'node:util'
import type { ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { type PluggyOptions, pluggy } from '../src/index.ts'
import { bytes, delivery, HEADER, optionsFor, payload } from './setup.ts'

const CANARY = {
  clientSecret: 'canary-client-secret-1',
  header: 'canary-header-secret-01',
  hmac: 'canary-hmac-secret-0001',
  key: 'canary-api-key-1',
  answer: 'canary-answer-body-1',
} as const

const optionsWith = (fetch: typeof globalThis.fetch): PluggyOptions =>
  optionsFor({
    fetch,
    clientSecret: CANARY.clientSecret,
    webhook: {
      header: HEADER,
      secrets: [CANARY.header],
      hmac: { header: 'x-s', secrets: [CANARY.hmac], algorithm: 'sha256', encoding: 'hex' },
    },
  })

/** Everything a value could show: to logs, to JSON, to a debugger. */
function shownBy(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  return `${inspect(value, { depth: null, showHidden: true, getters: true })} ${JSON.stringify(value)} ${error}`
}
function expectClean(value: unknown): void {
  const shown = shownBy(value)
  for (const canary of Object.values(CANARY)) expect(shown).not.toContain(canary)
}

const leak = CANARY.answer
const ANSWERS: readonly [string, () => Promise<Response>][] = [
  ['refused', async () => Response.json({ message: leak, codeDescription: `${leak} x` }, { status: 400 })],
  ['down', async () => new Response(leak, { status: 500 })],
  ['denied', async () => Response.json({ message: `authorization token ${leak}` }, { status: 403 })],
  ['unreadable', async () => new Response(leak)],
  ['odd', async () => Response.json({ id: leak, status: 7, amount: leak })],
  ['an odd amount', async () => Response.json({ id: 'x', status: 'COMPLETED', amount: leak })],
  ['broken', () => Promise.reject(Object.assign(new Error(leak), { body: leak, headers: CANARY.key }))],
]

describe('secrets and bodies', () => {
  it.each(ANSWERS)('are in no error and no log (%s)', async (_name, answer) => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    )
    const fetches: (typeof globalThis.fetch)[] = [
      async (input, init) =>
        new Request(input, init).url.endsWith('/auth') ? Response.json({ apiKey: CANARY.key }) : answer(),
      answer,
    ]
    for (const fetch of fetches) {
      const { webhooks, probe } = pluggy(optionsWith(fetch))
      const body = bytes(payload('payment_request/updated'))
      const [hint] = webhooks.translate({ body, topic: '', subject: null })
      for (const call of [
        webhooks.lookUp(hint as ProviderEvent),
        webhooks.register({ url: 'https://shop.example/x' }),
      ]) {
        const error = await call.catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ provider: 'pluggy' })
        expectClean(error)
      }
      expectClean(await probe.probe())
    }
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('are not in the provider, nor in a verdict', async () => {
    const provider = pluggy(optionsWith(fetch))
    expectClean(provider)
    const headers = { [HEADER]: CANARY.header, 'x-s': CANARY.hmac }
    expectClean(await provider.webhooks.verify(delivery(payload('item/updated'), { headers })))
  })

  it('are not in what is said of wrong options', () => {
    const right = optionsWith(fetch)
    const wrong = [
      { clientSecret: [CANARY.clientSecret] },
      { webhook: { ...right.webhook, secrets: [`${CANARY.header} `] } },
      { webhook: { ...right.webhook, header: CANARY.header.repeat(9) } },
      { baseUrl: `https://x:${CANARY.key}@api.example` },
    ]
    for (const given of wrong) {
      try {
        pluggy({ ...right, ...given } as PluggyOptions)
        expect.unreachable()
      } catch (error) {
        expect(String(error)).toContain('options.')
        expectClean(error)
      }
    }
  })
})
