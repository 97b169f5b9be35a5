import { isProviderError, secret } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type EfiOptions, efi } from '../src/index.ts'
import { certificates, HMAC_SECRET, optionsFor } from './setup.ts'

const withOption = (given: object): EfiOptions => ({ ...optionsFor(), ...given }) as EfiOptions

function messageOf(given: object): string {
  try {
    efi(withOption(given))
  } catch (error) {
    expect(isProviderError(error) && error.kind).toBe('misconfigured')
    return String(error)
  }
  return 'nothing was refused'
}

describe('options that are refused, by field and rule', () => {
  it.each<[object, RegExp]>([
    [{ retries: 3 }, /options: .*"retries"/],
    [{ environment: 'sandbox' }, /options\.environment: /],
    [{ clientId: '' }, /options\.clientId: must not be empty/],
    [{ clientSecret: 7 }, /options\.clientSecret: must be a text or a secret/],
    [{ clientSecret: { toString: () => 'x' } }, /options\.clientSecret: must be a text or a secret/],
    [{ baseUrl: 'http://api.example.com' }, /options\.baseUrl: must be an https: URL/],
    [{ baseUrl: 'https://api.example.com/?x=1' }, /options\.baseUrl: /],
    [{ baseUrl: 'https://user:pw@api.example.com' }, /options\.baseUrl: /],
    [{ certificate: {} }, /options\.certificate: must have either cert and key, or pfx/],
    [{ certificate: { cert: certificates.client.cert } }, /options\.certificate: must have either/],
    [
      { certificate: { ...certificates.client, pfx: new Uint8Array(1) } },
      /options\.certificate: must have either cert and key, or pfx/,
    ],
    [
      { certificate: { cert: certificates.client.cert, key: certificates.server.key } },
      /options\.certificate: cannot be read/,
    ],
    [{ certificate: { pfx: new Uint8Array([1, 2]) } }, /options\.certificate: cannot be read/],
    [{ certificate: { ...certificates.client, password: 'x' } }, /options\.certificate: .*"password"/],
    [{ pixKey: '11111111111' }, /options\.pixKey: has 11 digits but is no CPF/],
    [{ webhook: { mode: 'none' } }, /options\.webhook\.mode: /],
    [{ webhook: { mode: 'hmac', secrets: [] } }, /options\.webhook\.secrets: must have at least one secret/],
    [
      { webhook: { mode: 'hmac', secrets: [HMAC_SECRET, 'short'] } },
      /options\.webhook\.secrets\[1\]: must be 16 to 128/,
    ],
    [{ webhook: { mode: 'hmac', secrets: ['sixteen/chars/ok'] } }, /options\.webhook\.secrets\[0\]: /],
    [
      { webhook: { mode: 'hmac', secrets: [HMAC_SECRET], allowedAddresses: ['efipay.com.br'] } },
      /options\.webhook\.allowedAddresses\[0\]: must be an IP address/,
    ],
    [{ webhook: { mode: 'mtls', secrets: [HMAC_SECRET] } }, /options\.webhook: .*"secrets"/],
    [{ clock: {} }, /options\.clock: must have now\(\)/],
    [{ fetch: 'fetch' }, /options\.fetch: must be a function/],
    [{ timeoutMs: 0 }, /options\.timeoutMs: /],
    [{ timeoutMs: 1.5 }, /options\.timeoutMs: /],
    [{ sendApiVersion: 'v4' }, /options\.sendApiVersion: /],
    [{ conclusiveAfterMs: -1 }, /options\.conclusiveAfterMs: /],
    [{ concurrency: 0 }, /options\.concurrency: /],
  ])('%#', (given, rule) => {
    expect(messageOf(given)).toMatch(rule)
  })

  it('names every field at once', () => {
    const message = messageOf({ clientId: '', timeoutMs: 0 })
    expect(message).toMatch(/clientId.*; .*timeoutMs/)
  })

  it('refuses nothing at all', () => {
    expect(() => efi(undefined as unknown as EfiOptions)).toThrow(/efi: options: /)
  })
})

describe('options that are taken', () => {
  it.each([
    {},
    { baseUrl: 'http://127.0.0.1:4000/' },
    { baseUrl: 'http://localhost:4000' },
    { clientSecret: secret('x') },
    { webhook: { mode: 'mtls' } },
    { webhook: { mode: 'hmac', secrets: [secret(HMAC_SECRET)], allowedAddresses: ['::1'] } },
    { pixKey: '+5531999998888' },
    { certificate: { cert: certificates.client.cert, key: secret(certificates.client.key) } },
  ])('%#', (given) => {
    expect(efi(withOption(given)).id).toBe('efi')
  })

  it('have defaults', () => {
    const { payouts } = efi(optionsFor())
    expect(payouts).toMatchObject({
      conclusiveAfterMs: 60_000,
      concurrency: 1,
      assets: ['BRL/2'],
      specVersion: 1,
    })
    const other = efi(optionsFor({ conclusiveAfterMs: 5, concurrency: 2 })).payouts
    expect(other).toMatchObject({ conclusiveAfterMs: 5, concurrency: 2 })
  })

  it('choose the host', async () => {
    const hosts: string[] = []
    const fetch = async (input: string | URL | Request): Promise<Response> => {
      hosts.push(new URL(new Request(input).url).host)
      return new Response(null, { status: 500 })
    }
    await efi(optionsFor({ fetch, environment: 'production' })).probe.probe()
    await efi(optionsFor({ fetch, environment: 'homologation' })).probe.probe()
    await efi(optionsFor({ fetch, baseUrl: 'https://efi.example/' })).probe.probe()
    expect(hosts).toEqual(['pix.api.efipay.com.br', 'pix-h.api.efipay.com.br', 'efi.example'])
  })
})
