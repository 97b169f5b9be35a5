import { describe, expect, it } from 'vitest'
import { createClient } from '../src/client.ts'
import { settingsOf } from '../src/options.ts'
import { type HeleketPath, KEY_OF } from '../src/paths.ts'
import {
  answering,
  fine,
  MERCHANT,
  md5Of,
  optionsFor,
  PAYMENT_KEYS,
  PAYOUT_KEYS,
  refused,
  setUp,
} from './setup.ts'

describe('requests', () => {
  const paths = Object.keys(KEY_OF) as HeleketPath[]
  const isPayout = (path: string) =>
    /^\/v1\/(payout|transfer)(\/|$)/.test(path) ||
    path === '/v1/payment/refund' ||
    path.endsWith('webhook/payout')

  it.each(paths)('to %s are signed over the bytes that are sent, with its key', async (path) => {
    const { fetch, asked } = answering(fine({}))
    const client = createClient(settingsOf(optionsFor({ fetch })))
    const json = {
      url_callback: 'https://shop.example/a',
      additional_data: 'café 東京\u2028',
      amount: '0.10',
    }
    await client.read({ path, json, subject: 'x' })
    await client.read({ path, subject: 'x' })
    const key = isPayout(path) ? PAYOUT_KEYS[0] : PAYMENT_KEYS[0]
    expect(asked.map((request) => request.body)).toEqual([JSON.stringify(json), ''])
    for (const { path: called, body, headers } of asked) {
      expect(called).toBe(path)
      expect(headers.get('sign')).toBe(md5Of(body, key))
      expect(headers.get('merchant')).toBe(MERCHANT)
      expect(headers.get('content-type')).toBe('application/json')
    }
  })
})

describe('the probe', () => {
  it('tries both keys, and shows no balance', async () => {
    const balance = [{ balance: { merchant: [{ balance: '10.00000000', currency_code: 'USDT' }] } }]
    const { fetch, asked } = answering(fine(balance), fine([]))
    const result = await setUp({ fetch }).probe.probe()
    expect(result).toEqual({
      ok: true,
      detail: 'heleket: the payment key works, and so does the payout key.',
    })
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ['/v1/balance', ''],
      ['/v1/payout/services', ''],
    ])
  })

  it('tries the one key that there is', async () => {
    const { fetch, asked } = answering(fine([]))
    expect(await setUp({ fetch, payoutKeys: [] }).probe.probe()).toMatchObject({ ok: true })
    expect(asked.length).toBe(1)
  })

  it.each([
    ['the payment key', [refused(401, 'Wrong key')]],
    ['the payout key', [fine([]), refused(401, 'Wrong key')]],
    ['the merchant', [refused(404, 'x')]],
  ])('tells of trouble with %s', async (_name, answers) => {
    const { fetch } = answering(...answers)
    expect(await setUp({ fetch }).probe.probe()).toMatchObject({ ok: false })
  })
})
