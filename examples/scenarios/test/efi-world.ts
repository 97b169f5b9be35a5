/** A shop that takes and pays Pix through Efí, and the bank that witnesses it. */
import { type EfiOptions, efi } from '@lastro/adapter-pix-efi'
import { createLastro, type LastroOptions, Money } from '@lastro/core'
import type { LastroStorage } from '@lastro/core/storage'
import { createCertificates, createFakeEfi, type FakeEfiOptions } from '@lastro/testing/efi'
import type { TestDatabase } from '@lastro/testing/storage'
import { createPost, createStage, NO_BREAKER } from './stage.ts'

const SECRET = 'webhook-secret-of-the-scenarios'
const HOST = 'https://shop.example/webhooks/efi'

/** What the account holds before anything happens. */
export const AT_FIRST = 1_000_000n

export const brl = (cents: bigint) => Money.of(cents, 'BRL/2')

export interface EfiGiven {
  /** How webhooks prove where they come from. Default `hmac`. */
  readonly proof?: 'hmac' | 'mtls'
  readonly fake?: FakeEfiOptions
  readonly adapter?: Partial<EfiOptions>
  readonly payments?: NonNullable<LastroOptions['payments']>
}

/** Made once per file: they take a second. */
let certificates: Awaited<ReturnType<typeof createCertificates>> | null = null

export type EfiWorld = Awaited<ReturnType<typeof openEfi>>

/** Opens the shop. Its webhook is registered as a host does it. */
export async function openEfi(db: TestDatabase, given: EfiGiven = {}) {
  certificates ??= await createCertificates()
  const { client } = certificates
  await db.truncate()
  const post = createPost('efi', () => running.lastro)
  const bank = createFakeEfi({
    clock: db.clock,
    balance: AT_FIRST,
    deliver: (request, { address, presentsCertificate }) =>
      post.deliver(request, { address, certificateVerified: presentsCertificate }),
    ...given.fake,
  })
  const provider = (fetch = bank.fetch) =>
    efi({
      environment: 'homologation',
      ...bank.credentials,
      certificate: client,
      pixKey: bank.keys[0] ?? '',
      webhook: given.proof === 'mtls' ? { mode: 'mtls' } : { mode: 'hmac', secrets: [SECRET] },
      clock: db.clock,
      readClaims: true,
      fetch,
      ...given.adapter,
    })
  /** One process of the shop. */
  const start = (storage: LastroStorage = db.storage, fetch = bank.fetch) =>
    createLastro({
      storage,
      clock: db.clock,
      providers: { efi: provider(fetch) },
      rails: NO_BREAKER,
      ...(given.payments && { payments: given.payments }),
    })
  const running = { lastro: start() }
  const world = {
    bank,
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
    /** Webhooks that wait are delivered, and the engine does what is due. */
    async settle() {
      await bank.flushWebhooks()
      await running.lastro.tick()
    },
    /** A payment whose code is shown. */
    async ask(cents: bigint, more: object = {}) {
      const input = { provider: 'efi', amount: brl(cents), method: 'pix', idempotencyKey: `order-${cents}` }
      const { id } = await running.lastro.payments.create({ ...input, ...more } as never)
      const payment = await running.lastro.payments.submit(id)
      return { ...payment, txid: payment.providerRef ?? '' }
    },
    /** One that is paid, and is known to be. */
    async paid(cents: bigint, more: object = {}) {
      const payment = await world.ask(cents, more)
      const { e2eId } = bank.payPix(payment.txid)
      await world.settle()
      return { ...payment, e2eId }
    },
    /** What came in and stayed, by the bank's own count, in cents. */
    arrived: () => bank.balance() - AT_FIRST,
    close: () => bank.close(),
  }
  await running.lastro.migrate()
  await provider().webhooks.register({ url: HOST })
  return world
}
