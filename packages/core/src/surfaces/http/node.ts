import { isLastroError, LastroError } from '../../platform/errors/index.ts'
import { describeError, type Logger } from '../../platform/telemetry/index.ts'

/** What is answered: a status, a word, headers. */
export interface Answer {
  readonly status: number
  readonly result: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The part of Node's `IncomingMessage` that is used, and what frameworks add to it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** The whole URL, where a framework shortens `url`. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly socket?: { readonly remoteAddress?: string | undefined }
  /** What a body parser left: bytes, or what it made of them. */
  readonly body?: unknown
  readonly rawBody?: unknown
  readonly readableEnded?: boolean
  readonly readableDidRead?: boolean
  on(event: string, listener: (...facts: unknown[]) => void): unknown
  off(event: string, listener: (...facts: unknown[]) => void): unknown
  pause(): unknown
}

/** The part of Node's `ServerResponse` that is used. */
export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body?: string): unknown
}

/**
 * The bytes as they were received. Null: more than the limit.
 * @throws LastroError `webhook_body_parsed` when only a parsed body is left of them.
 */
export async function readNode(request: NodeRequest, limit: number): Promise<Uint8Array | null> {
  for (const bytes of [request.rawBody, request.body])
    if (bytes instanceof Uint8Array) return bytes.byteLength > limit ? null : bytes
  const { body } = request
  if (body !== undefined && body !== null)
    throw new LastroError('webhook_body_parsed', { found: typeof body })
  if (request.readableEnded === true || request.readableDidRead === true)
    throw new LastroError('webhook_body_parsed', { found: 'a body that was read already' })
  return readStream(request, limit)
}

/** With listeners and not by iterating: leaving a loop early would close the connection before it is answered. */
function readStream(request: NodeRequest, limit: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = []
    let size = 0
    const settle = (finish: () => void) => {
      request.off('data', onData)
      request.off('end', onEnd)
      request.off('error', onError)
      request.off('close', onClose)
      finish()
    }
    const onData = (part: unknown) => {
      // Somebody set an encoding: what comes is text, and the bytes are gone.
      if (!(part instanceof Uint8Array))
        return settle(() => reject(new LastroError('webhook_body_parsed', { found: typeof part })))
      size += part.byteLength
      parts.push(part)
      if (size <= limit) return
      request.pause()
      settle(() => resolve(null))
    }
    const onEnd = () => settle(() => resolve(joined(parts, size)))
    const onError = (error: unknown) => settle(() => reject(error))
    const onClose = () => settle(() => reject(new Error('The sender went away before its body was whole.')))
    request.on('data', onData)
    request.on('end', onEnd)
    request.on('error', onError)
    request.on('close', onClose)
  })
}

/** The parts in one piece. */
export function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

/** Answers whatever happens: a server without a framework has nobody else who would. */
export async function answerNode(
  response: NodeResponse,
  logger: Logger,
  work: () => Promise<Answer>,
): Promise<void> {
  const {
    status,
    result,
    headers = {},
  } = await work().catch((error: unknown): Answer => {
    logger.error({ error: describeError(error) }, 'webhook not taken')
    return {
      status: 500,
      result: isLastroError(error, 'webhook_body_parsed') ? error.code : 'not_stored',
    }
  })
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (status === 204) {
    response.end()
    return
  }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ result }))
}
