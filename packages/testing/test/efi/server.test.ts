import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as requestOverTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type CertificatePair,
  createCertificates,
  createFakeEfi,
  type EfiCertificates,
  type FakeEfi,
} from '../../src/efi/index.ts'
import { clientOf, HOOK, PAYER } from './client.ts'

let certificates: EfiCertificates
const closers: (() => unknown)[] = []

beforeAll(async () => {
  certificates = await createCertificates()
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** `fetch` with a client certificate, over node:https. */
function tlsFetch(identity: Partial<CertificatePair>, seen: { encoding?: string } = {}): typeof fetch {
  return async (input, init) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const request = new Request(input, init)
    const outgoing = requestOverTls(
      request.url,
      {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        ca: certificates.ca,
        cert: identity.cert,
        key: identity.key,
        agent: false,
      },
      async (incoming) => {
        seen.encoding = incoming.headers['content-encoding'] ?? 'none'
        const chunks: Buffer[] = []
        try {
          for await (const chunk of incoming) chunks.push(chunk)
          const { statusCode: status = 0, headers } = incoming
          const body = chunks.length > 0 ? Buffer.concat(chunks) : null
          resolve(new Response(body, { status, headers: { 'content-type': headers['content-type'] ?? '' } }))
        } catch (error) {
          reject(error)
        }
      },
    )
    outgoing.on('error', reject)
    outgoing.end(Buffer.from(await request.arrayBuffer()))
    return promise
  }
}

async function start(fake: FakeEfi = createFakeEfi({ certificates, webhookUrl: HOOK })) {
  const server = await fake.server({ tls: true })
  closers.push(server.close, fake.close)
  const client = (identity: Partial<CertificatePair>) =>
    clientOf(fake, { baseUrl: server.url, fetch: tlsFetch(identity) })
  return { fake, server, client }
}

describe('certificates', () => {
  test('chain to the CA, and the foreign one does not', () => {
    const ca = new X509Certificate(certificates.ca)
    for (const name of ['server', 'client', 'webhook'] as const) {
      expect(new X509Certificate(certificates[name].cert).verify(ca.publicKey), name).toBe(true)
    }
    const foreign = new X509Certificate(certificates.foreign.cert)
    expect(foreign.verify(ca.publicKey)).toBe(false)
    expect(foreign.verify(new X509Certificate(certificates.foreign.ca).publicKey)).toBe(true)
    expect(new X509Certificate(certificates.webhook.cert).subject).toBe('CN=webhook.efipay.com.br')
  })
})

describe('mutual TLS', () => {
  test('a caller with the right certificate is served', async () => {
    const { fake, client } = await start()
    expect((await client(certificates.client).send('wd1')).status).toBe(201)
    expect(fake.sent).toMatchObject([{ idEnvio: 'wd1', movements: 1 }])
  })

  test.each([
    ['none', () => ({})],
    ['a foreign one', () => certificates.foreign],
  ])('a caller with %s is refused before the token', async (_, identity) => {
    const { fake, client } = await start()
    await expect(client(identity()).send('wd1')).rejects.toThrow()
    expect([fake.calls, fake.sent]).toEqual([[], []])
  })

  test('a caller who does not know the CA refuses the server', async () => {
    const { server } = await start()
    const socket = connect({
      port: server.port,
      host: 'localhost',
      ...certificates.client,
      ca: certificates.foreign.ca,
    })
    const [error] = await once(socket, 'error')
    expect(error.code).toMatch(/CERT|ISSUER|SIGNATURE/)
  })

  test('certificates are made where none are given', async () => {
    const fake = createFakeEfi({ webhookUrl: HOOK })
    const server = await fake.server()
    closers.push(server.close)
    expect(server.url).toMatch(/^https:\/\/localhost:\d+$/)
    expect(server.certificates.client.cert).toContain('BEGIN CERTIFICATE')
    expect(server.certificates.ca).not.toBe(certificates.ca)
  })

  test('after close nobody listens, and closing twice is fine', async () => {
    const { server, client } = await start()
    await server.close()
    await server.close()
    await expect(client(certificates.client).send('wd1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('faults on the wire', () => {
  test.each([
    ['drop_before_send', 0],
    ['drop_after_effect', 1],
    ['truncate', 1],
  ] as const)('%s kills the connection and leaves %d', async (kind, count) => {
    const { fake, client } = await start()
    const caller = client(certificates.client)
    fake.faults.next('pix.send', kind)
    await expect(caller.send('wd1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(fake.sent).toHaveLength(count)
    expect((await caller.find('wd1')).status).toBe(count === 0 ? 404 : 200)
  })

  test('a slow answer waits on an open connection until its time has come', async () => {
    const { fake, client } = await start()
    const caller = client(certificates.client)
    await caller.ask('/v2/gn/saldo')
    fake.faults.next('pix.send', 'slow')
    const answer = caller.send('wd1')
    await expect.poll(() => fake.sent.length).toBe(1)
    await fake.advance(30_000)
    expect((await answer).status).toBe(201)
  })
})

describe('plain HTTP', () => {
  test('works with the global fetch, and compresses long answers for those who accept it', async () => {
    const fake = createFakeEfi({ webhookUrl: HOOK })
    const server = await fake.server({ tls: false })
    closers.push(server.close)
    expect('certificates' in server).toBe(false)
    const client = clientOf(fake, { baseUrl: server.url, fetch })
    for (const id of ['a1', 'a2', 'a3', 'a4', 'a5']) await client.send(id)
    const range = 'inicio=2020-01-01T00:00:00Z&fim=2100-01-01T00:00:00Z'
    const list = await client.ask(`/v2/gn/pix/enviados?${range}`)
    expect(list.headers.get('content-encoding')).toBe('gzip')
    expect(list.headers.get('content-length')).toBeNull()
    expect(list.body.pix).toHaveLength(5)
    const short = await client.ask('/v2/gn/saldo')
    expect([short.headers.get('content-encoding'), short.headers.get('content-length')]).toEqual([
      null,
      String(JSON.stringify(short.body).length),
    ])
    expect((await client.ask(`/v2/webhook/${PAYER}`, { method: 'DELETE' })).status).toBe(204)
  })

  test('a cut answer fails while it is read, and a body beyond the limit is refused', async () => {
    const fake = createFakeEfi({ webhookUrl: HOOK })
    const server = await fake.server({ tls: false })
    closers.push(server.close)
    const client = clientOf(fake, { baseUrl: server.url, fetch })
    fake.faults.next('pix.send', 'truncate')
    await expect(client.send('wd1')).rejects.toMatchObject({ message: 'terminated' })
    const large = await client
      .ask('/v3/gn/pix/wd2', { method: 'PUT', body: 'x'.repeat(1_000_001) })
      .catch(() => null)
    expect(large === null || large.status === 413).toBe(true)
    expect(fake.sent.map(({ idEnvio }) => idEnvio)).toEqual(['wd1'])
  })

  test('a whole webhook round trip: register, send, settle by real time, be told', async () => {
    const told: unknown[] = []
    const host = await listenOverTls({ told, requireCertificate: true })
    const fake = createFakeEfi({ certificates, timers: 'real', settleAfterMs: 1 })
    const { client } = await start(fake)
    const caller = client(certificates.client)
    const registered = await caller.ask(`/v2/webhook/${PAYER}`, {
      method: 'PUT',
      body: { webhookUrl: `${host}/webhook?hmac=xyz&ignorar=` },
      headers: { 'x-skip-mtls-checking': 'false' },
    })
    expect([registered.status, told]).toEqual([
      201,
      [['/webhook?hmac=xyz&ignorar=', 'CN=webhook.efipay.com.br', expect.stringContaining('teste_webhook')]],
    ])
    expect(fake.webhooks[0]?.attempts).toMatchObject([{ status: null }, { status: 200 }])
    await caller.send('wd1')
    await expect.poll(() => told.length).toBe(2)
    expect(told[1]).toEqual([
      '/webhook?hmac=xyz&ignorar=/pix',
      'CN=webhook.efipay.com.br',
      expect.stringContaining('"status":"REALIZADO"'),
    ])
  })

  test('a host that lets anybody in cannot register for mutual TLS', async () => {
    const host = await listenOverTls({ told: [], requireCertificate: false })
    const { client } = await start()
    const register = (skip: string) =>
      client(certificates.client).ask(`/v2/webhook/${PAYER}`, {
        method: 'PUT',
        body: { webhookUrl: `${host}/webhook` },
        headers: { 'x-skip-mtls-checking': skip },
      })
    expect((await register('false')).body).toEqual({
      nome: 'webhook_invalido',
      mensagem: 'A autenticação de TLS mútuo não está configurada na URL informada',
    })
    expect((await register('true')).status).toBe(201)
  })

  test('over plain HTTP a redirect is no success', async () => {
    const fake = createFakeEfi({ allowHttpWebhooks: true })
    const server = await fake.server({ tls: false })
    closers.push(server.close)
    const client = clientOf(fake)
    const register = { method: 'PUT', headers: { 'x-skip-mtls-checking': 'true' } }
    const there = await client.ask(`/v2/webhook/${PAYER}`, {
      ...register,
      body: { webhookUrl: `${server.url}/x` },
    })
    expect(there.body.mensagem).toBe('A URL informada respondeu com o código HTTP 404')
    await server.close()
    const gone = await client.ask(`/v2/webhook/${PAYER}`, {
      ...register,
      body: { webhookUrl: `${server.url}/x` },
    })
    expect(gone.body.mensagem).toBe('A URL informada está inacessível')
  })
})

/** A host's webhook server: answers 200 and keeps path, caller and body. */
async function listenOverTls(options: { told: unknown[]; requireCertificate: boolean }): Promise<string> {
  const mutual = { requestCert: true, rejectUnauthorized: options.requireCertificate }
  const tls = { ...certificates.server, ca: certificates.ca, ...mutual }
  const server = createServer(tls, async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const subject = (incoming.socket as TLSSocket).getPeerX509Certificate()?.subject
    options.told.push([incoming.url, subject, Buffer.concat(chunks).toString()])
    outgoing.writeHead(200).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}
