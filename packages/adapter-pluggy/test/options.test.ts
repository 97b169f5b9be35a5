import { isProviderError } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type PluggyOptions, pluggy } from '../src/index.ts'
import { HEADER, optionsFor, SECRETS } from './setup.ts'

const webhook = { header: HEADER, secrets: SECRETS }
const hmac = { header: 'x-s', secrets: ['k'], algorithm: 'sha256', encoding: 'hex' }

describe('options', () => {
  it('may be all there is', () => {
    expect(pluggy(optionsFor()).id).toBe('pluggy')
  })

  it.each([
    ['.clientId', { clientId: 'shop' }],
    ['.clientSecret', { clientSecret: '' }],
    ['.webhook', { webhook: undefined }],
    ['.webhook.secrets', { webhook: { ...webhook, secrets: [] } }],
    ['.webhook.secrets[0]', { webhook: { ...webhook, secrets: ['short'] } }],
    ['.webhook.secrets[0]', { webhook: { ...webhook, secrets: ['with a space 0123456789'] } }],
    ['.webhook.header', { webhook: { ...webhook, header: 'x shop' } }],
    ['.webhook.header', { webhook: { ...webhook, header: 'Content-Type' } }],
    ['.webhook.allowedAddresses[0]', { webhook: { ...webhook, allowedAddresses: ['api.pluggy.ai'] } }],
    ['.webhook.events[0]', { webhook: { ...webhook, events: ['item/all'] } }],
    ['.webhook.hmac.secrets', { webhook: { ...webhook, hmac: { ...hmac, secrets: [] } } }],
    ['.webhook.hmac.algorithm', { webhook: { ...webhook, hmac: { ...hmac, algorithm: 'md5' } } }],
    ['.webhook.hmac.encoding', { webhook: { ...webhook, hmac: { ...hmac, encoding: 'utf8' } } }],
    ['.clock', { clock: 7 }],
    ['.baseUrl', { baseUrl: 'http://api.pluggy.ai' }],
    ['.timeoutMs', { timeoutMs: 0 }],
    [': Unrecognized key', { retries: 3 }],
  ])('are refused by name: %s', (field, wrong) => {
    const make = () => pluggy({ ...optionsFor(), ...wrong } as PluggyOptions)
    expect(make).toThrow(`pluggy: options${field}`)
    try {
      make()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
    }
  })
})
