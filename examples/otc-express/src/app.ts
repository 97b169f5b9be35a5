/** The routes. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isLastroError, type TradeId } from '@lastro/core'
import express, { type NextFunction, type Request, type Response } from 'express'
import { showQuote, showTrade } from './answers.ts'
import type { Config } from './config.ts'
import type { Desk } from './lastro.ts'
import { parseBody, quoteRequest, readKey, tradeRequest } from './requests.ts'

/** The app over an open desk. It runs nothing in the background. */
export function createApp({ lastro, orders }: Desk, config: Pick<Config, 'cronToken' | 'trustProxy'>) {
  const app = express().disable('x-powered-by')
  // Whose word is taken for `req.ip`: Efí is known by its address too.
  app.set('trust proxy', config.trustProxy)

  // Before any parser of bodies, because it needs the bytes as they came.
  app.post(
    '/webhooks/:provider{/*rest}',
    express.raw({ type: () => true, limit: '1mb' }),
    async (req, res) => {
      const { status, result, reason } = await lastro.webhooks.receive(req.params.provider, {
        method: req.method,
        url: req.originalUrl,
        headers: req.headers,
        body: req.body ?? new Uint8Array(),
        ...(req.ip === undefined ? {} : { peer: { address: req.ip } }),
      })
      res.status(status).json({ result: reason ?? result })
    },
  )

  app.use(express.json({ limit: '16kb', type: () => true }))

  app.post('/quotes', async (req, res) => {
    const { give } = parseBody(quoteRequest, req.body)
    const idempotencyKey = readKey(req.get('idempotency-key'))
    const quote = await lastro.quotes.create({ chain: 'polygon', give, idempotencyKey })
    res.status(201).json(showQuote(quote))
  })

  app.post('/trades', async (req, res) => {
    const request = parseBody(tradeRequest, req.body)
    const placed = await orders.place({ ...request, idempotencyKey: readKey(req.get('idempotency-key')) })
    if (placed === null) res.status(409).json(OPEN_ORDER)
    else res.status(201).json(showTrade(placed))
  })

  app.get('/trades/:id', async (req, res) => {
    const trade = await lastro.trades.get(req.params.id as TradeId)
    res.json(showTrade({ trade, order: await orders.find(trade.id) }))
  })

  app.get('/trades/:id/timeline', async (req, res) => {
    const { timeline } = await lastro.trades.explain(req.params.id as TradeId)
    res.json({ timeline })
  })

  // For hosts without a long-lived process. Beside a worker it is not needed, and does no harm.
  app.post('/cron/tick', async (req, res) => {
    if (isSame(req.get('authorization') ?? '', `Bearer ${config.cronToken}`)) {
      res.json(await lastro.tick({ budgetMs: 20_000 }))
    } else {
      res.status(401).set('www-authenticate', 'Bearer').json(UNAUTHORIZED)
    }
  })

  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error)
    const { status, code, message, details = {} } = describe(error)
    res.status(status).json({ error: { code, message, details } })
  })
  return app
}

const OPEN_ORDER = {
  error: { code: 'open_order', message: 'The customer has an open order: finish it first.', details: {} },
}
const UNAUTHORIZED = { error: { code: 'unauthorized', message: 'Show the token.', details: {} } }

/** Compared as hashes, which have one length, in a time that tells nothing. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}

/** Every error of the app: the engine's, Express's own (a body that is no JSON, or too large), and surprises. */
function describe(error: unknown): { status: number; code: string; message: string; details?: object } {
  if (isLastroError(error)) return error
  const { status, type, message } = error as Partial<Record<string, unknown>>
  if (typeof status === 'number' && status < 500) {
    return { status, code: String(type ?? 'bad_request'), message: String(message) }
  }
  console.error(error)
  return { status: 500, code: 'internal', message: 'Something went wrong.' }
}
