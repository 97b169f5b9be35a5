import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createHttp } from '../src/index.ts'
import { httpServer, onRequest, tcpServer } from './servers.ts'

const http = createHttp({ timeoutMs: 5_000 })
const CANARY = 'canary-7f3a9b'

describe('one request', () => {
  it('goes out once, whole and with its length', async () => {
    const seen: unknown[] = []
    await using server = await httpServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      seen.push([
        request.method,
        request.url,
        request.headers['content-length'],
        request.headers['content-type'],
        body,
      ])
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"a":1}')
    })
    const result = await http({ method: 'PUT', url: `${server.url}/p%2B55?x=1`, json: { valor: '12.34' } })
    expect(seen).toEqual([['PUT', '/p%2B55?x=1', '17', 'application/json', '{"valor":"12.34"}']])
    expect(result).toMatchObject({ kind: 'answered', status: 201, text: '{"a":1}', json: { a: 1 } })
  })

  it('is not tried again by the client, whatever the status', async () => {
    let received = 0
    await using server = await httpServer((_request, response) => {
      received += 1
      response.writeHead(503, { 'retry-after': '0' }).end()
    })
    expect(await http({ method: 'GET', url: server.url })).toMatchObject({ kind: 'answered', status: 503 })
    expect(received).toBe(1)
  })

  it('does not follow redirects: they are answers', async () => {
    let received = 0
    await using other = await httpServer((_request, response) => {
      received += 1
      response.end()
    })
    await using server = await httpServer((_request, response) => {
      response.writeHead(307, { location: other.url }).end()
    })
    const result = await http({
      method: 'PUT',
      url: server.url,
      json: {},
      headers: { authorization: CANARY },
    })
    expect(result).toMatchObject({ kind: 'answered', status: 307 })
    expect(received).toBe(0)
  })

  it('reads a compressed answer, and limits what comes out of it', async () => {
    await using server = await httpServer((_request, response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify('x'.repeat(100_000))))
    })
    expect(await http({ method: 'GET', url: server.url })).toMatchObject({ json: 'x'.repeat(100_000) })
    const careful = createHttp({ timeoutMs: 5_000, maxBodyBytes: 50_000 })
    expect(await careful({ method: 'GET', url: server.url })).toMatchObject({
      kind: 'failed',
      stage: 'after_send_or_unknown',
      cause: { code: 'BODY_TOO_LARGE' },
    })
  })

  it('gives undefined for a body that is no JSON, and for broken UTF-8', async () => {
    const bodies = ['<html>', '', Buffer.from([0x22, 0xff, 0x22])]
    await using server = await httpServer((_request, response) => response.end(bodies.shift()))
    for (const text of ['<html>', '', '"\ufffd"']) {
      expect(await http({ method: 'GET', url: server.url })).toMatchObject({
        status: 200,
        text,
        json: undefined,
      })
    }
  })

  it('takes an injected fetch, and ends the wait even when that fetch ignores the signal', async () => {
    const deaf = createHttp({ timeoutMs: 50, fetch: () => Promise.withResolvers<Response>().promise })
    const result = await deaf({ method: 'GET', url: 'https://api.example.com/' })
    expect(result).toMatchObject({ kind: 'failed', cause: { code: 'TimeoutError' } })
    const silent = createHttp({ timeoutMs: 50, fetch: async () => new Response(new ReadableStream({})) })
    const stuck = await silent({ method: 'GET', url: 'https://api.example.com/' })
    expect(stuck).toMatchObject({
      kind: 'failed',
      stage: 'after_send_or_unknown',
      cause: { code: 'TimeoutError' },
    })
  })
})

describe('a failed call', () => {
  const secretly = { authorization: `Bearer ${CANARY}` }

  it.each([
    ['closed', (write: (bytes: string) => void) => write('')],
    ['no HTTP', (write: (bytes: string) => void) => write(`${CANARY} ${CANARY}\r\n\r\n`)],
    [
      'cut short',
      (write: (bytes: string) => void) => write(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${CANARY}`),
    ],
  ])('says nothing of the request or the answer (%s)', async (_name, answer) => {
    const body = JSON.stringify({ secret: CANARY })
    await using server = await tcpServer((socket) =>
      onRequest(socket, body.length, () => answer((bytes) => socket.end(bytes))),
    )
    const result = await http({ method: 'PUT', url: `${server.url}/${CANARY}`, body, headers: secretly })
    expect(result.kind).toBe('failed')
    expect(inspect(result, { depth: null, showHidden: true })).not.toContain(CANARY)
  })

  it.each([
    { url: 'https://api.example.com/', headers: { authorization: `${CANARY}\r\nx: y` } },
    { url: `not a url ${CANARY}`, headers: {} },
  ])('that could not even be built was not sent, and does not quote its parts', async (parts) => {
    const result = await http({ method: 'PUT', ...parts })
    expect(result).toMatchObject({
      kind: 'failed',
      stage: 'before_send',
      cause: { code: 'REQUEST_NOT_BUILT' },
    })
    expect(inspect(result, { depth: null, showHidden: true })).not.toContain(CANARY)
  })

  it('drops what an injected fetch put on its error', async () => {
    const leaky = createHttp({
      timeoutMs: 5_000,
      fetch: () =>
        Promise.reject(Object.assign(new Error(CANARY), { code: CANARY, config: { auth: CANARY } })),
    })
    const result = await leaky({ method: 'GET', url: 'https://api.example.com/' })
    expect(result).toMatchObject({
      kind: 'failed',
      stage: 'after_send_or_unknown',
      cause: { code: 'unexplained' },
    })
    expect(inspect(result, { depth: null, showHidden: true })).not.toContain(CANARY)
  })
})
