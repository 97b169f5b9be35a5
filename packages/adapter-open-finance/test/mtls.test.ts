import { once } from 'node:events'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFinance } from '../src/index.ts'
import { BANK, BODY, certificates, institution, optionsFor, PAYMENT, resource, signed } from './setup.ts'

const TOPIC = 'payments/pix/payments'
const HINT: ProviderEvent = {
  kind: 'hint',
  topic: TOPIC,
  ref: PAYMENT,
  facts: { organisationId: BANK, version: 'v4', timestamp: BODY.data.timestamp },
}

/** An institution that really listens, and hangs up on whoever has no certificate of its CA. */
async function listening() {
  const { server: pair, ca } = certificates
  const callers: string[] = []
  const server = createServer(
    { ...pair, ca, requestCert: true, rejectUnauthorized: true },
    async (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      callers.push(`${subject.CN} ${request.url}`)
      const answer =
        request.url === '/token'
          ? Response.json({ access_token: 't', expires_in: 300 })
          : await signed(resource(TOPIC))
      response.writeHead(200, Object.fromEntries(answer.headers)).end(await answer.text())
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const url = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    callers,
    institutions: [institution({ baseUrl: `${url}/open-banking`, tokenEndpoint: `${url}/token` })],
  }
}

describe('over real mutual TLS', () => {
  it('our certificate is shown for the token and for the read', async () => {
    const { callers, institutions } = await listening()
    const { webhooks } = openFinance(optionsFor({ institutions }))
    expect(await webhooks.lookUp(HINT)).toMatchObject([
      { kind: 'payment', state: 'paid' },
      { kind: 'changed' },
    ])
    const path = `/open-banking/payments/v4/pix/payments/${PAYMENT}`
    expect(callers.map((caller) => caller.split(' ').at(-1))).toEqual(['/token', path])
  })

  it('the certificate of a stranger gets nothing', async () => {
    const { callers, institutions } = await listening()
    const { cert, key } = certificates.foreign
    const { webhooks } = openFinance(
      optionsFor({ institutions, certificate: { cert, key, ca: certificates.ca } }),
    )
    await expect(webhooks.lookUp(HINT)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(callers).toEqual([])
  })

  it('a server that we do not trust is not told who we are', async () => {
    const { callers, institutions } = await listening()
    const certificate = { ...certificates.client, ca: certificates.foreign.ca }
    const { webhooks } = openFinance(optionsFor({ institutions, certificate }))
    await expect(webhooks.lookUp(HINT)).rejects.toMatchObject({ kind: 'misconfigured' })
    expect(callers).toEqual([])
  })
})
