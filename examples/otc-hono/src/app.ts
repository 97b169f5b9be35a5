/** The routes. */
import type { HttpBindings } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { isLastroError, type TradeId } from '@lastro/core'
import { type Context, Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { showQuote, showTrade } from './answers.ts'
import type { Config } from './config.ts'
import type { Desk } from './lastro.ts'
import { parseBody, quoteRequest, readKey, refused, tradeRequest } from './requests.ts'

type Call = Context<{ Bindings: HttpBindings }>

/** The app over an open desk. It runs nothing in the background. */
export function createApp({ lastro, orders }: Desk, config: Pick<Config, 'cronToken' | 'addressHeader'>) {
  const app = new Hono<{ Bindings: HttpBindings }>()
  const small = bodyLimit({ maxSize: 16_384 })
  const isCron = bearerAuth({ token: config.cronToken })

  app.post('/quotes', small, async (c) => {
    const { give } = parseBody(quoteRequest, await readJson(c))
    const idempotencyKey = readKey(c.req.header('idempotency-key'))
    return c.json(showQuote(await lastro.quotes.create({ chain: 'polygon', give, idempotencyKey })), 201)
  })

  app.post('/trades', small, async (c) => {
    const request = parseBody(tradeRequest, await readJson(c))
    const placed = await orders.place({
      ...request,
      idempotencyKey: readKey(c.req.header('idempotency-key')),
    })
    if (placed === null) return c.json(OPEN_ORDER, 409)
    return c.json(showTrade(placed), 201)
  })

  app.get('/trades/:id', async (c) => {
    const trade = await lastro.trades.get(c.req.param('id') as TradeId)
    return c.json(showTrade({ trade, order: await orders.find(trade.id) }))
  })

  app.get('/trades/:id/timeline', async (c) => {
    const { timeline } = await lastro.trades.explain(c.req.param('id') as TradeId)
    return c.json({ timeline })
  })

  // The bytes as they came: no middleware that reads the body may stand before this route.
  app.post('/webhooks/*', (c) => {
    const address = addressOf(c, config.addressHeader)
    return lastro.http.fetch(c.req.raw, address === undefined ? {} : { peer: { address } })
  })

  // For hosts without a long-lived process. Beside a worker it is not needed, and does no harm.
  app.post('/cron/tick', isCron, async (c) => c.json(await lastro.tick({ budgetMs: 20_000 })))

  app.onError(answerError)
  return app
}

const OPEN_ORDER = {
  error: { code: 'open_order', message: 'The customer has an open order: finish it first.', details: {} },
}

/** Who calls, as far as it can be believed: Efí is known by its address too. */
function addressOf(c: Call, header: string | null): string | undefined {
  return header === null ? getConnInfo(c).remote.address : c.req.header(header)
}

function readJson(c: Context): Promise<unknown> {
  return c.req.json().catch(() => {
    throw refused('body', 'must be JSON')
  })
}

/** Every error of the app as `{ error: { code, message, details } }`. */
async function answerError(error: Error, c: Context): Promise<Response> {
  if (isLastroError(error)) {
    const { code, message, details } = error
    return c.json({ error: { code, message, details } }, error.status as ContentfulStatusCode)
  }
  if (error instanceof HTTPException) {
    const message = await error.getResponse().text()
    return c.json({ error: { code: `http_${error.status}`, message, details: {} } }, error.status)
  }
  console.error(error)
  return c.json({ error: { code: 'internal', message: 'Something went wrong.', details: {} } }, 500)
}
