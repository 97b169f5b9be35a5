/** The host of the README does what the README says: one sale, from the quote to the Pix. */
import { PGlite } from '@electric-sql/pglite'
import { createKeystore } from '@lastro/adapter-chains/keystore'
import { systemClock as clock } from '@lastro/core'
import { startAnvil } from '@lastro/testing/anvil'
import { createFakeEfi } from '@lastro/testing/efi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHost } from '../src/host.ts'

const POLYGON = 137
const HMAC = 'secret-of-the-readme-host'
const passphrase = 'only for this test'

let db: PGlite
let anvil: Awaited<ReturnType<typeof startAnvil>>
let server: Awaited<ReturnType<typeof bank.server>>
let host: Awaited<ReturnType<typeof startHost>>

const bank = createFakeEfi({
  timers: 'real',
  settleAfterMs: 50,
  webhookUrl: `https://host.example/webhooks/efi?hmac=${HMAC}&ignorar=`,
  deliver: (request) => host.webhooks(request),
})

beforeAll(async () => {
  db = await PGlite.create()
  await db.exec('create table orders (id text primary key)')
  anvil = await startAnvil({ chainId: POLYGON, slotsInAnEpoch: 1 })
  const listening = await bank.server()
  server = listening
  const { url, certificates } = listening
  host = await startHost(db, {
    node: { network: 'polygon', rpcUrl: anvil.url, tokens: [] },
    keys: { json: await createKeystore({ passphrase, scryptN: 2 ** 14 }), passphrase },
    fx: { rates: { 'POL.polygon/18': { 'BRL/2': '2.50' } }, clock },
    bank: {
      environment: 'homologation',
      baseUrl: url,
      ...bank.credentials,
      certificate: { ...certificates.client, ca: certificates.ca },
      pixKey: bank.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: [HMAC], allowedAddresses: [] },
      clock,
    },
  })
}, 180_000)

afterAll(async () => {
  await host.lastro.close()
  bank.close()
  await server.close()
  await anvil.stop()
  await db.close()
})

test('a sale is one row, one trade and one Pix, however often it is asked for', async () => {
  const order = { id: 'order-1', pol: '22', pixKey: '52998224725' }
  const [{ id }, again] = [await host.sell(order), await host.sell(order)]
  expect(again.id).toBe(id)
  const trade = () => host.lastro.trades.get(id)
  await expect.poll(async () => (await trade()).depositAddress, { timeout: 60_000 }).not.toBeNull()

  const { depositAddress, give } = await trade()
  await anvil.send({ to: depositAddress ?? '', value: give.amount, gas: 21_000n })
  const state = async () => {
    await anvil.mine()
    return (await trade()).state
  }
  await expect.poll(state, { timeout: 90_000, interval: 250 }).toBe('completed')

  expect(bank.sent.map(({ amount }) => amount)).toEqual([5321n])
  expect((await db.query('select id from orders')).rows).toEqual([{ id: 'order-1' }])
  expect(await host.lastro.ledger.verify()).toEqual([])
}, 180_000)
