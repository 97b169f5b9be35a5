import { LastroError } from '../../platform/errors/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { Inbox, IncomingDelivery, Receipt } from '../../platform/webhooks/index.ts'
import { type Answer, answerNode, joined, type NodeRequest, type NodeResponse, readNode } from './node.ts'

export type { NodeRequest, NodeResponse } from './node.ts'

/** Facts that a Web `Request` cannot carry. */
export interface HttpContext {
  readonly peer?: IncomingDelivery['peer']
}

/** Webhook routes for any framework: `POST {basePath}/webhooks/{provider}` and anything below it; all else is 404. */
export interface HttpSurface {
  /**
   * For frameworks that speak Web standards.
   * @throws LastroError `webhook_body_parsed` when something before it has read the body.
   */
  fetch(request: Request, context?: HttpContext): Promise<Response>
  /**
   * For Node's own server and for frameworks on it, such as Express: with no body parser before it, or with one that
   * leaves the bytes in `req.body` or `req.rawBody`. Without `context.peer`, the address is the socket's. It answers
   * every request and never rejects: a parsed body answers 500 `webhook_body_parsed` and is told to the logger.
   */
  node(request: NodeRequest, response: NodeResponse, context?: HttpContext): Promise<void>
}

/** Bodies longer than this are cut off while reading, whatever the sender announces. */
const MAX_BODY_BYTES = 1_048_576

interface Route {
  readonly provider: string
  readonly url: string
}

/** Makes the handlers. Mount them before any body parser: the bytes must arrive as sent. */
export function createHttp(deps: {
  readonly webhooks: Pick<Inbox, 'receive'>
  readonly logger: Logger
  readonly basePath?: string
}): HttpSurface {
  const { webhooks, logger, basePath = '' } = deps
  const prefix = `${basePath}/webhooks/`
  const route = (url: string, method: string | undefined): Route | Answer => {
    const path = url.split(/[?#]/, 1)[0] ?? ''
    const provider = path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined
    if (provider === undefined || provider === '') return { status: 404, result: 'not_found' }
    if (method !== 'POST') return { status: 405, result: 'method_not_allowed', headers: { allow: 'POST' } }
    return { provider, url }
  }
  return {
    async fetch(request, context = {}) {
      const { pathname, search } = new URL(request.url)
      const to = route(pathname + search, request.method)
      if ('status' in to) return toResponse(to)
      if (request.bodyUsed)
        throw new LastroError('webhook_body_parsed', { found: 'a body that was read already' })
      const body = await readBody(request)
      if (body === null) return toResponse({ status: 413, result: 'too_large' })
      const receipt = await webhooks.receive(to.provider, {
        method: request.method,
        url: to.url,
        headers: Object.fromEntries(request.headers),
        body,
        ...(context.peer === undefined ? {} : { peer: context.peer }),
      })
      return toResponse(toAnswer(receipt))
    },
    node: (request, response, context: HttpContext = {}) =>
      answerNode(response, logger, async () => {
        // Express takes the mount path out of `url`.
        const to = route(request.originalUrl ?? request.url ?? '', request.method)
        if ('status' in to) return to
        const body = await readNode(request, MAX_BODY_BYTES)
        if (body === null) return { status: 413, result: 'too_large', headers: { connection: 'close' } }
        const address = request.socket?.remoteAddress
        const peer = context.peer ?? (address === undefined ? undefined : { address })
        const receipt = await webhooks.receive(to.provider, {
          method: 'POST',
          url: to.url,
          headers: request.headers,
          body,
          ...(peer === undefined ? {} : { peer }),
        })
        return toAnswer(receipt)
      }),
  }
}

function toAnswer({ status, result, reason, headers }: Receipt): Answer {
  return { status, result: reason ?? result, ...(headers === undefined ? {} : { headers }) }
}

function toResponse({ status, result, headers = {} }: Answer): Response {
  return status === 204
    ? new Response(null, { status, headers })
    : Response.json({ result }, { status, headers })
}

async function readBody(request: Request): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.byteLength
    if (size > MAX_BODY_BYTES) return null
    parts.push(part)
  }
  return joined(parts, size)
}
