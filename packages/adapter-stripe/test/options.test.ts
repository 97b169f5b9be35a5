import { inspect } from 'node:util'
import { isProviderError, secret } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type StripeOptions, stripe } from '../src/index.ts'
import { API_KEY, deliveryOf, eventOf, optionsFor, SECRET } from './setup.ts'

type Wrong = Readonly<Record<string, unknown>>

/** Everything a value could show: to logs, to JSON, to a debugger. */
function shownBy(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : ''
  return [
    inspect(value, { depth: null, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    error,
  ].join('\n')
}

const webhook = optionsFor().webhook

describe('options', () => {
  it.each<[string, Wrong, RegExp]>([
    ['no webhook', { webhook: undefined }, /options\.webhook/],
    [
      'no secret',
      { webhook: { ...webhook, secrets: [] } },
      /options\.webhook\.secrets: must have at least one/,
    ],
    [
      'a blank secret',
      { webhook: { ...webhook, secrets: ['                    '] } },
      /options\.webhook\.secrets\[0\]/,
    ],
    ['a short secret', { webhook: { ...webhook, secrets: ['whsec_'] } }, /options\.webhook\.secrets\[0\]/],
    [
      'a cut line',
      { webhook: { ...webhook, secrets: [SECRET, `${SECRET}\n`] } },
      /options\.webhook\.secrets\[1\]/,
    ],
    ['no mode', { webhook: { secrets: [SECRET] } }, /options\.webhook\.livemode/],
    ['no tolerance', { webhook: { ...webhook, toleranceSeconds: 0 } }, /cannot be switched off/],
    ['an unknown option', { secret: SECRET }, /options/],
    ['thin events without a key', { webhook: { ...webhook, payload: 'thin' } }, /options\.apiKey: is needed/],
    ['both without a key', { webhook: { ...webhook, payload: 'both' } }, /options\.apiKey: is needed/],
    [
      'a key of the other mode',
      { apiKey: API_KEY.replace('test', 'live') },
      /options\.apiKey: must be of the mode/,
    ],
    ['a publishable key', { apiKey: 'pk_test_123' }, /options\.apiKey: must be a secret/],
    ['a key with a line break', { apiKey: `${API_KEY}\n` }, /options\.apiKey: must be a secret/],
    ['no clock', { clock: undefined }, /options\.clock/],
    ['a strange account', { account: 'me' }, /options\.account/],
    ['an open address', { baseUrl: 'http://stripe.example' }, /options\.baseUrl/],
  ])('with %s are refused by field, without a value', (_what, wrong, rule) => {
    const make = (): unknown => stripe({ ...optionsFor(), ...wrong } as StripeOptions)
    expect(make).toThrow(rule)
    try {
      make()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
      for (const hidden of [SECRET, API_KEY, 'pk_test_123']) expect(shownBy(error)).not.toContain(hidden)
    }
  })

  it('take secrets that are wrapped already', async () => {
    const given = optionsFor({
      apiKey: secret(API_KEY),
      webhook: { secrets: [secret(SECRET)], payload: 'both' },
    })
    const body = JSON.stringify(eventOf('charge.succeeded', { id: 'ch_1' }))
    expect(await stripe(given).webhooks.verify(deliveryOf(body))).toMatchObject({ kind: 'authentic' })
  })

  it('take a live key for live mode', () => {
    for (const apiKey of ['sk_live_1', 'rk_live_1', 'sk_org_live_1'])
      expect(() => stripe(optionsFor({ apiKey, webhook: { livemode: true } }))).not.toThrow()
  })
})

describe('secrets', () => {
  it('are not in the provider, nor in a verdict', async () => {
    const provider = stripe(optionsFor({ apiKey: API_KEY }))
    const body = JSON.stringify(eventOf('charge.succeeded', { id: 'ch_1' }))
    for (const delivery of [
      deliveryOf(body),
      deliveryOf(body, { header: `t=1,v1=${SECRET}` }),
      deliveryOf(SECRET),
    ]) {
      const shown = shownBy([provider, await provider.webhooks.verify(delivery)])
      for (const hidden of [SECRET, API_KEY]) expect(shown).not.toContain(hidden)
    }
  })
})
