/** The fake in the form of `fetch`, and the translation that the msw handlers share. */
import type { EfiAnswer, EfiRequest } from './answers.ts'

/** The core of the fake: one request in, one answer out, or `drop` for a connection that dies. */
export type Handle = (request: EfiRequest) => Promise<EfiAnswer | 'drop'>

/** A `fetch` that asks the fake and nobody else. A dropped connection looks as it does in Node. */
export function fetchFrom(handle: Handle): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const answer = await orAborted(handle(await toEfiRequest(request)), request.signal)
    if (answer === 'drop') throw new TypeError('fetch failed', { cause: socketError('other side closed') })
    return toResponse(answer)
  }
}

/** A web request as the fake takes it. */
export async function toEfiRequest(request: Request): Promise<EfiRequest> {
  const { method, url } = request
  return { method, url, headers: Object.fromEntries(request.headers), body: await request.text() }
}

/** The fake's answer as a web response. A body that was cut fails where it ends. */
export function toResponse({ status, headers, body, announcedBytes }: EfiAnswer): Response {
  if (announcedBytes !== undefined) return new Response(endingInError(body), { status, headers })
  return new Response(body === '' ? null : body, { status, headers })
}

function endingInError(text: string): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream({
    pull: (controller) => {
      // The error comes with the second pull: given at once, it would swallow the text before it.
      if (isSent)
        return controller.error(new TypeError('terminated', { cause: socketError('other side closed') }))
      isSent = true
      controller.enqueue(new TextEncoder().encode(text))
    },
  })
}

function socketError(message: string): Error {
  return Object.assign(new Error(message), { code: 'UND_ERR_SOCKET' })
}

/** The caller stops waiting; the fake goes on, as a server would. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
