/** The shop in this process, wired as in production: only Efí is played, by msw. */
import { randomUUID } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { createCertificates, createFakeEfi } from '@lastro/testing/efi'
import type { TestDatabase } from '@lastro/testing/storage'
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
    deliver: (request, { address }) => app.fetch(request, from(address)),
  })
  const internet = setupServer(...bank.handlers())
  internet.listen({ onUnhandledFrame: 'error' })

  const config: Config = {
    port: 0,
    publicUrl: 'https://shop.example',
    addressHeader: null,
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
  const app = createApp({ shop, live }, config)
  await shop.registerWebhook()

  const call = async (path: string, init: RequestInit = {}, address = '203.0.113.7') => {
    const response = await app.request(path, init, from(address))
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
      const response = await app.request(`/orders/${id}/live`, {}, from('203.0.113.7'))
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
      await shop.close()
      internet.close()
      bank.close()
    },
  }
}

/** What `openWorld` opens. */
export type World = Awaited<ReturnType<typeof openWorld>>

/** What Hono's server for Node tells of a caller. */
function from(remoteAddress: string): HttpBindings {
  return { incoming: { socket: { remoteAddress } } } as HttpBindings
}

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }
