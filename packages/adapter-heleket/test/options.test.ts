import { isProviderError } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type HeleketOptions, heleket } from '../src/index.ts'
import { optionsFor, PAYMENT_KEYS } from './setup.ts'

describe('options', () => {
  it('need no payout key', () => {
    const { payoutKeys: _none, ...least } = optionsFor()
    expect(heleket(least).id).toBe('heleket')
  })

  it.each([
    ['.merchantId', { merchantId: 'shop' }],
    ['.paymentKeys', { paymentKeys: undefined }],
    ['.paymentKeys: must have at least one key', { paymentKeys: [] }],
    ['.paymentKeys[1]', { paymentKeys: [PAYMENT_KEYS[0], 'short'] }],
    ['.paymentKeys[0]', { paymentKeys: ['with a line break\n'] }],
    ['.payoutKeys[0]: must not be a payment key', { payoutKeys: [PAYMENT_KEYS[1]] }],
    ['.webhook.allowedAddresses[0]', { webhook: { allowedAddresses: ['heleket.com'] } }],
    ['.webhook: Unrecognized key', { webhook: { secrets: [] } }],
    ['.assets.usdt', { assets: { usdt: 'USDT.tron/6' } }],
    ['.assets.USDT.arbitrum', { assets: { 'USDT.arbitrum': 'USDT' } }],
    ['.clock', { clock: 7 }],
    ['.baseUrl', { baseUrl: 'http://api.heleket.com' }],
    ['.timeoutMs', { timeoutMs: 0 }],
    [': Unrecognized key', { retries: 3 }],
  ])('are refused by name: %s', (field, wrong) => {
    const make = () => heleket({ ...optionsFor(), ...wrong } as HeleketOptions)
    expect(make).toThrow(`heleket: options${field}`)
    try {
      make()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
    }
  })
})
