import { generateKeyPairSync } from 'node:crypto'
import { isProviderError } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type OpenFinanceOptions, openFinance } from '../src/index.ts'
import { certificates, institution, OUR_KEY, optionsFor } from './setup.ts'

const pem = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const by = (key: unknown) => ({ clientAuthentication: { method: 'private_key_jwt', key, keyId: 'x' } })
const at = (given: object) => ({ institutions: [{ ...institution(), ...given }] })

describe('options', () => {
  it('may be all there is', () => {
    expect(openFinance(optionsFor()).id).toBe('open-finance')
  })

  it.each([
    ['.organisationId', { organisationId: 'OFBBR-1' }],
    ['.certificate', { certificate: { cert: certificates.client.cert } }],
    ['.certificate', { certificate: { cert: certificates.client.cert, key: OUR_KEY } }],
    ['.clientAuthentication.key', by('no key')],
    ['.clientAuthentication.key', by(pem(1_024))],
    ['.clientAuthentication', { clientAuthentication: { method: 'client_secret_basic' } }],
    ['.institutions', { institutions: [] }],
    ['.institutions[0].organisationId', at({ organisationId: 'x' })],
    ['.institutions[0].baseUrl', at({ baseUrl: 'http://api.banco.example' })],
    ['.institutions[0].tokenEndpoint', at({ tokenEndpoint: 'https://x:y@banco.example/token' })],
    ['.institutions[0].jwks', at({ jwks: { keys: 1 } })],
    ['.institutions[0].jwks', at({ jwks: 'http://keystore.example/jwks' })],
    ['.institutions[0].softwareStatementIds', at({ softwareStatementIds: [] })],
    ['.institutions[0].enrollmentScope', at({ enrollmentScope: 'openid' })],
    ['.clock', { clock: null }],
    ['.randomUuid', { randomUuid: 'x' }],
    ['.timeoutMs', { timeoutMs: 1.5 }],
    [': Unrecognized key', { webhook: {} }],
  ])('are refused by name: %s', (field, wrong) => {
    try {
      openFinance({ ...optionsFor(), ...wrong } as OpenFinanceOptions)
      expect.unreachable()
    } catch (error) {
      expect(String(error)).toContain(`open-finance: options${field}`)
      expect(isProviderError(error) && error.kind).toBe('misconfigured')
    }
  })
})
