/** The same bytes through every way in: what the adapter sees must be what was sent. */
import { createServer, request as httpRequest, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createLastro, type HttpContext } from '@lastro/core'
import type { RawDelivery, WebhookSource } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { said, signedSource } from './webhooks-fixture.ts'

/** Bytes that no parser gives back as they were: odd spaces, an escape, a number too long, no UTF-8 at the end. */
const ODD = new Uint8Array([
  ...new TextEncoder().encode('{ "id" :"d1",  "n": 1.0000000000000000000001, "t":"\\u00e7" } '),
  0x0a,
])
const MIB = 1_048_576

eachDatabase(
  (db) => {
    let seen: RawDelivery[]
    let logged: unknown[]
    let acknowledge: WebhookSource['acknowledge']
    let isDown: boolean
    let lastro: ReturnType<typeof engine>
    const servers: Server[] = []

    const engine = () => {
      const source = signedSource({ secrets: ['s1'], takesUnsigned: true })
      const keep = (facts: object, message: string) => logged.push([facts, message])
      const webhooks: WebhookSource = {
        ...source,
        verify: (delivery) => {
          seen.push(delivery)
          return source.verify(delivery)
        },
        acknowledge: (raw) => acknowledge?.(raw) ?? { status: 200 },
      }
      const transaction: typeof db.storage.transaction = (work, options) =>
        isDown ? Promise.reject(new Error('down')) : db.storage.transaction(work, options)
      return createLastro({
        storage: { ...db.storage, transaction },
        clock: db.clock,
        logger: { debug: keep, info: keep, warn: keep, error: keep },
        providers: { bank: { id: 'bank', webhooks } },
        basePath: '/in',
      })
    }

    beforeEach(async () => {
      await db.truncate()
      seen = []
      logged = []
      isDown = false
      acknowledge = undefined
      lastro = engine()
      await lastro.migrate()
    })
    afterEach(async () => {
      for (const server of servers.splice(0)) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    })

    const listen = async (listener: Parameters<typeof createServer>[1]): Promise<string> => {
      const server = createServer(listener)
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    }
    const withExpress = (mount: (app: express.Express) => void) => {
      const app = express()
      mount(app)
      return listen(app)
    }
    const nodeRoute = (context?: HttpContext) => (req: express.Request, res: express.Response) =>
      lastro.http.node(req, res, context)

    /** Every way in, as a base address or as a function that fetches. */
    const WAYS: Record<string, () => Promise<(path: string, init: RequestInit) => Promise<Response>>> = {
      'a Web Request': async () => (path, init) =>
        lastro.http.fetch(new Request(`http://host.example${path}`, init)),
      Hono: async () => {
        const app = new Hono()
        app.all('/in/*', (c) => lastro.http.fetch(c.req.raw))
        return async (path, init) => app.request(path, init)
      },
      'Node http': async () => {
        const base = await listen((req, res) => void lastro.http.node(req, res))
        return (path, init) => fetch(base + path, init)
      },
      'Express without a parser': async () => {
        const base = await withExpress((app) => app.use(nodeRoute()))
        return (path, init) => fetch(base + path, init)
      },
      'Express with a raw body, mounted below a path': async () => {
        const base = await withExpress((app) => {
          app.use('/in', express.raw({ type: () => true }), nodeRoute())
          app.use(express.json())
        })
        return (path, init) => fetch(base + path, init)
      },
      'Express with a parser that kept the bytes': async () => {
        const verify = (req: object, _res: unknown, bytes: Uint8Array) =>
          void Object.assign(req, { rawBody: bytes })
        const base = await withExpress((app) =>
          app.use(express.json({ verify, type: () => true }), nodeRoute()),
        )
        return (path, init) => fetch(base + path, init)
      },
    }

    describe.each(Object.entries(WAYS))('%s', (_name, open) => {
      it('gives the bytes, the URL and the headers as they were sent', async () => {
        const send = await open()
        const headers = { 'content-type': 'application/json', 'X-Odd': 'Värde' }
        const answer = await send('/in/webhooks/bank/pix?hmac=a%2Fb&ignorar=', {
          method: 'POST',
          body: ODD,
          headers,
        })
        expect([answer.status, await answer.json()]).toEqual([200, { result: 'received' }])
        expect(seen).toHaveLength(1)
        expect(Uint8Array.from(seen[0]?.body ?? [])).toEqual(ODD)
        expect(seen[0]).toMatchObject({ method: 'POST', url: '/in/webhooks/bank/pix?hmac=a%2Fb&ignorar=' })
        expect(seen[0]?.headers['x-odd']).toBeDefined()
      })

      it('answers what the provider wants to hear, 204 without a body', async () => {
        const send = await open()
        acknowledge = () => ({ status: 204, headers: { 'x-heard': 'yes' } })
        const answer = await send('/in/webhooks/bank', { method: 'POST', body: ODD })
        expect([answer.status, answer.headers.get('x-heard'), await answer.text()]).toEqual([204, 'yes', ''])
      })

      it('answers refusals, and what it does not serve', async () => {
        const send = await open()
        const forged = said({ id: 'd1' }, 'guessed')
        const status = async (path: string, init: RequestInit) => (await send(path, init)).status
        expect(
          await status('/in/webhooks/bank', { method: 'POST', body: forged.body, headers: forged.headers }),
        ).toBe(401)
        expect(await status('/in/webhooks/nobody', { method: 'POST', body: ODD })).toBe(404)
        expect(await status('/in/webhooks/', { method: 'POST', body: ODD })).toBe(404)
        const got = await send('/in/webhooks/bank', { method: 'GET' })
        expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
      })
    })

    it.each(Object.keys(WAYS).filter((name) => !name.startsWith('Express with')))(
      '%s: a body beyond the limit is cut off and answered',
      async (name) => {
        const send = await WAYS[name]?.()
        const answer = await send?.('/in/webhooks/bank', { method: 'POST', body: new Uint8Array(MIB + 1) })
        expect([answer?.status, await answer?.json()]).toEqual([413, { result: 'too_large' }])
        expect(seen).toEqual([])
      },
    )

    it('an endless body is answered while it is still being sent', async () => {
      const base = await listen((req, res) => void lastro.http.node(req, res))
      const socket = connect(Number(new URL(base).port), '127.0.0.1')
      socket.on('error', () => undefined)
      let answer = ''
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text
      })
      socket.write('POST /in/webhooks/bank HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
      const piece = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
      for (let count = 0; count < 40 && !socket.destroyed; count += 1) socket.write(piece)
      await expect.poll(() => answer).toContain('413')
      expect(answer).toContain('connection: close')
      await expect.poll(() => socket.destroyed || socket.readableEnded).toBe(true)
    })

    it.each([
      ['a JSON parser', express.json({ type: () => true }), 'object'],
      ['a text parser', express.text({ type: () => true }), 'string'],
    ])(
      '%s before it is a mistake of the route: said in the answer and in the log',
      async (_what, parser, found) => {
        const base = await withExpress((app) => app.use(parser, nodeRoute()))
        const answer = await fetch(`${base}/in/webhooks/bank`, { method: 'POST', body: '{"id":"d1"}' })
        expect([answer.status, await answer.json()]).toEqual([500, { result: 'webhook_body_parsed' }])
        expect(JSON.stringify(logged)).toContain(
          `got ${found}. Mount the webhook route before any body parser.`,
        )
      },
    )

    it('a stream that somebody read already is a mistake of the route too', async () => {
      const base = await listen((req, res) => {
        req.resume().on('end', () => void lastro.http.node(req, res))
      })
      const answer = await fetch(`${base}/in/webhooks/bank`, { method: 'POST', body: ODD })
      expect(await answer.json()).toEqual({ result: 'webhook_body_parsed' })
      const decoding = await listen((req, res) => void lastro.http.node(req.setEncoding('utf8'), res))
      const decoded = await fetch(`${decoding}/in/webhooks/bank`, { method: 'POST', body: ODD })
      expect(await decoded.json()).toEqual({ result: 'webhook_body_parsed' })
      const request = new Request('http://host.example/in/webhooks/bank', { method: 'POST', body: ODD })
      await request.text()
      await expect(lastro.http.fetch(request)).rejects.toMatchObject({ code: 'webhook_body_parsed' })
    })

    it('answers 500 when nothing could be stored, so that the sender tries again', async () => {
      const base = await listen((req, res) => void lastro.http.node(req, res))
      isDown = true
      const answer = await fetch(`${base}/in/webhooks/bank`, { method: 'POST', body: ODD })
      expect([answer.status, await answer.json()]).toEqual([500, { result: 'not_stored' }])
      isDown = false
      expect((await fetch(`${base}/in/webhooks/bank`, { method: 'POST', body: ODD })).status).toBe(200)
    })

    it('knows who called: the socket, unless the host says otherwise', async () => {
      const base = await listen((req, res) => void lastro.http.node(req, res))
      await fetch(`${base}/in/webhooks/bank`, { method: 'POST', body: ODD })
      const peer = { address: '203.0.113.7', certificateVerified: true }
      const behind = await listen((req, res) => void lastro.http.node(req, res, { peer }))
      await fetch(`${behind}/in/webhooks/bank`, { method: 'POST', body: ODD })
      expect(seen.map((delivery) => delivery.peer)).toEqual([{ address: '127.0.0.1' }, peer])
    })

    it('a sender that goes away is not taken for a whole delivery', async () => {
      const handled: Promise<void>[] = []
      const base = await listen((req, res) => void handled.push(lastro.http.node(req, res)))
      const call = httpRequest(`${base}/in/webhooks/bank`, {
        method: 'POST',
        headers: { 'content-length': '100' },
      })
      call.on('error', () => undefined)
      call.write('{"id":')
      await expect.poll(() => handled.length).toBe(1)
      call.destroy()
      await Promise.all(handled)
      expect(seen).toEqual([])
    })
  },
  ['pglite'],
)
