import { LastroError } from '../../platform/errors/index.ts'
import type { Inbox, IncomingDelivery } from '../../platform/webhooks/index.ts'

/** Facts that a Web `Request` cannot carry. */
export interface HttpContext {
  readonly peer?: IncomingDelivery['peer']
}

/** Request → Response handlers, for any framework that speaks Web standards. */
export interface HttpSurface {
  /**
   * `POST {basePath}/webhooks/{provider}` and anything below it. Everything else is 404.
   * @throws LastroError `webhook_body_parsed` when something before it has read the body.
   */
  fetch(request: Request, context?: HttpContext): Promise<Response>
}

/** Bodies longer than this are cut off while reading, whatever the sender announces. */
const MAX_BODY_BYTES = 1_048_576

/** Makes the handlers. Mount them before any body parser: the bytes must arrive as sent. */
export function createHttp(deps: { readonly webhooks: Inbox; readonly basePath?: string }): HttpSurface {
  const { webhooks, basePath = '' } = deps
  const prefix = `${basePath}/webhooks/`
  return {
    async fetch(request, context = {}) {
      const url = new URL(request.url)
      const at = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length).split('/')[0] : undefined
      if (at === undefined || at === '') return answer(404, 'not_found')
      if (request.method !== 'POST') return answer(405, 'method_not_allowed')
      if (request.bodyUsed) {
        throw new LastroError('webhook_body_parsed', { found: 'a body that was read already' })
      }
      const body = await readBody(request)
      if (body === null) return answer(413, 'too_large')
      const receipt = await webhooks.receive(at, {
        method: request.method,
        url: url.pathname + url.search,
        headers: Object.fromEntries(request.headers),
        body,
        ...(context.peer === undefined ? {} : { peer: context.peer }),
      })
      return answer(receipt.status, receipt.reason ?? receipt.result)
    },
  }
}

function answer(status: number, result: string): Response {
  return Response.json({ result }, { status })
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
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}
