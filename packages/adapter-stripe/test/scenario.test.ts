import { createLastro, type PaymentId } from '@lastro/core'
import { Money, reveal } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import {
  createFakeStripe,
  type FakeStripe,
  type FakeStripeEndpoint,
  type FakeStripeOptions,
} from '@lastro/testing/stripe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OTHER_SECRET, SECRET } from './setup.ts'
import { adapterFor, heldBy } from './world.ts'

const URL_OF_HOST = 'https://shop.example/webhooks/stripe'
const usd = (amount: bigint) => Money.of(amount, 'USD/2')
const PRICE = usd(19_99n)

/** Endpoints as they may stand at Stripe: every shape of every version tells the same. */
const ENDPOINTS: Readonly<Record<string, Pick<FakeStripeEndpoint, 'apiVersion' | 'payload'>>> = {
  'events of endive': { apiVersion: '2026-10-28.endive' },
  'events of acacia': { apiVersion: '2025-02-24.acacia' },
  'events older than names': { apiVersion: '2023-10-16' },
  'thin events': { payload: 'thin' },
}

eachDatabase(
  (db) => {
    let fake: FakeStripe
    let lastro: ReturnType<typeof open>

    const open = (
      endpoint: Partial<FakeStripeEndpoint> = {},
      options: FakeStripeOptions & { readonly timeoutMs?: number } = {},
    ) => {
      const { timeoutMs = 30_000, ...more } = options
      fake = createFakeStripe({
        clock: db.clock,
        endpoints: [{ url: URL_OF_HOST, secrets: [OTHER_SECRET, SECRET], ...endpoint }],
        deliver: (request) => lastro.http.fetch(request),
        ...more,
      })
      const provider = adapterFor(fake, {
        clock: db.clock,
        timeoutMs,
        webhook: { secrets: [SECRET], livemode: false, payload: endpoint.payload ?? 'snapshot' },
      })
      return createLastro({
        storage: db.storage,
        clock: db.clock,
        providers: { stripe: provider },
        rails: { failuresToOpen: 1_000_000 },
      })
    }
    const begin = async (...given: Parameters<typeof open>) => {
      lastro = open(...given)
      await lastro.migrate()
    }
    const pass = async (ms: number, stepMs = 2_000) => {
      for (let left = ms; left > 0; left -= stepMs) {
        await db.clock.advance(Math.min(stepMs, left))
        await lastro.tick()
      }
    }
    /** Brings every webhook, and does what follows of them. */
    const news = async () => {
      for (let round = 0; round < 4; round++) {
        await fake.flushWebhooks({ everything: true })
        await pass(2_000)
      }
    }
    const create = (method: 'checkout' | 'card', more: object = {}) =>
      lastro.payments.create({
        amount: PRICE,
        method,
        returnUrl: 'https://shop.example/thanks',
        idempotencyKey: `order-${method}`,
        ...more,
      })
    /** The payer pays, by what the action says. Answers the charge. */
    const pay = async (id: PaymentId): Promise<string> => {
      const action = await lastro.payments.action(id)
      if (action?.kind === 'redirect') fake.payCheckout(action.url.split('/').at(-1) ?? '')
      else if (action?.kind === 'confirm_in_browser')
        fake.confirmCard(reveal(action.clientSecret).split('_secret_')[0] ?? '')
      return heldBy(fake, id).charges.at(-1)?.id ?? ''
    }
    /** The ledger is balanced, and what Stripe owes us by it is what lies at Stripe, but for what was paid out. */
    const expectBooks = async (paidOut = 0n) => {
      expect(await lastro.ledger.verify()).toEqual([])
      for (const row of await lastro.ledger.trialBalance()) {
        expect(row.debitsPosted).toEqual(row.creditsPosted)
        expect([row.debitsPending.amount, row.creditsPending.amount]).toEqual([0n, 0n])
      }
      const owed = (await lastro.ledger.balance('receivable:stripe:USD/2')).posted.amount
      expect(owed).toBe(BigInt(fake.balance('usd')) - paidOut)
    }
    const details = (id: PaymentId) => lastro.payments.details(id)
    const settled = async (id: string) => (await lastro.payments.operation(id as never)).state

    beforeEach(() => db.truncate())
    afterEach(async () => {
      await lastro.worker.stop()
      fake.close()
    })

    describe.each(Object.entries(ENDPOINTS))('%s', (_name, endpoint) => {
      it.each(['checkout', 'card'] as const)(
        '%s: paid, paid out, refunded in part, warned of, disputed, and lost',
        async (method) => {
          await begin(endpoint)
          const { id } = await create(method)
          await lastro.tick()
          const charge = await pay(id)
          await news()
          expect((await lastro.payments.get(id)).state).toBe('paid')
          const { receipts } = await details(id)
          expect(receipts).toMatchObject([{ ref: charge, amount: PRICE }])

          // Its fee too, which no event tells, with nobody to ask for it.
          expect((await lastro.payments.get(id)).fees).toEqual(usd(87n))
          await lastro.payments.settle({ provider: 'stripe', amount: usd(1_000n), ref: 'po_1' })

          const { id: refund } = await lastro.payments.refund({ id, amount: usd(500n), idempotencyKey: 'r1' })
          await pass(4_000)
          expect(await settled(refund)).toBe('done')
          await news()
          expect((await lastro.payments.get(id)).refunded).toEqual(usd(500n))

          const warning = fake.warnFraud(charge)
          await news()
          expect((await details(id)).disputes).toMatchObject([
            { ref: warning, state: 'warned', withdrawn: null },
          ])

          const dispute = fake.openDispute(charge, { amount: 1_499 })
          await news()
          expect((await lastro.payments.get(id)).disputed).toEqual(usd(1_499n))
          expect((await details(id)).disputes).toContainEqual(
            expect.objectContaining({ ref: warning, state: 'closed' }),
          )
          fake.closeDispute(dispute, 'lost')
          await news()
          expect((await details(id)).disputes).toContainEqual(
            expect.objectContaining({ ref: dispute, state: 'lost' }),
          )
          await expectBooks(1_000n)
          expect(heldBy(fake, id).charges).toHaveLength(1)
          expect((await lastro.payments.get(id)).contradiction).toBeNull()
        },
      )
    })

    it.each([
      ['and its fee', true, 87n],
      ['without its fee', false, 1_587n],
    ])(
      'a dispute that is answered and won gives the money back, %s',
      async (_what, returnsDisputeFee, fees) => {
        await begin({}, { returnsDisputeFee })
        const { id } = await create('card')
        await lastro.tick()
        const charge = await pay(id)
        await news()
        const dispute = fake.openDispute(charge, { withdraws: false })
        await news()
        expect((await lastro.payments.get(id)).disputed).toEqual(usd(0n))
        fake.withdrawFunds(dispute)
        fake.respondToDispute(dispute)
        await news()
        expect((await lastro.payments.get(id)).disputed).toEqual(PRICE)
        expect((await lastro.payments.get(id)).fees).toEqual(usd(1_587n))
        fake.closeDispute(dispute, 'won')
        await news()
        expect(await lastro.payments.get(id)).toMatchObject({ disputed: usd(0n), fees: usd(fees) })
        await expectBooks()
      },
    )

    it('an inquiry moves no money', async () => {
      await begin()
      const { id } = await create('checkout')
      await lastro.tick()
      const dispute = fake.openDispute(await pay(id), { isInquiry: true })
      await news()
      fake.closeDispute(dispute, 'warning_closed')
      await news()
      expect((await details(id)).disputes).toMatchObject([{ state: 'closed', amount: PRICE }])
      await lastro.payments.verify(id)
      await expectBooks()
    })

    it('a refund that fails after it had succeeded is booked back', async () => {
      await begin({}, { refundStatus: 'pending' })
      const { id } = await create('card')
      await lastro.tick()
      await pay(id)
      await news()
      await lastro.payments.verify(id)
      await lastro.payments.refund({ id, amount: usd(700n), idempotencyKey: 'r1' })
      await pass(4_000)
      const [refund] = fake.refunds
      expect((await lastro.payments.get(id)).refunding).toEqual(usd(700n))
      fake.settleRefund(refund?.id ?? '')
      await news()
      expect((await lastro.payments.get(id)).refunded).toEqual(usd(700n))
      fake.failRefund(refund?.id ?? '')
      await news()
      expect((await lastro.payments.get(id)).refunded).toEqual(usd(0n))
      await expectBooks()
    })

    it('the bank asks the payer to confirm, in the form and on the page', async () => {
      await begin()
      const card = await create('card')
      await lastro.tick()
      const [intent] = fake.intents
      fake.confirmCard(intent?.id ?? '', 'requires_action')
      await news()
      expect((await lastro.payments.get(card.id)).state).toBe('requires_action')
      fake.completeAction(intent?.id ?? '', false)
      await news()
      expect((await lastro.payments.get(card.id)).state).toBe('requires_action')
      fake.confirmCard(intent?.id ?? '')
      await news()
      expect((await lastro.payments.get(card.id)).state).toBe('paid')
      const page = await create('checkout')
      await lastro.tick()
      const [session] = fake.sessions
      const id = fake.payCheckout(session?.id ?? '', 'requires_action')
      fake.completeAction(id)
      await news()
      expect((await lastro.payments.get(page.id)).state).toBe('paid')
      for (const payment of [card, page]) await lastro.payments.verify(payment.id)
      await expectBooks()
    })

    it.each([
      ['brings the money', true, 'paid'],
      ['does not bring it', false, 'failed'],
    ] as const)('a delayed method on a page %s', async (_what, isPaid, state) => {
      await begin()
      const { id } = await create('checkout')
      await lastro.tick()
      const intent = fake.payCheckout(fake.sessions[0]?.id ?? '', 'processing')
      await news()
      expect((await lastro.payments.get(id)).state).toBe('processing')
      fake.settleProcessing(intent, isPaid)
      await news()
      expect((await lastro.payments.get(id)).state).toBe(state)
      await lastro.payments.verify(id)
      await expectBooks()
    })

    it('an authorization is captured in part, once, and the rest is let go', async () => {
      await begin()
      const { id } = await create('card', { capture: 'manual' })
      await lastro.tick()
      await pay(id)
      await news()
      expect((await lastro.payments.get(id)).state).toBe('authorized')
      const part = await lastro.payments.capture({ id, amount: usd(500n), idempotencyKey: 'c1' })
      await pass(4_000)
      expect(await settled(part.id)).toBe('declined')
      fake.faults.next('intent.capture', { kind: 'drop_after_effect' })
      const all = await lastro.payments.capture({
        id,
        amount: usd(500n),
        isFinal: true,
        idempotencyKey: 'c2',
      })
      await pass(20_000)
      expect(await settled(all.id)).toBe('done')
      await news()
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'paid', received: usd(500n) })
      await lastro.payments.verify(id)
      await expectBooks()
      expect(fake.charges).toMatchObject([{ amount_captured: 500 }])
    })

    it('a page that nobody paid is closed when it is canceled, and cannot be paid', async () => {
      await begin()
      const { id } = await create('checkout')
      await lastro.tick()
      await lastro.payments.cancel({ id, idempotencyKey: 'x1' })
      await pass(4_000)
      await news()
      expect((await lastro.payments.get(id)).state).toBe('canceled')
      expect(() => fake.payCheckout(fake.sessions[0]?.id ?? '')).toThrow(/expired/)
    })

    describe('what fails on the way', () => {
      const LOST = [
        { kind: 'drop_after_effect', hiddenForMs: 20_000 },
        { kind: 'error_500_after', hiddenForMs: 20_000 },
        { kind: 'truncate' },
        { kind: 'late_effect', delayMs: 40_000 },
        { kind: 'slow', delayMs: 40_000 },
        { kind: 'drop_before_send' },
      ] as const
      it.each(LOST.flatMap((fault) => (['checkout', 'card'] as const).map((method) => ({ fault, method }))))(
        '$method after $fault.kind: one charge, with nobody to help',
        async ({ fault, method }) => {
          // A delayed answer comes by the fake's clock, which stands still while the call waits: it waits in vain.
          await begin({}, 'delayMs' in fault ? { timeoutMs: 300 } : {})
          fake.faults.next(method === 'card' ? 'intent.create' : 'session.create', fault)
          const { id } = await create(method)
          await lastro.tick()
          expect((await lastro.payments.get(id)).state).toBe('unknown')
          // The faults are over within a minute; what follows must change nothing.
          await pass(100_000, 5_000)
          await pass(200_000, 20_000)
          expect((await lastro.payments.get(id)).state).toBe('pending')
          const { sessions, intents } = heldBy(fake, id)
          expect(method === 'card' ? intents : sessions).toHaveLength(1)
          await pay(id)
          await news()
          expect((await lastro.payments.get(id)).state).toBe('paid')
          expect(heldBy(fake, id).charges).toHaveLength(1)
          await lastro.payments.verify(id)
          await expectBooks()
        },
      )

      it('a refund whose answer is lost is made once', async () => {
        await begin()
        const { id } = await create('checkout')
        await lastro.tick()
        await pay(id)
        await news()
        await lastro.payments.verify(id)
        fake.faults.next('refund.create', { kind: 'drop_after_effect', hiddenForMs: 20_000 })
        fake.faults.next('webhook.deliver', 'lost_webhook')
        fake.faults.next('webhook.deliver', 'lost_webhook')
        const refund = await lastro.payments.refund({ id, amount: usd(500n), idempotencyKey: 'r1' })
        await pass(200_000, 5_000)
        expect(await settled(refund.id)).toBe('done')
        expect(fake.refunds).toMatchObject([{ amount: 500 }])
        await expectBooks()
      })

      it.each([1, 2, 3, 4, 5, 6])(
        'webhooks in any order, twice, late and lost end in the same books (seed %i)',
        async (seed) => {
          await begin()
          fake.faults.random({
            seed,
            rates: {
              'webhook.deliver': {
                duplicate_webhook: 0.25,
                late_webhook: 0.25,
                out_of_order_webhooks: 0.25,
                lost_webhook: 0.1,
              },
            },
          })
          const { id } = await create(seed % 2 === 0 ? 'checkout' : 'card')
          await lastro.tick()
          const charge = await pay(id)
          await fake.flushWebhooks()
          const dispute = fake.openDispute(charge)
          await fake.flushWebhooks()
          fake.closeDispute(dispute, seed % 3 === 0 ? 'lost' : 'won')
          await news()
          // Whatever was lost, the schedule asks: of a payment at least every half an hour, of its disputes too.
          await pass(86_400_000, 1_800_000)
          await lastro.payments.verify(id)
          expect(fake.faults.describe()).toMatch(/seed/)
          expect((await lastro.payments.get(id)).state).toBe('paid')
          await expectBooks()
        },
      )
    })
  },
  ['pglite'],
)
