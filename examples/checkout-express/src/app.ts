/** The routes. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isLastroError, type PaymentView } from '@lastro/core'
import express, { type NextFunction, type Request, type Response } from 'express'
import { ASSETS } from './assets.ts'
import type { Config } from './config.ts'
import { type Live, STREAM_HEADERS } from './live.ts'
import { errorPage, operatorPage, orderPage, ordersPage, PAGE_HEADERS, shopPage } from './pages.ts'
import { isForeign, orderForm, parseForm, refundForm } from './requests.ts'
import type { Shop } from './shop.ts'

/** What the routes need. `playPayer` pays as a customer would: only in the sandbox. */
export interface AppParts {
  readonly shop: Shop
  readonly live: Live
  readonly playPayer?: ((payment: PaymentView) => void) | undefined
}

/** The app over an open shop. It runs nothing in the background. */
export function createApp(
  { shop, live, playPayer }: AppParts,
  config: Pick<Config, 'operatorPassword' | 'trustProxy'>,
) {
  const { lastro, orders } = shop
  const app = express().disable('x-powered-by').disable('etag')
  // Whose word is taken for `req.ip`: Efí is known by its address too.
  app.set('trust proxy', config.trustProxy)

  // Before any parser of bodies, because it needs the bytes as they came.
  app.post('/webhooks/*rest', (req, res) =>
    lastro.http.node(req, res, req.ip === undefined ? {} : { peer: { address: req.ip } }),
  )

  app.use(withHeaders)
  app.use(express.urlencoded({ extended: false, limit: '16kb' }))
  app.use('/operator', operatorRoutes(shop, config))

  app.get('/', (_req, res) => {
    res.send(shopPage(randomUUID()))
  })

  app.post('/orders', async (req, res) => {
    const { id } = await shop.checkOut(parseForm(orderForm, req.body ?? {}))
    res.redirect(303, `/orders/${id}`)
  })

  app.get('/orders/:id', async (req, res) => {
    const shown = await shop.show(req.params.id)
    res.send(await orderPage(shown, { canPlayPayer: playPayer !== undefined }))
  })

  app.get('/orders/:id/live', async (req, res) => {
    const { id } = await orders.get(req.params.id)
    const stream = live.open(id)
    if (stream === null) {
      res.status(503).type('text').send('Too many pages are open.')
      return
    }
    res.writeHead(200, STREAM_HEADERS)
    // A page that is left ends it: that is no error.
    await pipeline(Readable.fromWeb(stream), res).catch(() => {})
  })

  if (playPayer !== undefined) {
    app.post('/orders/:id/pay', async (req, res) => {
      const { order, payment } = await shop.show(req.params.id)
      playPayer(payment)
      res.redirect(303, `/orders/${order.id}`)
    })
  }

  app.get('/assets/:name', (req, res, next) => {
    const asset = ASSETS[req.params.name]
    if (asset) res.type(asset.type).send(asset.body)
    else next()
  })

  app.use((_req, res) => {
    res.status(404).send(errorPage('There is no such page.'))
  })
  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error)
    const { status, message } = describe(error)
    res.status(status).send(errorPage(message))
  })
  return app
}

/** What only the operator may see and do. */
function operatorRoutes(shop: Shop, config: Pick<Config, 'operatorPassword'>) {
  const router = express.Router()
  router.use(operatorOnly(config.operatorPassword))

  router.get('/', async (_req, res) => {
    res.send(ordersPage(await shop.orders.list()))
  })

  router.get('/orders/:id', async (req, res) => {
    res.send(operatorPage(await shop.show(req.params.id)))
  })

  router.post('/orders/:id/refunds', async (req, res) => {
    const { number, amount } = parseForm(refundForm, req.body ?? {})
    const order = await shop.orders.get(req.params.id)
    await shop.lastro.payments.refund({
      id: order.payment_id,
      ...(amount === undefined ? {} : { amount }),
      idempotencyKey: `refund:${order.id}:${number}`,
    })
    res.redirect(303, `/operator/orders/${order.id}`)
  })
  return router
}

/** Forms of other sites are refused; every answer carries the headers. */
function withHeaders(req: Request, res: Response, next: NextFunction): void {
  res.set(PAGE_HEADERS)
  if (req.method === 'POST' && isForeign((name) => req.get(name)))
    res.status(403).send(errorPage('This form came from another site.'))
  else next()
}

/** Basic authentication: the browser asks for the password, and brings it along from then on. */
function operatorOnly(password: string) {
  const wanted = `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`
  return (req: Request, res: Response, next: NextFunction): void => {
    if (isSame(req.get('authorization') ?? '', wanted)) next()
    else res.status(401).set('www-authenticate', 'Basic realm="Shop"').send(errorPage('Not allowed.'))
  }
}

/** Compared as hashes, which have one length, in a time that tells nothing. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}

/** Every error of the app: the engine's, Express's own (a body too large, a broken address), and surprises. */
function describe(error: unknown): { status: number; message: string } {
  if (isLastroError(error)) return error
  const { status } = error as { status?: unknown }
  if (typeof status === 'number' && status < 500) return { status, message: 'This could not be read.' }
  console.error(error)
  return { status: 500, message: 'Something went wrong.' }
}
