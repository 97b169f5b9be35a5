import ky from 'ky'
import type { Dispatcher } from 'undici'
import { until } from './abort.ts'
import { provesUnsent, type TransportError, transportError } from './causes.ts'
import { parseJson } from './json.ts'

/** One request. `url` is complete; each path parameter in it is already percent-encoded. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Written as JSON, with its content type. */
  readonly json?: unknown
  /** Bytes or text as they are, where `json` does not fit. */
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Ends the wait. A call that had begun is then in doubt. */
  readonly signal?: AbortSignal
}

/** The server answered, and the whole body arrived. */
export interface Answered {
  readonly kind: 'answered'
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  /** The body read as UTF-8. */
  readonly text: string
  /** The parsed body, or undefined when it is no JSON. */
  readonly json: unknown
}

/** No whole answer arrived. */
export interface Failed {
  readonly kind: 'failed'
  /** `before_send` only when it is proven that nothing was written; everything else is the other. */
  readonly stage: 'before_send' | 'after_send_or_unknown'
  /** A code and nothing else: bodies, headers and addresses never reach it. */
  readonly cause: TransportError
}

/** What one call came to. Never an exception: a caller cannot forget the doubt. */
export type HttpResult = Answered | Failed

/** Makes one request and classifies what came of it. */
export type Http = (request: HttpRequest) => Promise<HttpResult>

/** Limits and plumbing shared by all requests of one adapter. */
export interface HttpOptions {
  /** The whole call, body included. */
  readonly timeoutMs: number
  /** Largest answer that is read, after decompression. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Default: the global `fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch
  /** An undici 7 `Agent`, for client certificates; see `mtlsDispatcher`. */
  readonly dispatcher?: Dispatcher
}

const DEFAULT_MAX_BODY_BYTES = 1_048_576

const failed = (stage: Failed['stage'], error: unknown): Failed => ({
  kind: 'failed',
  stage,
  cause: transportError(error),
})

const local = (code: string): Error => Object.assign(new Error(code), { code })

async function readBody(
  response: Response,
  limits: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  try {
    for (;;) {
      const { done, value } = await until(reader.read(), limits.signal)
      if (done) return Buffer.concat(chunks)
      size += value.byteLength
      if (size > limits.maxBytes) throw local('BODY_TOO_LARGE')
      chunks.push(value)
    }
  } catch (error) {
    reader.cancel().catch(() => undefined)
    throw error
  }
}

/** A signal that fires at the deadline or when the caller gives up, and the way to let go of both. */
function deadline(
  timeoutMs: number,
  caller: AbortSignal | undefined,
): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const timer = AbortSignal.timeout(timeoutMs)
  const sources = caller === undefined ? [timer] : [timer, caller]
  const undo = sources.map((source) => {
    const onAbort = (): void => controller.abort(source.reason)
    source.addEventListener('abort', onAbort, { once: true })
    return () => source.removeEventListener('abort', onAbort)
  })
  const release = (): void => {
    for (const letGo of undo) letGo()
  }
  return { signal: controller.signal, release }
}

function start(
  request: HttpRequest & { readonly signal: AbortSignal },
  options: HttpOptions,
): Promise<Response> {
  return ky(request.url, {
    method: request.method,
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    ...(request.json === undefined ? {} : { json: request.json }),
    ...(request.body === undefined ? {} : { body: request.body }),
    // A fetch-only option, which ky hands through. Node's own types describe another undici, so the type is dropped.
    ...(options.dispatcher === undefined ? {} : ({ dispatcher: options.dispatcher } as object)),
    fetch: options.fetch ?? globalThis.fetch, // tidy-allow: fetch the documented default of the option
    // One attempt: only the engine decides to send again, and only ky's own retries would be hidden from it.
    retry: 0,
    timeout: false,
    // A redirect is an answer. Following it would carry credentials and bodies to a place nobody configured.
    redirect: 'manual',
    throwHttpErrors: false,
    signal: request.signal,
  })
}

function answered(response: Response, bytes: Uint8Array): Answered {
  const text = new TextDecoder().decode(bytes)
  const parsed = parseJson(bytes)
  return {
    kind: 'answered',
    status: response.status,
    headers: Object.fromEntries(response.headers),
    bytes,
    text,
    json: parsed.kind === 'json' ? parsed.value : undefined,
  }
}

/**
 * Makes the one function through which an adapter calls its provider: a single attempt, no redirects, a deadline over
 * headers and body, a limit on the answer's size, and a result that says whether the request may have been sent.
 */
export function createHttp(options: HttpOptions): Http {
  const maxBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  return async (request) => {
    if (request.signal?.aborted === true) return failed('before_send', local('ABORTED_BEFORE_START'))
    const { signal, release } = deadline(options.timeoutMs, request.signal)
    try {
      let response: Promise<Response>
      try {
        response = start({ ...request, signal }, options)
      } catch {
        // A malformed address or header. The error would quote the header, which may be a credential.
        return failed('before_send', local('REQUEST_NOT_BUILT'))
      }
      const arrived = await until(response, signal)
      return answered(arrived, await readBody(arrived, { maxBytes, signal }))
    } catch (error) {
      return failed(provesUnsent(error) ? 'before_send' : 'after_send_or_unknown', error)
    } finally {
      release()
    }
  }
}
