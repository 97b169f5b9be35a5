import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { checkClientCertificate, createHttp, moneyAnswer, mtlsDispatcher } from '../src/index.ts'
import { createAuthority } from './certificates.ts'
import { httpsServer, tcpServer } from './servers.ts'

const authority = createAuthority('Test Root')
const server = authority.issue({ name: 'api.test', addresses: ['127.0.0.1'] })
const client = authority.issue({ name: 'client.test' })
const clock = { now: () => new Date('2026-11-22T12:00:00Z') }
const judge = { limited: 'unknown', clock } as const

describe('mutual TLS', () => {
  it('presents the client certificate', async () => {
    const names: unknown[] = []
    const options = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
    await using api = await httpsServer(options, (request, response) => {
      names.push((request.socket as TLSSocket).getPeerCertificate().subject.CN)
      response.end('{"ok":true}')
    })
    const http = createHttp({
      timeoutMs: 5_000,
      dispatcher: mtlsDispatcher({ ...client, ca: authority.cert }),
    })
    expect(await http({ method: 'GET', url: api.url })).toMatchObject({
      kind: 'answered',
      json: { ok: true },
    })
    expect(names).toEqual(['client.test'])
  })

  it('a 401 with a body is an answer, also for a request with a body', async () => {
    await using api = await httpsServer(server, (request, response) => {
      request.resume().on('end', () => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('{}'))
    })
    const http = createHttp({
      timeoutMs: 5_000,
      dispatcher: mtlsDispatcher({ ...client, ca: authority.cert }),
    })
    const result = await http({ method: 'PUT', url: api.url, json: { a: 1 } })
    expect(result).toMatchObject({ kind: 'answered', status: 401 })
  })

  it.each([
    [
      'an issuer we do not trust',
      () => createAuthority('Stranger').issue({ name: 'x', addresses: ['127.0.0.1'] }),
    ],
    ['another name', () => authority.issue({ name: 'x', addresses: ['127.0.0.2'] })],
  ])('a server certificate from %s: not sent, and the server had no request', async (_name, certificate) => {
    let received = 0
    await using api = await httpsServer(certificate(), (_request, response) => {
      received += 1
      response.end()
    })
    const http = createHttp({
      timeoutMs: 5_000,
      dispatcher: mtlsDispatcher({ ...client, ca: authority.cert }),
    })
    const result = await http({ method: 'PUT', url: api.url, json: { valor: '1.00' } })
    expect(result).toMatchObject({ kind: 'failed', stage: 'before_send' })
    expect(moneyAnswer(result, judge).kind).toBe('not_sent')
    expect(received).toBe(0)
    expect(api.connections()).toBe(1)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'our certificate refused by the server (%s): unknown',
    async (version) => {
      const options = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
      await using api = await httpsServer(
        { ...options, maxVersion: version, minVersion: version },
        () => undefined,
      )
      const stranger = createAuthority('Stranger').issue({ name: 'client.test' })
      const http = createHttp({
        timeoutMs: 5_000,
        dispatcher: mtlsDispatcher({ ...stranger, ca: authority.cert }),
      })
      const result = await http({ method: 'PUT', url: api.url, json: { valor: '1.00' } })
      expect(moneyAnswer(result, judge).kind).toBe('unknown')
    },
  )

  it('a connection that never becomes ready: not sent', async () => {
    await using silent = await tcpServer(() => undefined)
    const dispatcher = mtlsDispatcher({ ...client, ca: authority.cert }, { connectTimeoutMs: 100 })
    const http = createHttp({ timeoutMs: 20_000, dispatcher })
    const result = await http({ method: 'PUT', url: silent.url.replace('http:', 'https:'), json: {} })
    expect(result).toMatchObject({ stage: 'before_send', cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } })
  })
})

describe('checkClientCertificate', () => {
  it('accepts a pair that belongs together', () => {
    expect(checkClientCertificate(client)).toBeNull()
  })

  it.each([
    { cert: 'nonsense', key: 'nonsense' },
    { cert: client.cert, key: server.key },
    { pfx: new Uint8Array([1, 2, 3]) },
  ])('names what is wrong and quotes nothing', (certificate) => {
    const rule = checkClientCertificate(certificate)
    expect(rule).toMatch(/^cannot be read/)
    expect(rule).not.toContain('nonsense')
  })
})
