/** The shop in this process, wired as in production: only Efí is played, by msw. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCertificates, createFakeEfi } from '@lastro/testing/efi'
import type { TestDatabase } from '@lastro/testing/storage'
import type { Express } from 'express'
import { http, passthrough } from 'msw'
import { setupServer } from 'msw/node'
import { createApp } from '../src/app.ts'
import type { Config } from '../src/config.ts'
import { createLive } from '../src/live.ts'
import { openShop } from '../src/shop.ts'

const WEBHOOK_SECRET = 'webhook-secret-of-the-tests'
const OPERATOR_PASSWORD = 'password-of-the-tests'
const EFI_ADDRESS = '34.193.116.226'
const MAX_ROUNDS = 40

/** Made once: they take a second. */
const certificates = await createCertificates()

/** Opens the shop on a PostgreSQL server where the test database has one, else on PGlite in memory. */
export async function openWorld({ url, clock }: TestDatabase) {
  const bank = createFakeEfi({
    clock,
    deliver: (request, { address }) => atProxy(request.url, request, address),
  })
  const internet = setupServer(
    ...bank.handlers(),
    http.all(/^http:\/\/127\.0\.0\.1:/, () => passthrough()),
  )
  internet.listen({ onUnhandledFrame: 'error' })

  const config: Config = {
    port: 0,
    publicUrl: 'https://shop.example',
    trustProxy: 'loopback',
    operatorPassword: OPERATOR_PASSWORD,
    database: url === null ? { folder: null } : { url },
    efi: {
      environment: 'homologation',
      ...bank.credentials,
      certificate: certificates.client,
      pixKey: bank.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: [WEBHOOK_SECRET] },
    },
  }
  const shop = await openShop(config, { clock, logger: SILENT })
  const live = createLive({ versions: shop.orders.versions, everyMs: 20 })
  const app = await listen(createApp({ shop, live }, config))
  /** A proxy before the app: it tells who called. */
  const atProxy = async (url: string, request: RequestInit | Request, address = '203.0.113.7') => {
    const { pathname, search } = new URL(url, config.publicUrl)
    const forwarded = new Request(`${app.url}${pathname}${search}`, request)
    forwarded.headers.set('x-forwarded-for', address)
    return fetch(forwarded, { redirect: 'manual' })
  }
  await shop.registerWebhook()

  const call = async (path: string, init: RequestInit = {}, address?: string) => {
    const response = await atProxy(path, init, address)
    const { status, headers } = response
    return { status, headers, location: headers.get('location'), text: await response.text() }
  }
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    call(path, { method: 'POST', headers, body: new URLSearchParams(form) })
  const asOperator = (password = OPERATOR_PASSWORD) => ({
    authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`,
  })
  /** Time passes: webhooks and refunds at the bank, and what jobs find due. */
  const pass = async () => {
    await clock.advance(2_000)
    await bank.flushWebhooks()
    await shop.lastro.tick()
  }
  const show = async (id: string) => {
    const shown = await shop.show(id)
    return { ...shown, status: shown.order.status, state: shown.payment.state }
  }
  const until = async (
    id: string,
    isThere: (now: Awaited<ReturnType<typeof show>>) => boolean,
  ): Promise<Awaited<ReturnType<typeof show>>> => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const now = await show(id)
      if (isThere(now)) return now
      await pass()
    }
    throw new Error(`Never there: ${JSON.stringify(await show(id), null, 1)}`)
  }

  return {
    shop,
    live,
    bank,
    call,
    post,
    pass,
    show,
    until,
    asOperator,
    /** A webhook as Efí sends it, or as somebody else does. */
    webhook: (body: string, { secret = WEBHOOK_SECRET, address = EFI_ADDRESS } = {}) =>
      call(`/webhooks/efi?hmac=${secret}&ignorar=/pix`, { method: 'POST', body }, address),
    /** Three cloth filters, 55.50, unless the form says otherwise. Answers with the order's id. */
    async order(form: Record<string, string> = {}) {
      const { location, text } = await post('/orders', {
        id: randomUUID(),
        product: 'filter',
        quantity: '3',
        ...form,
      })
      if (location === null) throw new Error(text)
      return location.split('/').at(-1) ?? ''
    },
    /** Somebody pays it, and the shop hears of it. */
    async pay(id: string) {
      const { providerRef } = await shop.lastro.payments.get((await shop.orders.get(id)).payment_id)
      bank.payPix(providerRef ?? '')
      return until(id, ({ status }) => status === 'paid')
    },
    refund: (id: string, form: Record<string, string>, headers = asOperator()) =>
      post(`/operator/orders/${id}/refunds`, form, headers),
    /** The messages of a page's stream, until it is left. */
    async watch(id: string) {
      const response = await atProxy(`/orders/${id}/live`, {})
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      let text = ''
      return {
        headers: response.headers,
        /** Waits for the next message; null when the stream ends. Comments are passed over. */
        async next() {
          for (;;) {
            const end = text.indexOf('\n\n')
            const message = text.slice(0, Math.max(0, end))
            text = text.slice(end === -1 ? 0 : end + 2)
            if (message.startsWith('data:')) return message
            if (end !== -1) continue
            const { done, value } = await reader.read()
            if (done) return null
            text += new TextDecoder().decode(value)
          }
        },
        leave: () => reader.cancel(),
      }
    },
    /** A long time passes at once. */
    forward: (ms: number) => clock.advance(ms),
    async close() {
      live.close()
      await app.close()
      await shop.close()
      internet.close()
      bank.close()
    },
  }
}

/** What `openWorld` opens. */
export type World = Awaited<ReturnType<typeof openWorld>>

/** A server on a free port of loopback. */
async function listen(app: Express) {
  const server: Server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }
