import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** A server on loopback, and what it saw. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  /** Connections accepted by the operating system's socket. */
  readonly connections: () => number
}

async function serve(server: Server, scheme: 'http' | 'https'): Promise<TestServer> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Speaks HTTP. */
export function httpServer(listener: RequestListener): Promise<TestServer> {
  return serve(createHttpServer(listener), 'http')
}

/** Speaks HTTP over TLS. */
export function httpsServer(options: TlsOptions, listener: RequestListener): Promise<TestServer> {
  return serve(createHttpsServer(options, listener), 'https')
}

/** Speaks whatever the handler does with the bare connection. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<TestServer> {
  return serve(createTcpServer(onConnection), 'http')
}

/** An address where nothing listens: a port that was free a moment ago. */
export async function deadUrl(): Promise<string> {
  await using server = await tcpServer(() => undefined)
  return server.url
}

/** Calls back once, when a whole HTTP request with a body of this many bytes has arrived on a bare connection. */
export function onRequest(socket: Socket, bodyBytes: number, callback: () => void): void {
  let seen = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk])
    const head = seen.indexOf('\r\n\r\n')
    if (head >= 0 && seen.length >= head + 4 + bodyBytes) {
      seen = Buffer.alloc(0)
      callback()
    }
  })
}
