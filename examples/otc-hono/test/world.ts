/** The app in this process, wired as in production: only Efí and the source of rates are played, by msw. */
import type { HttpBindings } from '@hono/node-server'
import { Money, type TradeState } from '@lastro/core'
import { createCertificates, createFakeEfi } from '@lastro/testing/efi'
import type { TestDatabase } from '@lastro/testing/storage'
import { Hono } from 'hono'
import { HttpResponse, http, passthrough } from 'msw'
import { setupServer } from 'msw/node'
import { createApp } from '../src/app.ts'
import type { Config } from '../src/config.ts'
import { openDesk } from '../src/lastro.ts'
import { startChain } from '../src/sandbox.ts'

const WEBHOOK_SECRET = 'webhook-secret-of-the-tests'
const CRON_TOKEN = 'cron-token-of-the-tests'
const EFI_ADDRESS = '34.193.116.226'
const RATES = { POL: '2.4871', USDC: '5.3312' }
const MAX_ROUNDS = 40

/** Made once: they take a second. */
const certificates = await createCertificates()

/** Opens the app on a PostgreSQL server where the test database has one, else on PGlite in memory. */
export async function openWorld({ url, clock }: TestDatabase) {
  // The chain's blocks have this machine's time.
  await clock.set(new Date())
  const chain = await startChain()
  const bank = createFakeEfi({
    clock,
    deliver: (request, { address }) => app.fetch(request, from(address)),
  })
  const internet = setupServer(
    ...bank.handlers(),
    http.get('https://rates.example/:symbol', ({ params }) =>
      HttpResponse.json({ price: RATES[params.symbol as keyof typeof RATES] }),
    ),
    http.all(/^http:\/\/127\.0\.0\.1:/, () => passthrough()),
  )
  internet.listen({ onUnhandledFrame: 'error' })

  const config: Config = {
    port: 0,
    publicUrl: 'https://desk.example',
    addressHeader: null,
    cronToken: CRON_TOKEN,
    database: url === null ? { folder: null } : { url },
    ...chain.config,
    rates: { url: 'https://rates.example/{base}', path: 'price' },
    efi: {
      environment: 'homologation',
      ...bank.credentials,
      certificate: certificates.client,
      pixKey: bank.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: [WEBHOOK_SECRET] },
    },
  }
  const desk = await openDesk(config, { clock, logger: SILENT })
  const app = createApp(desk, config)
  await desk.registerWebhook()

  const call = async (path: string, init: RequestInit = {}, address = '203.0.113.7') => {
    const response = await app.request(path, init, from(address))
    return { status: response.status, body: (await response.json()) as Answer }
  }
  const post = (path: string, { key, ...request }: { key?: string; json: unknown }) =>
    call(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(request.json),
    })
  const tick = () =>
    call('/cron/tick', { method: 'POST', headers: { authorization: `Bearer ${CRON_TOKEN}` } })
  /** Time passes: a block, settlements and webhooks at the bank, and what the cron route finds due. */
  const pass = async () => {
    await chain.mine()
    await clock.advance(2_000)
    await bank.flushWebhooks()
    await tick()
  }

  return {
    desk,
    bank,
    call,
    post,
    tick,
    /** A webhook as Efí sends it, or as somebody else does. */
    webhook: (body: string, { secret = WEBHOOK_SECRET, address = EFI_ADDRESS } = {}) =>
      call(hook(secret), { method: 'POST', body }, address),
    /** The same to an app in which a parser of bodies stands before the webhooks. */
    webhookBehindParser: async (body: string) => {
      const parsing = new Hono<{ Bindings: HttpBindings }>()
      parsing.use(async (c, next) => {
        await c.req.json()
        await next()
      })
      parsing.route('/', app)
      return parsing.request(hook(WEBHOOK_SECRET), { method: 'POST', body }, from(EFI_ADDRESS))
    },
    quote: async (key: string, give: Money = Money.parse('10', 'USDC.polygon/6')) =>
      (await post('/quotes', { key, json: { give: Money.toJson(give) } })).body.id,
    order: (key: string, json: { customer: string; quoteId: string }) =>
      post('/trades', { key, json: { pixKey: '52998224725', refundAddress: chain.customer, ...json } }),
    pay: chain.pay,
    /** A long time passes at once. */
    forward: (ms: number) => clock.advance(ms),
    /** Lets time pass until the trade is there. */
    async until(state: TradeState, tradeId: string) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { body } = await call(`/trades/${tradeId}`)
        if (body.state === state) return body
        await pass()
      }
      throw new Error(`Not ${state}: ${JSON.stringify(await call(`/trades/${tradeId}/timeline`), null, 1)}`)
    },
    async close() {
      await desk.close()
      internet.close()
      bank.close()
      await chain.stop()
    },
  }
}

/** What `openWorld` opens. */
export type World = Awaited<ReturnType<typeof openWorld>>

const hook = (secret: string) => `/webhooks/efi?hmac=${secret}&ignorar=/pix`

/** An answer of the app: each test knows which fields it has. */
// biome-ignore lint/suspicious/noExplicitAny: JSON that the test itself judges
type Answer = any

/** What Hono's server for Node tells of a caller. */
function from(remoteAddress: string): HttpBindings {
  return { incoming: { socket: { remoteAddress } } } as HttpBindings
}

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }
