/** Ten workers on one PostgreSQL, and a bank that loses one answer in five after the money left. */
import { type EfiOptions, efi } from '@lastro/adapter-pix-efi'
import {
  createLastro,
  type LastroOptions,
  Money,
  type Providers,
  systemClock,
  type Trade,
} from '@lastro/core'
import { postgres } from '@lastro/storage-postgres'
import { createCertificates, createFakeEfi, type FakeEfi } from '@lastro/testing/efi'
import { openPostgres, type TestDatabase } from '@lastro/testing/storage'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Chain, createChain, DOLLAR } from './chain.ts'

const WORKERS = 10
const TRADES = 200
const SEED = 20_261_122
const SECRET = 'a-webhook-secret-of-this-test'

let db: TestDatabase
let bank: FakeEfi
let chain: Chain
const engines: ReturnType<typeof engine>[] = []
const pools: pg.Pool[] = []

const settings: Pick<LastroOptions, 'rails' | 'onchain' | 'payouts'> = {
  // One lost answer in five is no reason to rest: a breaker that opens would only make the test longer.
  rails: { failuresToOpen: 1_000_000 },
  onchain: { chains: { testnet: { pollMs: 500 } }, freeAddresses: TRADES },
  payouts: { askBaseMs: 200, askMaxMs: 1_000 },
}

function engine(providers: Providers) {
  const pool = new pg.Pool({ connectionString: connectionString(), max: 4 })
  pools.push(pool)
  return createLastro({
    storage: postgres(pool),
    providers,
    ...settings,
    worker: { concurrency: 4, pollMs: 100 },
  })
}

function connectionString(): string {
  const { connectionString: url } = (db.driver as pg.Pool).options
  return url ?? ''
}

async function efiOptions(): Promise<EfiOptions> {
  const { client } = await createCertificates()
  return {
    environment: 'homologation',
    ...bank.credentials,
    certificate: client,
    pixKey: bank.keys[0] ?? '',
    webhook: { mode: 'hmac', secrets: [SECRET], allowedAddresses: [] },
    clock: systemClock,
    fetch: bank.fetch,
    conclusiveAfterMs: 5_000,
    concurrency: 8,
  }
}

beforeAll(async () => {
  db = await openPostgres({ url: inject('postgresUrl' as never) as string })
  bank = createFakeEfi({
    timers: 'real',
    settleAfterMs: 20,
    webhookUrl: `https://desk.example/webhooks/efi?hmac=${SECRET}&ignorar=`,
    // A load balancer in front of ten hosts.
    deliver: (request) =>
      (engines[Math.floor(bank.webhooks.length % engines.length)] ?? engines[0])?.http.fetch(request) ??
      new Response(null, { status: 503 }),
  })
  chain = createChain(systemClock)
  const rates = {
    specVersion: 1,
    rate: async (pair: object) => ({
      rate: { ...pair, numerator: 5n, denominator: 1n },
      observedAt: systemClock.now(),
    }),
  }
  const providers: Providers = {
    efi: efi(await efiOptions()),
    testnet: { id: 'testnet', chain: chain.port, signer: chain.signer },
    rates: { id: 'rates', rates: rates as never },
  }
  for (let index = 0; index < WORKERS; index += 1) engines.push(engine(providers))
  await engines[0]?.migrate()
}, 120_000)

afterAll(async () => {
  await Promise.all(engines.map((one) => one.close()))
  bank.close()
  await Promise.all(pools.map((pool) => pool.end()))
  await db.close()
}, 60_000)

it(`settles ${TRADES} trades: each Pix sent once, books balanced, no open hold (seed ${SEED})`, async () => {
  const [lastro] = engines
  if (lastro === undefined) throw new Error('no engine')
  bank.faults.random({
    seed: SEED,
    rates: {
      'pix.send': { drop_after_effect: 0.2, drop_before_send: 0.05, error_500_before: 0.03 },
      'webhook.deliver': { lost_webhook: 0.2, duplicate_webhook: 0.2 },
    },
  })
  await Promise.all(engines.map((one) => one.worker.start()))
  const trades: Trade[] = []
  for (let index = 0; index < TRADES; index += 1) {
    const give = Money.of(1_000_000n + BigInt(index), DOLLAR)
    const quote = await lastro.quotes.create({ chain: 'testnet', give, idempotencyKey: `q${index}` })
    const payout = { provider: 'efi', destination: { kind: 'pix_key', key: 'maria@example.com' } } as const
    trades.push(await lastro.trades.create({ quoteId: quote.id, payout, idempotencyKey: `t${index}` }))
  }
  await expect
    .poll(async () => (await lastro.trades.list({ state: 'quoted' })).items.length, { timeout: 60_000 })
    .toBe(0)
  for (const { id } of trades) {
    const { depositAddress, give } = await lastro.trades.get(id)
    chain.pay({ to: depositAddress ?? '', amount: give })
  }
  chain.mine(5)

  const unfinished = async () => {
    const states = await Promise.all(trades.map(async ({ id }) => (await lastro.trades.get(id)).state))
    return states.filter((state) => state !== 'completed').length
  }
  await expect.poll(unfinished, { timeout: 120_000, interval: 1_000 }).toBe(0)
  await Promise.all(engines.map((one) => one.worker.stop()))

  // The witness is the bank, not the engine.
  expect(bank.sent).toHaveLength(TRADES)
  expect(bank.sent.filter(({ movements }) => movements !== 1)).toEqual([])
  const injected = bank.faults.log.filter(({ fault }) => fault.kind === 'drop_after_effect')
  expect(injected.length).toBeGreaterThan(TRADES / 10)

  expect(await lastro.ledger.verify()).toEqual([])
  for (const row of await lastro.ledger.trialBalance()) {
    expect(row.debitsPosted).toEqual(row.creditsPosted)
    expect([row.debitsPending.amount, row.creditsPending.amount]).toEqual([0n, 0n])
  }
  const paid = bank.sent.reduce((sum, { amount }) => sum + amount, 0n)
  expect((await lastro.ledger.balance('provider:efi:BRL/2')).posted.amount).toBe(-paid)
}, 240_000)
