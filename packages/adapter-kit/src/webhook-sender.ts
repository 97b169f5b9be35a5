import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import type { SendFailure, SendRequest, SendResult, WebhookSender } from '@lastro/core/spec'
import { Agent, buildConnector, type Dispatcher, request as send } from 'undici'
import { isCertificateRefused } from './causes.ts'
import { type AddressRules, brokenUrlRule, isPublicAddress } from './webhook-address.ts'

/** How webhooks are sent. All have defaults. */
export interface WebhookSenderOptions {
  /** Ports that may be connected to. Default 443 alone. */
  readonly ports?: readonly number[]
  /** How much of an answer's body is kept. Default 1,024 bytes. */
  readonly keepBytes?: number
  /** How long a connection may take. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Replaces the system's list of trusted issuers, in PEM. */
  readonly ca?: string
  /** Where a name leads. Default: the system's resolver. Every address it answers must be public. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>
  /**
   * For tests with a receiver on this machine: private addresses and literal ones are connected to. In production it
   * lets every customer reach whatever this process can reach.
   */
  readonly dangerouslyAllowPrivateAddresses?: boolean
}

/** A sender with connections of its own. */
export interface ClosableWebhookSender extends WebhookSender {
  /** Ends the connections that are kept open. */
  close(): Promise<void>
}

const KEEP_BYTES = 1_024
const CONNECT_TIMEOUT_MS = 10_000
/** Longer answers are cut off: nobody reads them, and the connection is given up instead. */
const READ_BYTES = 65_536
const MAX_HEADER_BYTES = 16_384

/**
 * Posts webhooks from Node, safe against addresses that lead inside: every address that a name resolves to is checked
 * while connecting, exactly those are connected to, and what the socket says it reached is checked again. https only,
 * no redirects, no proxy, limits on headers and body of the answer.
 */
export function webhookSender(options: WebhookSenderOptions = {}): ClosableWebhookSender {
  const { keepBytes = KEEP_BYTES, ports = [443] } = options
  const rules: AddressRules = { ports, allowsPrivate: options.dangerouslyAllowPrivateAddresses === true }
  const agent = new Agent({
    // One request a connection at a time, so that a connection that dies leaves exactly one in doubt.
    pipelining: 1,
    connections: 8,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: checkedConnector(options, rules),
  })
  return {
    checkUrl: (url) => brokenUrlRule(url, rules),
    post: (request) => post({ agent, rules, keepBytes }, request),
    close: () => agent.destroy(),
  }
}

interface Sending {
  readonly agent: Dispatcher
  readonly rules: AddressRules
  readonly keepBytes: number
}

async function post({ agent, rules, keepBytes }: Sending, request: SendRequest): Promise<SendResult> {
  // Literal addresses are connected to without a look-up, so they must not get that far.
  if (brokenUrlRule(request.url, rules) !== null) return { kind: 'failed', error: 'blocked' }
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
  try {
    const { statusCode, headers, body } = await send(request.url, {
      method: 'POST',
      dispatcher: agent,
      headers: request.headers,
      body: request.body,
      headersTimeout: request.timeoutMs,
      bodyTimeout: request.timeoutMs,
      signal,
    })
    const kept = await firstBytes(body, keepBytes)
    return { kind: 'answered', status: statusCode, headers: plainHeaders(headers), body: kept }
  } catch (error) {
    if (request.signal?.aborted === true) return { kind: 'failed', error: 'stopped' }
    return { kind: 'failed', error: deadline.aborted ? 'timeout' : failureOf(error) }
  }
}

/** The status was said already: a body that breaks off or drips until the deadline changes nothing of it. */
async function firstBytes(body: AsyncIterable<Uint8Array>, keep: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of body) {
      if (size < keep) parts.push(part)
      size += part.byteLength
      if (size > READ_BYTES) break
    }
  } catch {
    // What came is what there is.
  }
  return Uint8Array.from(Buffer.concat(parts).subarray(0, keep))
}

function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value = '']) => [name.toLowerCase(), String(value)])
  return Object.fromEntries(entries)
}

const BLOCKED = 'LASTRO_ADDRESS_BLOCKED'
const blocked = (): Error => Object.assign(new Error('not a public address'), { code: BLOCKED })

function checkedConnector(
  { resolve = systemResolve, ca, connectTimeoutMs = CONNECT_TIMEOUT_MS }: WebhookSenderOptions,
  rules: AddressRules,
): buildConnector.connector {
  const isAllowed = (address: string) => rules.allowsPrivate || isPublicAddress(address)
  // What this answers is what is connected to: there is no second look-up that could answer otherwise.
  // tidy-allow: parameters the shape that Node calls
  const lookUp: LookupFunction = (hostname, { all }, done) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined)
          return done(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '')
        if (!addresses.every(({ address }) => isAllowed(address))) return done(blocked(), '')
        return all === true ? done(null, [...addresses]) : done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    )
  }
  const connect = buildConnector({
    lookup: lookUp,
    timeout: connectTimeoutMs,
    minVersion: 'TLSv1.2',
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  })
  return (target, done) =>
    connect(target, (...result) => {
      const [error, socket] = result
      if (error === null && !isAllowed(socket.remoteAddress ?? '')) {
        socket.destroy()
        return done(blocked(), null)
      }
      return done(...result)
    })
}

const systemResolve = (hostname: string) => lookup(hostname, { all: true, verbatim: true })

const FAILURES: readonly (readonly [RegExp, SendFailure])[] = [
  [new RegExp(`^${BLOCKED}$`), 'blocked'],
  [/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/, 'dns'],
  [/^(UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/, 'timeout'],
  [/^(UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/, 'answer_too_large'],
  [/^(ERR_TLS_|ERR_SSL_|EPROTO)/, 'tls'],
]

function failureOf(error: unknown): SendFailure {
  if (isCertificateRefused(error)) return 'tls'
  const code = codeOf(error)
  return FAILURES.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection'
}

/** The code of an error, or of the first of several that one connection attempt met. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string') return code
  const errors: unknown = Reflect.get(error, 'errors')
  return Array.isArray(errors) ? codeOf(errors[0]) : codeOf(Reflect.get(error, 'cause'))
}
