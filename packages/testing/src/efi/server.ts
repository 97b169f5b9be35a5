/** The fake behind a real socket, with mutual TLS as at Efí. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { gzipSync } from 'node:zlib'
import type { EfiAnswer } from './answers.ts'
import type { EfiCertificates } from './certificates.ts'
import type { Handle } from './fetch.ts'

/** Where a server listens. */
export interface FakeEfiServerOptions {
  /** Mutual TLS: a caller without a certificate of the CA is refused. Default: true. */
  readonly tls?: boolean
  /** The port on 127.0.0.1. Default: a free one. */
  readonly port?: number
}

/** A fake Efí that listens. */
export interface FakeEfiServer {
  /** `https://localhost:…`, or `http://localhost:…` without TLS. */
  readonly url: string
  readonly port: number
  /** Stops listening and cuts every connection. Calling it again does nothing. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 1_000_000
/** From about this size on, Efí compresses for callers that accept gzip, in chunks and without a length. */
const COMPRESSED_FROM_BYTES = 1000

/** Listens on loopback. Without certificates it speaks plain HTTP. */
export async function listen(
  handle: Handle,
  { certificates, port = 0 }: { certificates: EfiCertificates | null; port?: number | undefined },
): Promise<FakeEfiServer> {
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    serve(handle, { incoming, outgoing }).catch(() => incoming.socket.destroy())
  }
  const server = certificates
    ? createTlsServer({ ...certificates.server, ca: certificates.ca, ...MUTUAL }, answer)
    : createServer(answer)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The fake server did not get a port.')
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  let stopping: Promise<void> | undefined
  return {
    url: `${certificates ? 'https' : 'http'}://localhost:${address.port}`,
    port: address.port,
    close: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

const MUTUAL = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const

async function serve(
  handle: Handle,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): Promise<void> {
  const body = await read(incoming)
  if (body === null) {
    outgoing.writeHead(413, { connection: 'close' }).end()
    return
  }
  const answer = await handle({
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ),
    body,
  })
  const acceptsGzip = /\bgzip\b/.test(String(incoming.headers['accept-encoding'] ?? ''))
  if (answer === 'drop') incoming.socket.destroy()
  else if (answer.announcedBytes !== undefined) cutShort(outgoing, answer)
  else write(outgoing, { answer, acceptsGzip })
}

/** The whole body, or null when it is too large. */
async function read(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function write(
  outgoing: ServerResponse,
  { answer, acceptsGzip }: { answer: EfiAnswer; acceptsGzip: boolean },
): void {
  const body = Buffer.from(answer.body)
  if (!acceptsGzip || body.length < COMPRESSED_FROM_BYTES) {
    outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': body.length }).end(body)
    return
  }
  outgoing.writeHead(answer.status, {
    ...answer.headers,
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
  })
  outgoing.end(gzipSync(body))
}

/** Announces the whole length, writes the half, and dies once the half has left. */
function cutShort(outgoing: ServerResponse, { status, headers, body, announcedBytes }: EfiAnswer): void {
  outgoing.writeHead(status, { ...headers, 'content-length': announcedBytes })
  outgoing.write(body, () => outgoing.destroy())
}
