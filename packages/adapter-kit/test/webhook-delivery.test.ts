/** From `send` to a customer's server over a real TLS connection, verified there by the reference library. */
import { createLastro, reveal } from '@lastro/core'
import { manualClock } from '@lastro/testing/clock'
import { openPglite } from '@lastro/testing/storage'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { webhookSender } from '../src/index.ts'
import { createAuthority } from './certificates.ts'
import { httpsServer } from './servers.ts'

const authority = createAuthority('Test Root')
const certificate = authority.issue({ name: 'local', addresses: ['127.0.0.1'] })

it('a message arrives, signed, and what leads inside does not leave', async () => {
  const received: { headers: Record<string, string>; body: string }[] = []
  await using server = await httpsServer(certificate, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body })
      response.end('thanks')
    })
  })
  // The reference library reads the machine's clock.
  const db = await openPglite({ clock: manualClock(new Date()) })
  const ports = [Number.parseInt(new URL(server.url).port, 10), 443]
  const sender = webhookSender({ ca: authority.cert, ports, dangerouslyAllowPrivateAddresses: true })
  const strict = webhookSender({ ports, resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
  const engine = (over: typeof sender) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {},
      outgoing: { sender: over, encryptionKeys: [Buffer.alloc(32, 7).toString('base64')] },
    })
  const lastro = engine(sender)
  await lastro.migrate()
  const refused = engine(strict).outgoing.endpoints.create({ url: server.url })
  await expect(refused).rejects.toThrow('url: must name a host, not an IP address')
  const { endpoint, secret } = await lastro.outgoing.endpoints.create({ url: `${server.url}/hooks` })
  const { id } = await lastro.outgoing.send({ type: 'payment.paid', data: { text: 'ç 💸' } })
  await lastro.tick()
  const [first] = received
  if (first === undefined) throw new Error('nothing came')
  expect(first.headers['webhook-id']).toBe(id)
  expect(new Webhook(reveal(secret)).verify(first.body, first.headers)).toMatchObject({
    data: { text: 'ç 💸' },
  })
  const { items } = await lastro.outgoing.deliveries.list({ endpointId: endpoint.id })
  expect(items.map(({ state }) => state)).toEqual(['delivered'])
  // A name that resolves to this machine: registered, and stopped while connecting.
  const inside = `https://hook.example.com:${ports[0]}/`
  await engine(strict).outgoing.endpoints.create({ url: inside, customer: 'c1' })
  await engine(strict).outgoing.send({ type: 'payment.paid', data: {}, customer: 'c1' })
  await engine(strict).tick()
  const [blocked] = (await lastro.outgoing.deliveries.list({ state: 'pending' })).items
  expect(blocked).toMatchObject({ attempts: 1, lastError: 'blocked' })
  expect(received).toHaveLength(1)
  await sender.close()
  await db.close()
}, 60_000)
