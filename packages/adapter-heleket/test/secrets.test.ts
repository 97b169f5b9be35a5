import { inspect } from 'node:util'
import type { ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { type HeleketOptions, heleket } from '../src/index.ts'
import { delivery, fieldsOf, optionsFor, signed } from './setup.ts'

const CANARY = {
  payment: 'canary-payment-key-1',
  payout: 'canary-payout-key-01',
  answer: 'canary-answer-body-1',
} as const

const optionsWith = (fetch: typeof globalThis.fetch): HeleketOptions =>
  optionsFor({ fetch, paymentKeys: [CANARY.payment], payoutKeys: [CANARY.payout] })

/** Everything a value could show: to logs, to JSON, to a debugger. */
function expectClean(value: unknown): void {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  const shown = `${inspect(value, { depth: null, showHidden: true, getters: true })} ${JSON.stringify(value)} ${error}`
  for (const canary of Object.values(CANARY)) expect(shown).not.toContain(canary)
}

const leak = CANARY.answer
const ANSWERS: readonly [string, () => Promise<Response>][] = [
  ['refused', async () => Response.json({ state: 1, message: leak }, { status: 400 })],
  ['refused with 200', async () => Response.json({ state: 1, message: leak })],
  [
    'invalid',
    async () => Response.json({ state: 1, errors: { [leak]: [leak], uuid: [leak] } }, { status: 422 }),
  ],
  ['down', async () => Response.json({ message: leak, error: leak }, { status: 500 })],
  ['unreadable', async () => new Response(leak)],
  ['odd', async () => Response.json({ state: 0, result: { uuid: leak, status: 7, amount: leak } })],
  ['broken', () => Promise.reject(Object.assign(new Error(leak), { body: leak, headers: CANARY.payment }))],
]

describe('secrets and bodies', () => {
  it.each(ANSWERS)('are in no error and no log (%s)', async (_name, answer) => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    )
    const { webhooks, probe } = heleket(optionsWith(answer))
    for (const topic of ['payment.paid', 'wallet.paid', 'payout.paid']) {
      const hint: ProviderEvent = { kind: 'hint', topic, ref: fieldsOf(topic).uuid }
      const error = await webhooks.lookUp(hint).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ provider: 'heleket' })
      expectClean(error)
    }
    expectClean(await probe.probe())
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('are not in the provider, nor in a verdict', async () => {
    const provider = heleket(optionsWith(fetch))
    expectClean(provider)
    const body = signed(fieldsOf('payment.paid'), CANARY.payment)
    const verdict = await provider.webhooks.verify(delivery(body))
    expect(verdict.kind).toBe('authentic')
    expectClean(verdict)
    expect(JSON.stringify(verdict)).not.toContain((JSON.parse(body) as { sign: string }).sign)
  })

  it('are not in what is said of wrong options', () => {
    const wrong = [
      { paymentKeys: [`${CANARY.payment}\n`] },
      { payoutKeys: [CANARY.payment] },
      { payoutKeys: [[CANARY.payout]] },
      { baseUrl: `https://x:${CANARY.payment}@api.example` },
    ]
    for (const given of wrong) {
      try {
        heleket({ ...optionsWith(fetch), ...given } as HeleketOptions)
        expect.unreachable()
      } catch (error) {
        expect(String(error)).toContain('options.')
        expectClean(error)
      }
    }
  })
})
