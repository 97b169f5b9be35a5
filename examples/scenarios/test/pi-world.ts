/** An app that takes Pi for prices in reais, its users' wallets, and the chain that witnesses both. */
import { type PiOptions, pi } from '@lastro/adapter-pi'
import { fixedRates } from '@lastro/adapter-rates'
import { createLastro, Money, type PaymentId } from '@lastro/core'
import type { LastroStorage } from '@lastro/core/storage'
import { createFakePi, type FakePiOptions } from '@lastro/testing/pi'
import type { TestDatabase } from '@lastro/testing/storage'
import { createPost, createStage, NO_BREAKER } from './stage.ts'

/** What whoever sends news to the app signs with: Pi itself sends none. */
export const SECRET = `whsec_${Buffer.from('news-of-the-scenarios-24').toString('base64')}`
export const USER = 'user-1'
/** Units in the app's wallet before anything happens: 100 Pi. */
export const AT_FIRST = 1_000_000_000n
/** What the chain takes for each transaction: 0.01 Pi. */
export const CHAIN_FEE = 100_000n
/** 50.00 reais at 1.0406 for one Pi, rounded up. */
export const PRICE = 480_492_024n

/** Units of 0.0000001 Pi. */
export const units = (amount: bigint) => Money.of(amount, 'PI/7')

export interface PiGiven {
  readonly fake?: FakePiOptions
  readonly adapter?: Partial<PiOptions>
}

export type PiWorld = Awaited<ReturnType<typeof openPi>>

/** Opens the app. */
export async function openPi(db: TestDatabase, given: PiGiven = {}) {
  await db.truncate()
  const post = createPost('pi', () => running.lastro)
  const fake = createFakePi({
    clock: db.clock,
    network: 'mainnet',
    appBalance: AT_FIRST,
    webhook: {
      url: 'https://app.example/webhooks/pi',
      secret: SECRET,
      deliver: (request) => post.deliver(request),
    },
    ...given.fake,
  })
  /** One process of the app. */
  const start = (storage: LastroStorage = db.storage, fetch = fake.fetch) =>
    createLastro({
      storage,
      clock: db.clock,
      providers: {
        pi: pi({
          apiKey: fake.apiKey,
          network: 'mainnet',
          walletSeed: fake.walletSeed,
          webhook: { secrets: [SECRET] },
          clock: db.clock,
          fetch,
          ...given.adapter,
        }),
        rates: fixedRates({ rates: { 'PI/7': { 'BRL/2': '1.0406' } }, clock: db.clock }),
      },
      rails: NO_BREAKER,
    })
  const running = { lastro: start() }
  const world = {
    fake,
    post,
    start,
    get lastro() {
      return running.lastro
    },
    /** Another process takes over. */
    set lastro(next) {
      running.lastro = next
    },
    stage: createStage(db, () => running.lastro),
    /** A payment of 50.00 reais in Pi, as the app's page gets it. */
    async ask(idempotencyKey = 'order') {
      const price = { amount: Money.of(50_00n, 'BRL/2'), payIn: 'PI/7', method: 'pi' } as const
      const payer = { providerRef: USER }
      const { id } = await running.lastro.payments.create({ provider: 'pi', ...price, payer, idempotencyKey })
      return running.lastro.payments.submit(id)
    },
    /** The user's wallet makes the payment that the page hands to it. Answers Pi's id. */
    async inBrowser(id: PaymentId, uid = USER) {
      const action = await running.lastro.payments.action(id)
      if (action?.kind !== 'create_in_browser') throw new Error(`nothing for a browser: ${action?.kind}`)
      const { amount = '', memo = '', metadata = '' } = action.facts
      return fake.createPayment({
        uid,
        amount: Money.parse(amount, 'PI/7').amount,
        memo,
        metadata: JSON.parse(metadata),
      })
    },
    /** All the way through the browser. */
    async paid(idempotencyKey = 'order') {
      const { id } = await world.ask(idempotencyKey)
      const providerRef = await world.inBrowser(id)
      await running.lastro.payments.approve({ id, providerRef })
      const proof = fake.signs(providerRef) || ''
      await running.lastro.payments.complete({ id, providerRef, proof })
      return { id, providerRef, proof }
    },
    /** News that waits is delivered, and the engine does what is due. */
    async settle() {
      await fake.flushWebhooks()
      await running.lastro.tick()
    },
    /** What the app's wallet has won or lost, without what the chain took for its own transactions. */
    arrived() {
      const own = fake.transactions.filter(({ source }) => source === fake.appAddress)
      return (fake.balance() ?? 0n) - AT_FIRST + CHAIN_FEE * BigInt(own.length)
    },
    close: () => fake.close(),
  }
  await running.lastro.migrate()
  return world
}
