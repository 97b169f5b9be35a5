import { once } from 'node:events'
import { createServer } from 'node:net'
import { createFakeEfi } from '@lastro/testing/efi'
import forge from 'node-forge'
import { describe, expect, it, onTestFinished } from 'vitest'
import { efi } from '../src/index.ts'
import { certificates, ID_ENVIO, optionsFor, payout } from './setup.ts'

/** A fake Efí that really listens, over mutual TLS. */
async function listening() {
  const fake = createFakeEfi({ webhookUrl: 'https://shop.example/x?ignorar=', certificates })
  const server = await fake.server()
  onTestFinished(async () => {
    await server.close()
    fake.close()
  })
  return { fake, baseUrl: server.url, server }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('over real mutual TLS', () => {
  it('sends, is told, and finds', async () => {
    const { fake, baseUrl } = await listening()
    const { payouts, probe } = efi(optionsFor({ baseUrl }))
    expect(await probe.probe()).toMatchObject({ ok: true })
    expect(await payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
    fake.settle(ID_ENVIO)
    expect(await payouts.find(payout())).toMatchObject({ state: 'paid' })
    expect(fake.sent).toHaveLength(1)
  })

  it('reads a compressed answer', async () => {
    const { baseUrl } = await listening()
    const description = 'ação '.repeat(28)
    const { payouts } = efi(optionsFor({ baseUrl }))
    await payouts.submit(payout({ description }))
    expect(await payouts.find(payout())).toMatchObject({ state: 'pending' })
  })

  it.each(['drop_after_effect', 'truncate', 'error_500_after'] as const)(
    '%s: unknown, then found',
    async (fault) => {
      const { fake, baseUrl } = await listening()
      const { payouts } = efi(optionsFor({ baseUrl }))
      fake.faults.next('pix.send', fault)
      expect(await payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
      expect(await payouts.find(payout())).toMatchObject({ state: 'pending' })
      expect(await payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
      expect(fake.sent).toHaveLength(1)
    },
  )

  it('a certificate of a stranger gets no token: not sent, and a health check that says so', async () => {
    const { fake, baseUrl } = await listening()
    const { cert, key } = certificates.foreign
    const { payouts, probe } = efi(optionsFor({ baseUrl, certificate: { cert, key, ca: certificates.ca } }))
    expect(await payouts.submit(payout())).toMatchObject({
      kind: 'not_sent',
      cause: { because: 'prerequisite' },
    })
    expect(await probe.probe()).toMatchObject({ ok: false })
    expect(fake.calls).toEqual([])
  })

  it('a server we do not trust gets nothing', async () => {
    const { fake, baseUrl } = await listening()
    const { payouts } = efi(optionsFor({ baseUrl, certificate: certificates.client }))
    expect(await payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    await expect(payouts.find(payout())).rejects.toMatchObject({ kind: 'misconfigured' })
    expect(fake.calls).toEqual([])
  })

  it('nothing listens: not sent, and find throws', async () => {
    const { payouts } = efi(optionsFor({ baseUrl: `https://localhost:${await freePort()}` }))
    expect(await payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    await expect(payouts.find(payout())).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('the server goes away between token and send: not sent', async () => {
    const { fake, baseUrl, server } = await listening()
    const { payouts } = efi(optionsFor({ baseUrl }))
    await payouts.balance('BRL/2')
    await server.close()
    // Now the token is held, so it is the send itself that finds nobody.
    const outcome = await payouts.submit(payout())
    expect(['not_sent', 'unknown']).toContain(outcome.kind)
    expect(fake.sent).toEqual([])
    expect(await payouts.submit(payout())).toMatchObject({
      kind: 'not_sent',
      cause: { because: 'unreachable' },
    })
  })

  it.each([
    ['none given', {}],
    ['an empty one given', { passphrase: '' }],
  ])('takes the PKCS#12 file as Efí gives it, without a passphrase (%s)', async (_name, given) => {
    const { baseUrl } = await listening()
    const { cert, key } = certificates.client
    const chain = [forge.pki.certificateFromPem(cert)]
    const bag = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(key), chain, '', {
      algorithm: 'aes256',
    })
    const pfx = Buffer.from(forge.asn1.toDer(bag).getBytes(), 'binary')
    const { probe } = efi(optionsFor({ baseUrl, certificate: { pfx, ca: certificates.ca, ...given } }))
    expect(await probe.probe()).toMatchObject({ ok: true })
  })
})
