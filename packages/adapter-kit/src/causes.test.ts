import { describe, expect, it } from 'vitest'
import { isCertificateRefused, provesUnsent, transportError } from './causes.ts'

const coded = (code: string, more: object = {}): Error => Object.assign(new Error('x'), { code, ...more })
const wrapped = (cause: unknown): Error => new TypeError('fetch failed', { cause })

describe('provesUnsent', () => {
  it.each([
    coded('ECONNREFUSED'),
    coded('EHOSTUNREACH', { syscall: 'connect' }),
    coded('ERR_TLS_CERT_ALTNAME_INVALID'),
    // Several addresses of one name, all refused.
    Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), {
      code: 'ECONNREFUSED',
    }),
  ])('is true for the closed list', (cause) => {
    expect(provesUnsent(wrapped(cause))).toBe(true)
    expect(provesUnsent(wrapped(wrapped(cause)))).toBe(true)
  })

  it.each([
    coded('ECONNRESET'),
    coded('EPIPE'),
    coded('UND_ERR_SOCKET'),
    coded('UND_ERR_HEADERS_TIMEOUT'),
    // An open connection can lose its route.
    coded('EHOSTUNREACH', { syscall: 'write' }),
    coded('ETIMEDOUT', { syscall: 'read' }),
    coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')]),
    // What went wrong last counts, not a connection that failed before it.
    coded('ECONNRESET', { cause: coded('ECONNREFUSED') }),
    new Error('ECONNREFUSED'),
    'ECONNREFUSED',
    null,
    undefined,
  ])('is false for everything else', (cause) => {
    expect(provesUnsent(cause)).toBe(false)
    expect(provesUnsent(wrapped(cause))).toBe(false)
  })

  it('ends on a circle of causes', () => {
    const circle = new Error('x')
    circle.cause = circle
    expect(provesUnsent(circle)).toBe(false)
  })
})

describe('transportError', () => {
  it('keeps the code and nothing else', () => {
    const cause = transportError(wrapped(coded('ECONNRESET', { request: 'secret' })))
    expect(cause).toMatchObject({ message: 'The call failed: ECONNRESET.', code: 'ECONNRESET' })
    expect(Object.keys(cause)).toEqual(['code'])
    expect(cause.cause).toBeUndefined()
  })

  it('survives a second telling', () => {
    const certificate = transportError(wrapped(coded('CERT_HAS_EXPIRED')))
    expect(isCertificateRefused(certificate)).toBe(true)
    expect(isCertificateRefused(transportError(coded('ECONNRESET')))).toBe(false)
  })
})
