/** The routes. */
import { randomUUID } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { isLastroError, type PaymentView } from '@lastro/core'
import { type Context, Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ASSETS } from './assets.ts'
import type { Config } from './config.ts'
import { type Live, STREAM_HEADERS } from './live.ts'
import { errorPage, operatorPage, orderPage, ordersPage, PAGE_HEADERS, shopPage } from './pages.ts'
import { isForeign, orderForm, parseForm, refundForm } from './requests.ts'
import type { Shop } from './shop.ts'

const small = bodyLimit({ maxSize: 16_384 })

type Call = Context<{ Bindings: HttpBindings }>

/** What the routes need. `playPayer` pays as a customer would: only in the sandbox. */
export interface AppParts {
  readonly shop: Shop
  readonly live: Live
  readonly playPayer?: ((payment: PaymentView) => void) | undefined
}

/** The app over an open shop. It runs nothing in the background. */
export function createApp(
  { shop, live, playPayer }: AppParts,
  config: Pick<Config, 'operatorPassword' | 'addressHeader'>,
) {
  const { lastro, orders } = shop
  const app = new Hono<{ Bindings: HttpBindings }>()

  // The bytes as they came: no middleware that reads the body may stand before this route.
  app.post('/webhooks/*', (c) => {
    const address = addressOf(c, config.addressHeader)
    return lastro.http.fetch(c.req.raw, address === undefined ? {} : { peer: { address } })
  })

  app.use(withHeaders)

  app.get('/', (c) => c.html(shopPage(randomUUID())))

  app.post('/orders', small, async (c) => {
    const { id } = await shop.checkOut(parseForm(orderForm, await c.req.parseBody()))
    return c.redirect(`/orders/${id}`, 303)
  })

  app.get('/orders/:id', async (c) => {
    const shown = await shop.show(c.req.param('id'))
    return c.html(await orderPage(shown, { canPlayPayer: playPayer !== undefined }))
  })

  app.get('/orders/:id/live', async (c) => {
    const { id } = await orders.get(c.req.param('id'))
    const stream = live.open(id)
    return stream === null ? c.text('Too many pages are open.', 503) : c.body(stream, 200, STREAM_HEADERS)
  })

  if (playPayer !== undefined) {
    app.post('/orders/:id/pay', small, async (c) => {
      const { order, payment } = await shop.show(c.req.param('id'))
      playPayer(payment)
      return c.redirect(`/orders/${order.id}`, 303)
    })
  }

  app.route('/operator', operatorRoutes(shop, config))

  app.get('/assets/:name', (c) => {
    const asset = ASSETS[c.req.param('name')]
    return asset ? c.body(asset.body, 200, { 'content-type': asset.type }) : c.notFound()
  })

  app.notFound((c) => c.html(errorPage('There is no such page.'), 404))
  app.onError(answerError)
  return app
}

/** What only the operator may see and do. */
function operatorRoutes(shop: Shop, config: Pick<Config, 'operatorPassword'>) {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(basicAuth({ username: 'operator', password: config.operatorPassword }))

  app.get('/', async (c) => c.html(ordersPage(await shop.orders.list())))

  app.get('/orders/:id', async (c) => c.html(operatorPage(await shop.show(c.req.param('id')))))

  app.post('/orders/:id/refunds', small, async (c) => {
    const { number, amount } = parseForm(refundForm, await c.req.parseBody())
    const order = await shop.orders.get(c.req.param('id'))
    await shop.lastro.payments.refund({
      id: order.payment_id,
      ...(amount === undefined ? {} : { amount }),
      idempotencyKey: `refund:${order.id}:${number}`,
    })
    return c.redirect(`/operator/orders/${order.id}`, 303)
  })
  return app
}

/** Forms of other sites are refused; every answer carries the headers. */
const withHeaders = createMiddleware(async (c, next) => {
  if (c.req.method === 'POST' && isForeign((name) => c.req.header(name)))
    throw new HTTPException(403, { message: 'This form came from another site.' })
  await next()
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value)
})

/** Who calls, as far as it can be believed: Efí is known by its address too. */
function addressOf(c: Call, header: string | null): string | undefined {
  return header === null ? getConnInfo(c).remote.address : c.req.header(header)
}

/** Every error as a page. */
async function answerError(error: Error, c: Context): Promise<Response> {
  if (isLastroError(error)) return c.html(errorPage(error.message), error.status as ContentfulStatusCode)
  if (error instanceof HTTPException) {
    const { status, res } = error
    // Its own headers tell the browser to ask for the password.
    return c.html(errorPage(error.message || 'Not allowed.'), status, Object.fromEntries(res?.headers ?? []))
  }
  console.error(error)
  return c.html(errorPage('Something went wrong.'), 500)
}
