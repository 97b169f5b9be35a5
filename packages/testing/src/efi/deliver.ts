/** The default delivery of webhooks: over HTTP, with mutual TLS where there are certificates. */
import { request as requestOverTls } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { EfiCertificates } from './certificates.ts'
import type { Deliver } from './options.ts'

/** What the default delivery needs. */
export interface HttpDelivery {
  readonly timeoutMs: number
  /** Asked at each call, because a server may make them later. */
  certificates(): EfiCertificates | undefined
  /** The CA of the host's server, in PEM. */
  readonly webhookCa: string | undefined
}

/** Posts webhooks to where they were registered. A redirect is an answer, and no success. */
export function deliverOverHttp(options: HttpDelivery): Deliver {
  return (request, { presentsCertificate }) => {
    const certificates = options.certificates()
    const isOwnTls = certificates !== undefined || options.webhookCa !== undefined
    if (!isOwnTls || !request.url.startsWith('https:')) {
      return fetch(request, { redirect: 'manual', signal: AbortSignal.timeout(options.timeoutMs) })
    }
    const identity = presentsCertificate ? certificates?.webhook : undefined
    const trusted = [certificates?.ca, options.webhookCa].filter((pem) => pem !== undefined)
    return postOverTls(request, {
      ...identity,
      ca: [...rootCertificates, ...trusted],
      timeoutMs: options.timeoutMs,
    })
  }
}

async function postOverTls(
  request: Request,
  { timeoutMs, ...tls }: { cert?: string; key?: string; ca: string[]; timeoutMs: number },
): Promise<Response> {
  const body = Buffer.from(await request.arrayBuffer())
  const headers = Object.fromEntries(request.headers)
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const outgoing = requestOverTls(
      request.url,
      { method: 'POST', headers, agent: false, signal, ...tls },
      (incoming) => {
        incoming.on('error', reject)
        incoming.on('end', () => resolve(new Response(null, { status: incoming.statusCode ?? 500 })))
        incoming.resume()
      },
    )
    outgoing.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    outgoing.end(body)
  })
}
