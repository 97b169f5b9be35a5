import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { createHttp, type HttpRequest, type HttpResult, moneyAnswer } from '../src/index.ts'
import { deadUrl, httpServer, onRequest, tcpServer } from './servers.ts'

const clock = { now: () => new Date('2026-11-22T12:00:00Z') }
const http = createHttp({ timeoutMs: 5_000 })
const BODY = '{"valor":"12.34"}'

const put = (url: string): HttpRequest => ({ method: 'PUT', url: `${url}/v3/gn/pix/wd1`, body: BODY })
const judge = (result: HttpResult) => moneyAnswer(result, { limited: 'unknown', clock })

/** Each row of the table in the house's page on outcomes, on real sockets. */
describe('what a failed call may have done', () => {
  it('nothing listens: not sent', async () => {
    const result = await http(put(await deadUrl()))
    expect(result).toMatchObject({ kind: 'failed', stage: 'before_send', cause: { code: 'ECONNREFUSED' } })
    expect(judge(result).kind).toBe('not_sent')
  })

  it('the name does not exist: not sent', async () => {
    // A resolver without a network may take its time to say so.
    const patient = createHttp({ timeoutMs: 25_000 })
    const result = await patient(put('http://no-such-host.invalid'))
    expect(result).toMatchObject({ kind: 'failed', stage: 'before_send' })
    // Without a network the resolver says "try again" instead of "not found".
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(result.kind === 'failed' && result.cause.code)
    expect(judge(result).kind).toBe('not_sent')
  })

  it('reset before the server read: unknown', async () => {
    await using server = await tcpServer((socket) => socket.resetAndDestroy())
    const result = await http(put(server.url))
    expect(server.connections()).toBe(1)
    expect(result).toMatchObject({ kind: 'failed', stage: 'after_send_or_unknown' })
    expect(judge(result).kind).toBe('unknown')
  })

  it('the server read the request, then closed: unknown', async () => {
    let received = 0
    await using server = await tcpServer((socket) => {
      onRequest(socket, BODY.length, () => {
        received += 1
        socket.end()
      })
    })
    const result = await http(put(server.url))
    expect(received).toBe(1)
    expect(result).toMatchObject({ kind: 'failed', cause: { code: 'UND_ERR_SOCKET' } })
    expect(judge(result).kind).toBe('unknown')
  })

  it('the server read the request, then reset: unknown', async () => {
    let received = 0
    await using server = await tcpServer((socket) => {
      onRequest(socket, BODY.length, () => {
        received += 1
        socket.resetAndDestroy()
      })
    })
    expect(judge(await http(put(server.url))).kind).toBe('unknown')
    expect(received).toBe(1)
  })

  it('a kept-alive connection died under the request: unknown, and it is not sent a second time', async () => {
    let received = 0
    await using server = await tcpServer((socket) => {
      onRequest(socket, BODY.length, () => {
        received += 1
        if (received === 1) socket.write('HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}')
        else socket.destroy()
      })
    })
    // One connection, so that the second request cannot take another.
    const onOneLine = createHttp({ timeoutMs: 5_000, dispatcher: new Agent({ connections: 1 }) })
    const first = await onOneLine(put(server.url))
    expect(judge(first)).toMatchObject({ kind: 'answered', status: 201 })
    const second = await onOneLine(put(server.url))
    expect(server.connections()).toBe(1)
    expect(received).toBe(2)
    expect(judge(second).kind).toBe('unknown')
  })

  it('the deadline passed: unknown', async () => {
    let received = 0
    await using server = await httpServer(() => {
      received += 1
    })
    const impatient = createHttp({ timeoutMs: 100 })
    const result = await impatient(put(server.url))
    expect(received).toBe(1)
    expect(result).toMatchObject({ kind: 'failed', cause: { code: 'TimeoutError' } })
    expect(judge(result).kind).toBe('unknown')
  })

  it('the deadline passed while the body was coming: unknown', async () => {
    await using server = await httpServer((_request, response) => {
      response.writeHead(201, { 'content-length': '100' })
      response.write('{"idEnvio"')
    })
    const impatient = createHttp({ timeoutMs: 150 })
    const result = await impatient(put(server.url))
    expect(result).toMatchObject({ kind: 'failed', cause: { code: 'TimeoutError' } })
    expect(judge(result).kind).toBe('unknown')
  })

  it('the caller gave up: unknown', async () => {
    const controller = new AbortController()
    await using server = await httpServer(() => controller.abort())
    const result = await http({ ...put(server.url), signal: controller.signal })
    expect(judge(result).kind).toBe('unknown')
  })

  it('the caller had given up before the call began: not sent, and nothing was called', async () => {
    let received = 0
    await using server = await httpServer(() => {
      received += 1
    })
    const result = await http({ ...put(server.url), signal: AbortSignal.abort() })
    expect(judge(result).kind).toBe('not_sent')
    expect(received).toBe(0)
  })

  it.each([
    ['announced length', 'HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"idEnvio":"wd1"'],
    ['chunks', 'HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"idEnvio":"wd1"\r\n'],
  ])('the body was cut short (%s): unknown', async (_name, bytes) => {
    await using server = await tcpServer((socket) => onRequest(socket, BODY.length, () => socket.end(bytes)))
    const result = await http(put(server.url))
    expect(result).toMatchObject({ kind: 'failed', stage: 'after_send_or_unknown' })
    expect(judge(result).kind).toBe('unknown')
  })

  it('an answer that is no HTTP: unknown', async () => {
    await using server = await tcpServer((socket) =>
      onRequest(socket, BODY.length, () => socket.end('salve\r\n\r\n')),
    )
    expect(judge(await http(put(server.url))).kind).toBe('unknown')
  })

  it.each([100 + 3, 300, 302, 307, 408, 425, 499, 500, 501, 502, 503, 504, 599])(
    '%i: unknown',
    async (status) => {
      const result = status < 200 ? answeredWith(status) : await askFor(status)
      expect(judge(result).kind).toBe('unknown')
    },
  )

  it.each([200, 201, 202, 400, 401, 403, 404, 409, 422])('%i is for the adapter to read', async (status) => {
    expect(judge(await askFor(status))).toMatchObject({ kind: 'answered', status })
  })
})

const answeredWith = (status: number): HttpResult => ({
  kind: 'answered',
  status,
  headers: {},
  bytes: new Uint8Array(0),
  text: '',
  json: undefined,
})

async function askFor(status: number, headers: Record<string, string> = {}): Promise<HttpResult> {
  await using server = await httpServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end('{"status":"REALIZADO"}')
  })
  // Awaited here: the server ends with this block.
  return await http(put(server.url))
}

describe('429', () => {
  it('is doubt where the provider does not say that limited requests are not processed', async () => {
    expect(judge(await askFor(429)).kind).toBe('unknown')
  })

  it('is not sent where it does, with the delay it asks for', async () => {
    const limited = { limited: 'not_processed', clock } as const
    const inSeconds = moneyAnswer(await askFor(429, { 'retry-after': '7' }), limited)
    expect(inSeconds).toMatchObject({ kind: 'not_sent', retryAfterMs: 7_000 })
    const atDate = moneyAnswer(await askFor(429, { 'retry-after': 'Sun, 22 Nov 2026 12:01:30 GMT' }), limited)
    expect(atDate).toMatchObject({ kind: 'not_sent', retryAfterMs: 90_000 })
    expect(moneyAnswer(await askFor(429), limited)).not.toHaveProperty('retryAfterMs')
  })
})
