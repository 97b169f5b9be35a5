/** What the tests of payments share: an engine over a fake provider, time in steps, and the books. */
import { createLastro, type LastroOptions, type PaymentId } from '@lastro/core'
import type { PaymentFacts } from '@lastro/core/spec'
import type { TestDatabase } from '@lastro/testing/storage'
import { expect } from 'vitest'
import { createPsp, PRICE, type Psp, type PspOptions } from './psp.ts'

/** The breaker rests in real time, which these tests do not wait for; it has tests of its own. */
const NO_BREAKER = { failuresToOpen: 1_000_000 }

/** An engine with one fake provider, and shorthands for what tests do with it. */
export async function openBench(
  db: TestDatabase,
  { fake = {}, options = {} }: { fake?: PspOptions; options?: Partial<LastroOptions> } = {},
) {
  await db.truncate()
  const psp: Psp = createPsp('psp', fake)
  const lastro = createLastro({
    storage: db.storage,
    clock: db.clock,
    providers: { psp: { id: 'psp', payments: psp.port, webhooks: psp.webhooks } },
    rails: NO_BREAKER,
    ...options,
  })
  await lastro.migrate()
  let keys = 0
  const bench = {
    lastro,
    psp,
    get: (id: PaymentId) => lastro.payments.get(id),
    /** Lets time pass in steps, doing what falls due at each. */
    async pass(ms: number, stepMs = 2_000) {
      for (let left = ms; left > 0; left -= stepMs) {
        await db.clock.advance(Math.min(stepMs, left))
        await lastro.tick()
      }
    },
    /** A payment that stands at the provider. */
    async open(more: object = {}) {
      keys += 1
      const input = { amount: PRICE, method: 'pix' as const, idempotencyKey: `open-${keys}` }
      const { id } = await lastro.payments.create({ ...input, ...more })
      return lastro.payments.submit(id)
    },
    /** One that was paid, and is known to be. */
    async paid(more: object = {}) {
      const { id } = await bench.open(more)
      psp.pay(id)
      return lastro.payments.verify(id)
    },
    /** A webhook arrives, and is applied. */
    async hear(facts: PaymentFacts, occurredAt?: Date) {
      const receipt = await lastro.webhooks.receive('psp', {
        url: '/webhooks/psp',
        headers: {},
        body: psp.hook(facts, occurredAt),
      })
      await lastro.tick()
      return receipt
    },
    async types() {
      const events = await lastro.events.read({ limit: 1_000 })
      return events
        .map(({ type }) => type)
        .filter((type) => type.startsWith('payment.'))
        .map((type) => type.slice('payment.'.length))
    },
    async audits() {
      return (await lastro.audit.list()).items.map(({ action }) => action)
    },
    /** Posted balances, each on its account's normal side; and nothing is held unless told. */
    async books(balances: Record<string, bigint>, held = 0n) {
      expect(await lastro.ledger.verify()).toEqual([])
      for (const row of await lastro.ledger.trialBalance()) {
        expect(row.debitsPosted).toEqual(row.creditsPosted)
        expect(row.debitsPending.amount).toBe(held)
      }
      const found: Record<string, bigint> = {}
      for (const account of Object.keys(balances))
        found[account] = (await lastro.ledger.balance(`${account}:BRL/2`)).posted.amount
      expect(found).toEqual(balances)
    },
  }
  return bench
}

export type Bench = Awaited<ReturnType<typeof openBench>>
