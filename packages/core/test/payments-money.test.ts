import { isLastroError, type PaymentId } from '@lastro/core'
import type { ProviderDispute } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Bench, openBench } from './payments-bench.ts'
import { brl, PRICE } from './psp.ts'

eachDatabase((db) => {
  let bench: Bench
  let keys = 0
  const refund = async (id: PaymentId, more: object = {}) => {
    keys += 1
    return bench.lastro.payments.refund({ id, idempotencyKey: `r${keys}`, ...more })
  }
  const refunds = () => bench.psp.calls.filter(({ call }) => call === 'refund')

  beforeEach(async () => {
    bench = await openBench(db)
  })

  describe('what is told', () => {
    it('early, twice and late: the same payment, and the same books', async () => {
      const { id } = await bench.open()
      const ref = bench.psp.pay(id)
      const paid = bench.psp.event(id)
      await bench.hear({ ...paid, state: 'paid' })
      const once = await bench.get(id)
      await bench.hear(paid)
      await bench.hear({ providerRef: paid.providerRef ?? '', state: 'pending', amount: PRICE, receipts: [] })
      await bench.hear({ receipts: [{ ref, amount: PRICE }] })
      expect({ ...(await bench.get(id)), told: [], updatedAt: 0, version: 0 }).toEqual({
        ...once,
        told: [],
        updatedAt: 0,
        version: 0,
      })
      await bench.books({ 'receivable:psp': 1233n, 'fees:psp': 1n, 'clearing:payments': 1234n })
    })

    it('before the answer to the call that creates it', async () => {
      bench.psp.next.create.push('hang')
      const { id } = await bench.lastro.payments.create({ amount: PRICE, method: 'pix', idempotencyKey: 'k' })
      void bench.lastro.payments.submit(id)
      await expect.poll(() => bench.psp.calls.length).toBe(1)
      bench.psp.pay(id)
      await bench.hear(bench.psp.event(id))
      expect(await bench.get(id)).toMatchObject({ state: 'paid', received: PRICE, providerRef: `psp-${id}` })
    })

    it('"paid" without the money is asked about, and not believed', async () => {
      const { id } = await bench.open()
      await bench.hear({ idempotencyKey: id, state: 'paid', amount: PRICE })
      expect(await bench.get(id)).toMatchObject({ state: 'processing', received: brl(0n) })
      bench.psp.pay(id)
      await bench.pass(120_000, 60_000)
      expect((await bench.get(id)).state).toBe('paid')
    })

    it('for another amount or in another asset: moves nothing, and is reported once', async () => {
      const { id } = await bench.open()
      const wrong = { idempotencyKey: id, state: 'canceled', amount: brl(1n) } as const
      await bench.hear(wrong)
      await bench.hear({ ...wrong })
      expect(await bench.get(id)).toMatchObject({
        state: 'pending',
        contradiction: expect.stringContaining('12.34'),
      })
      await bench.hear({
        idempotencyKey: id,
        receipts: [{ ref: 'E9', amount: { amount: 5n, asset: 'USD/2' } }],
      })
      expect((await bench.audits()).filter((action) => action === 'payment.contradicted')).toHaveLength(2)
      expect((await bench.get(id)).received).toEqual(brl(0n))
      await bench.books({})
    })

    it('of nobody here: kept, and told to people', async () => {
      await bench.hear({ providerRef: 'nobody', state: 'paid' })
      expect(await bench.audits()).toContain('webhook.unmatched')
    })

    it('one receipt is never counted for two payments', async () => {
      const [first, second] = [await bench.open(), await bench.open()]
      const receipt = { ref: 'E1', amount: PRICE }
      await bench.hear({ idempotencyKey: first.id, receipts: [receipt] })
      await bench.hear({ idempotencyKey: second.id, receipts: [receipt] })
      expect([(await bench.get(first.id)).state, (await bench.get(second.id)).state]).toEqual([
        'paid',
        'pending',
      ])
      expect((await bench.get(second.id)).contradiction).toContain(`belongs to ${first.id}`)
      await bench.books({ 'receivable:psp': 1234n })
    })

    it('short, then whole, then over', async () => {
      const { id } = await bench.open()
      bench.psp.pay(id, brl(1000n))
      await bench.hear(bench.psp.event(id))
      expect(await bench.get(id)).toMatchObject({ state: 'pending', received: brl(1000n) })
      bench.psp.pay(id, brl(234n))
      await bench.hear(bench.psp.event(id))
      bench.psp.pay(id, brl(66n))
      await bench.hear(bench.psp.event(id))
      expect(await bench.get(id)).toMatchObject({ state: 'paid', received: brl(1300n) })
      const types = await bench.types()
      expect(types.filter((type) => /paid/.test(type))).toEqual(['underpaid', 'paid', 'overpaid'])
      expect(await bench.audits()).toContain('payment.overpaid')
    })

    it('money for an ended payment is booked, paid, and told by another name', async () => {
      const { id } = await bench.open()
      await bench.lastro.payments.cancel({ id, idempotencyKey: 'c1' })
      await bench.lastro.tick()
      expect((await bench.get(id)).state).toBe('canceled')
      bench.psp.pay(id)
      await bench.hear({ ...bench.psp.event(id) })
      expect(await bench.get(id)).toMatchObject({ state: 'paid', endedHere: null })
      const types = await bench.types()
      expect(types).toContain('received_late')
      expect(types).not.toContain('paid')
      expect(await bench.audits()).toContain('payment.received_late')
      await bench.books({ 'clearing:payments': 1234n })
    })

    it('an account that refuses what has happened: booked in suspense, and told to people', async () => {
      await bench.lastro.ledger.accounts.create({
        id: 'customer:1',
        asset: 'BRL/2',
        normalSide: 'credit',
        constraint: 'no_overdraft',
      })
      const { id } = await bench.open({ creditAccount: 'customer:1' })
      await bench.lastro.ledger.accounts.freeze('customer:1')
      bench.psp.pay(id)
      await bench.hear(bench.psp.event(id))
      expect((await bench.get(id)).state).toBe('paid')
      await bench.books({ 'suspense:psp': 1234n, 'receivable:psp': 1233n })
      expect(await bench.audits()).toContain('payment.suspended')
    })
  })

  describe('policies', () => {
    it.each([
      ['onOverpaid', 66n, 1234n],
      ['onLate', 1300n, 0n],
    ] as const)('%s: refund gives back what was not asked for, once', async (policy, back, kept) => {
      bench = await openBench(db, { options: { payments: { [policy]: 'refund' } } })
      const { id } = await bench.open()
      if (policy === 'onLate') await bench.lastro.payments.cancel({ id, idempotencyKey: 'c1' })
      await bench.lastro.tick()
      bench.psp.pay(id, brl(1300n))
      await bench.hear(bench.psp.event(id))
      await bench.lastro.tick()
      const [asked] = bench.psp.of(id).refunds
      expect(asked?.amount).toEqual(brl(back))
      bench.psp.refundIs(asked?.ref ?? '', 'succeeded')
      await bench.lastro.payments.verify(id)
      await bench.lastro.tick()
      expect(refunds()).toHaveLength(1)
      await bench.books({ 'clearing:payments': kept })
    })

    it('paid late, given back, and paid once more: that is given back too', async () => {
      const policies = { onLate: 'refund', onOverpaid: 'refund' } as const
      bench = await openBench(db, { options: { payments: policies } })
      const { id } = await bench.open({ expiresAt: new Date(db.clock.now().getTime() + 600_000) })
      await bench.pass(700_000, 100_000)
      expect((await bench.get(id)).endedHere).toBe('expired')
      for (const _time of [1, 2]) {
        bench.psp.pay(id)
        await bench.hear(bench.psp.event(id))
        await bench.lastro.tick()
        for (const { ref } of bench.psp.of(id).refunds) bench.psp.refundIs(ref, 'succeeded')
        await bench.lastro.payments.verify(id)
      }
      expect(await bench.get(id)).toMatchObject({ received: brl(2468n), refunded: brl(2468n) })
      await bench.books({ 'clearing:payments': 0n })
    })

    it('a charge with a due date that is paid twice is told to people, and a fine is not', async () => {
      bench = await openBench(db, { options: { payments: { onOverpaid: 'refund' } } })
      const due = { method: 'pix_due', due: { dueDate: '2026-12-24' } }
      const [fined, twice] = [await bench.open(due), await bench.open(due)]
      bench.psp.pay(fined.id, brl(1300n))
      await bench.hear(bench.psp.event(fined.id))
      expect(await bench.audits()).not.toContain('payment.overpaid')
      for (const _time of [1, 2]) bench.psp.pay(twice.id)
      await bench.hear(bench.psp.event(twice.id))
      await bench.lastro.tick()
      expect(await bench.types()).toContain('overpaid')
      expect(await bench.audits()).toContain('payment.overpaid')
      expect(refunds()).toEqual([])
    })
  })

  describe('refunds', () => {
    it('in parts, each once; the hold becomes a posting when the provider says so', async () => {
      const { id } = await bench.paid()
      const first = await refund(id, { amount: brl(234n) })
      expect(first).toMatchObject({ kind: 'refund', state: 'created', amount: brl(234n) })
      expect((await bench.get(id)).refunding).toEqual(brl(234n))
      await bench.books({ 'clearing:payments': 1234n }, 234n)
      await bench.lastro.tick()
      expect(await bench.lastro.payments.operation(first.id)).toMatchObject({
        state: 'done',
        providerRef: `R-${first.id}`,
      })
      const second = await refund(id)
      expect(second.amount).toEqual(brl(1000n))
      await bench.lastro.tick()
      for (const { ref } of bench.psp.of(id).refunds) bench.psp.refundIs(ref, 'succeeded')
      await bench.hear(bench.psp.event(id))
      expect(await bench.get(id)).toMatchObject({ state: 'paid', refunded: PRICE, refunding: brl(0n) })
      expect((await bench.lastro.payments.view(id)).refundState).toBe('whole')
      await bench.books({ 'clearing:payments': 0n, 'receivable:psp': -1n, 'fees:psp': 1n })
      await expect(refund(id)).rejects.toThrow('amount: must be at most 0.00 BRL/2')
    })

    it.each(['lose_answer', 'throw'] as const)(
      '%s: found by asking, and never sent again',
      async (behaviour) => {
        const { id } = await bench.paid()
        bench.psp.next.refund.push(behaviour)
        const { id: refundId } = await refund(id)
        await bench.lastro.tick()
        expect((await bench.lastro.payments.operation(refundId)).state).toBe('unknown')
        await bench.pass(10_000)
        expect((await bench.lastro.payments.operation(refundId)).state).toBe('done')
        expect(refunds()).toHaveLength(1)
        bench.psp.refundIs(`R-${refundId}`, 'succeeded')
        await bench.lastro.payments.verify(id)
        await bench.books({ 'clearing:payments': 0n })
      },
    )

    it('is sent again, with its key, only once its absence is certain', async () => {
      const { id } = await bench.paid()
      bench.psp.next.refund.push('lose_request')
      const { id: refundId } = await refund(id)
      await bench.pass(40_000)
      expect(refunds()).toHaveLength(1)
      await bench.pass(90_000, 5_000)
      expect(refunds().map(({ key }) => key)).toEqual([refundId, refundId])
      expect(bench.psp.of(id).refunds).toHaveLength(1)
    })

    it('declined: the hold is let go, and the amount may be asked for again', async () => {
      const { id } = await bench.paid()
      bench.psp.next.refund.push({ decline: 'insufficient_funds' })
      const declined = await refund(id)
      await bench.lastro.tick()
      expect(await bench.lastro.payments.operation(declined.id)).toMatchObject({
        state: 'declined',
        reason: 'insufficient_funds',
      })
      await bench.books({ 'clearing:payments': 1234n })
      expect((await bench.get(id)).refunding).toEqual(brl(0n))
      expect((await refund(id)).amount).toEqual(PRICE)
    })

    it('failed after it succeeded: the money is ours again', async () => {
      const { id } = await bench.paid()
      const { id: refundId } = await refund(id)
      await bench.lastro.tick()
      const ref = `R-${refundId}`
      bench.psp.refundIs(ref, 'succeeded')
      await bench.hear(bench.psp.event(id))
      await bench.books({ 'clearing:payments': 0n })
      bench.psp.refundIs(ref, 'failed')
      await bench.hear(bench.psp.event(id))
      // Late news of the success changes nothing.
      await bench.hear(bench.psp.event(id, { refunds: [{ ref, state: 'succeeded', amount: PRICE }] }))
      expect(await bench.types()).toContain('refund_returned')
      expect((await bench.get(id)).refunded).toEqual(brl(0n))
      await bench.books({ 'clearing:payments': 1234n, 'receivable:psp': 1233n })
      expect((await refund(id)).amount).toEqual(PRICE)
    })

    it('under way at a provider that lists no refunds: asked about by its key until it has an end', async () => {
      const { id } = await bench.paid()
      const { id: refundId } = await refund(id)
      await bench.lastro.tick()
      expect((await bench.get(id)).refunding).toEqual(PRICE)
      const { find } = bench.psp.port
      Object.assign(bench.psp.port, {
        find: async (ref: Parameters<typeof find>[0]) => {
          const told = await find(ref)
          return told === null ? null : { ...told, refunds: [] }
        },
      })
      bench.psp.refundIs(`R-${refundId}`, 'succeeded')
      await bench.pass(900_000, 300_000)
      expect(await bench.get(id)).toMatchObject({ refunding: brl(0n), refunded: PRICE })
      await bench.books({ 'clearing:payments': 0n })
    })

    it('made by somebody at the provider: booked, and taken off what may be refunded', async () => {
      const { id } = await bench.paid()
      const receiptRef = bench.psp.of(id).receipts[0]?.ref ?? ''
      const made = { ref: 'R-hand', receiptRef, state: 'succeeded', amount: brl(1000n) } as const
      await bench.hear(bench.psp.event(id, { refunds: [made] }))
      await bench.books({ 'clearing:payments': 234n })
      await expect(refund(id, { amount: brl(235n) })).rejects.toThrow('amount: must be at most 2.34 BRL/2')
    })

    it('told by a webhook without our key before the answer: one refund, booked once', async () => {
      const { id } = await bench.paid()
      bench.psp.next.refund.push('lose_answer')
      const { id: refundId } = await refund(id)
      await bench.lastro.tick()
      const told = { ref: `R-${refundId}`, state: 'succeeded', amount: PRICE } as const
      await bench.hear(bench.psp.event(id, { refunds: [told] }))
      await bench.pass(10_000)
      expect((await bench.lastro.payments.details(id)).refunds).toHaveLength(1)
      expect(await bench.lastro.payments.operation(refundId)).toMatchObject({
        state: 'done',
        hold: 'settled',
      })
      expect((await bench.get(id)).refunded).toEqual(PRICE)
      await bench.books({ 'clearing:payments': 0n, 'receivable:psp': -1n })
    })

    it('of one of several receipts', async () => {
      const { id } = await bench.open()
      const [one] = [bench.psp.pay(id, brl(617n)), bench.psp.pay(id, brl(617n))]
      await bench.lastro.payments.verify(id)
      await expect(refund(id)).rejects.toThrow('receiptRef: is required')
      await expect(refund(id, { amount: brl(618n) })).rejects.toThrow('must be at most 6.17 BRL/2')
      await expect(refund(id, { receiptRef: 'E-none' })).rejects.toThrow('is no receipt of this payment')
      expect((await refund(id, { receiptRef: one })).receiptRef).toBe(one)
    })

    it('is refused before anything was received, and where the provider cannot', async () => {
      const { id } = await bench.open()
      await expect(refund(id)).rejects.toSatisfy((error) => isLastroError(error, 'illegal_transition'))
      bench = await openBench(db, { fake: { without: ['refund', 'approve', 'complete', 'incomplete'] } })
      const other = await bench.paid()
      await expect(refund(other.id)).rejects.toSatisfy((error) => isLastroError(error, 'provider_missing'))
    })

    it('the same key is one refund, also from twenty callers at once', async () => {
      const { id } = await bench.paid()
      const ask = () => bench.lastro.payments.refund({ id, amount: brl(100n), idempotencyKey: 'same' })
      const answers = await Promise.all(Array.from({ length: 20 }, ask))
      expect(new Set(answers.map((one) => one.id)).size).toBe(1)
      await bench.lastro.tick()
      expect(refunds()).toHaveLength(1)
    })
  })

  describe('disputes', () => {
    const dispute = (state: ProviderDispute['state'], withdrawn?: bigint): ProviderDispute => ({
      ref: 'D1',
      state,
      amount: PRICE,
      ...(withdrawn === undefined ? {} : { withdrawn: brl(withdrawn) }),
    })
    const tell = async (id: PaymentId, told: ProviderDispute) => {
      await db.clock.advance(1_000)
      bench.psp.dispute(id, told)
      await bench.hear(bench.psp.event(id, { disputes: [told] }), db.clock.now())
    }

    it.each([
      ['won', 0n, { 'disputed:psp': 0n, 'receivable:psp': 1233n, 'clearing:payments': 1234n }],
      ['lost', 1234n, { 'disputed:psp': 0n, 'receivable:psp': -1n, 'clearing:payments': 0n }],
    ] as const)('withdrawn, then %s', async (end, withdrawn, balances) => {
      const { id } = await bench.paid()
      await tell(id, dispute('needs_response', 1234n))
      await bench.books({ 'disputed:psp': 1234n, 'receivable:psp': -1n, 'clearing:payments': 1234n })
      expect(await bench.lastro.payments.view(id)).toMatchObject({ isDisputed: true, state: 'paid' })
      await expect(refund(id)).rejects.toThrow('must be at most 0.00')
      await tell(id, dispute(end, withdrawn))
      expect(await bench.lastro.payments.view(id)).toMatchObject({ isDisputed: false })
      await bench.books(balances)
    })

    it('won, reopened and lost: the later word counts, and a late one does not', async () => {
      const { id } = await bench.paid()
      const early = db.clock.now()
      await tell(id, dispute('needs_response', 1234n))
      await tell(id, dispute('won', 0n))
      await tell(id, dispute('under_review', 1234n))
      await bench.books({ 'disputed:psp': 1234n })
      await bench.hear(bench.psp.event(id, { disputes: [dispute('won', 0n)] }), early)
      await bench.books({ 'disputed:psp': 1234n })
      await tell(id, dispute('lost', 1234n))
      await bench.books({ 'disputed:psp': 0n, 'clearing:payments': 0n, 'receivable:psp': -1n })
    })

    it('its fee is booked, given back when it is won, and taken again when it is reopened', async () => {
      const { id } = await bench.paid()
      const fees = async () => (await bench.get(id)).fees
      await tell(id, { ...dispute('needs_response', 1234n), fee: brl(15n) })
      await bench.books({ 'fees:psp': 16n, 'receivable:psp': -16n })
      await tell(id, { ...dispute('won', 0n), fee: brl(0n) })
      expect(await fees()).toEqual(brl(1n))
      await bench.books({ 'fees:psp': 1n, 'receivable:psp': 1233n })
      await tell(id, { ...dispute('under_review', 1234n), fee: brl(15n) })
      await tell(id, { ...dispute('lost', 1234n), fee: brl(15n) })
      expect(await fees()).toEqual(brl(16n))
      await bench.books({ 'fees:psp': 16n, 'receivable:psp': -16n, 'clearing:payments': 0n })
    })

    it('opened before a refund was sent: the refund is not sent, and its hold is let go', async () => {
      const { id } = await bench.paid()
      const { id: refundId } = await refund(id, { amount: brl(500n) })
      const { id: other } = await refund(id, { amount: brl(300n) })
      bench.psp.dispute(id, dispute('needs_response', 1000n))
      const inbox = bench.psp.event(id, { disputes: [dispute('needs_response', 1000n)] })
      await bench.lastro.payments.verify(id)
      await bench.hear(inbox, db.clock.now())
      await bench.lastro.tick()
      expect(refunds()).toEqual([])
      for (const asked of [refundId, other])
        expect(await bench.lastro.payments.operation(asked)).toMatchObject({
          state: 'declined',
          reason: 'not_permitted',
        })
      await bench.books({ 'disputed:psp': 1000n, 'clearing:payments': 1234n })
    })

    it('a block holds money back, and gives it free', async () => {
      const { id } = await bench.paid()
      await tell(id, dispute('blocked', 1234n))
      await bench.books({ 'blocked:psp': 1234n, 'receivable:psp': -1n })
      await tell(id, dispute('closed', 0n))
      await bench.books({ 'blocked:psp': 0n, 'receivable:psp': 1233n })
      const types = await bench.types()
      expect(types.slice(types.indexOf('blocked'))).toEqual([
        'blocked',
        'dispute_withdrawn',
        'dispute_changed',
        'dispute_reinstated',
      ])
    })

    it('a warning moves no money', async () => {
      const { id } = await bench.paid()
      await tell(id, dispute('warned'))
      expect(await bench.types()).toContain('disputed')
      await bench.books({ 'receivable:psp': 1233n })
    })
  })

  describe('settlement', () => {
    it('a whole story: what the provider still owes is what the receivable says', async () => {
      const { id } = await bench.paid()
      const { id: refundId } = await refund(id, { amount: brl(234n) })
      await bench.lastro.tick()
      bench.psp.refundIs(`R-${refundId}`, 'succeeded')
      await bench.lastro.payments.verify(id)
      const settle = { provider: 'psp', amount: brl(990n), fee: brl(9n), ref: 'S1' }
      expect(await bench.lastro.payments.settle(settle)).toEqual({ ref: 'S1', status: 'accepted' })
      expect(await bench.lastro.payments.settle(settle)).toEqual({ ref: 'S1', status: 'exists' })
      await expect(bench.lastro.payments.settle({ ...settle, amount: brl(1n) })).rejects.toSatisfy((error) =>
        isLastroError(error, 'ledger_refused'),
      )
      await bench.books({
        'receivable:psp': 0n,
        'provider:psp': 990n,
        'fees:psp': 10n,
        'clearing:payments': 1000n,
      })
      const refused = { code: 'ledger_refused', details: { rule: 'conflict' } }
      const { fee: _none, ...bare } = settle
      await expect(bench.lastro.payments.settle(bare)).rejects.toMatchObject(refused)
      await bench.lastro.payments.settle({ ...bare, ref: 'S2', amount: brl(1n) })
      await expect(
        bench.lastro.payments.settle({ ...settle, ref: 'S2', amount: brl(1n) }),
      ).rejects.toMatchObject(refused)
      await bench.books({ 'receivable:psp': -1n, 'provider:psp': 991n, 'fees:psp': 10n })
      expect((await bench.types()).filter((type) => type === 'settled')).toHaveLength(2)
    })
  })
})
