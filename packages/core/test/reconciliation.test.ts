import type { DriftId, PaymentId } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { AMOUNT, DESTINATION } from './bank.ts'
import { brl, PRICE } from './psp.ts'
import { HOUR, openReconciliation, type ReconciliationBench } from './reconciliation-bench.ts'

eachDatabase((db) => {
  let bench: ReconciliationBench
  let keys = 0
  const key = () => {
    keys += 1
    return `key-${keys}`
  }
  const open = async () => {
    const { id } = await bench.lastro.payments.create({
      provider: 'psp',
      amount: PRICE,
      method: 'pix',
      idempotencyKey: key(),
    })
    await bench.lastro.payments.submit(id)
    return id
  }
  /** Paid at the provider, told by its statement; known here only where asked for. */
  const pay = async (id: PaymentId, { isKnown = true, isTold = true } = {}) => {
    const ref = bench.psp.pay(id)
    if (isKnown) await bench.lastro.payments.verify(id)
    const idempotencyKey = id
    if (isTold) bench.tell({ ref, kind: 'receipt', units: 1234n, fee: brl(1n), idempotencyKey })
    return ref
  }
  const hear = async (id: PaymentId, facts: object) => {
    const body = bench.psp.hook({ idempotencyKey: id, ...facts }, db.clock.now())
    await bench.lastro.webhooks.receive('psp', { url: '/', headers: {}, body })
    await bench.lastro.tick()
  }
  const payOut = async () => {
    bench.bank.next.push('settle')
    const input = {
      provider: 'psp',
      amount: AMOUNT,
      destination: DESTINATION,
      idempotencyKey: key(),
    } as const
    const { id } = await bench.lastro.payouts.create(input)
    await bench.lastro.tick()
    return id
  }
  const onlyDrift = async () => {
    const { items } = await bench.lastro.reconciliation.list()
    expect(items).toHaveLength(1)
    const [drift] = items
    if (drift === undefined) throw new Error('there is none')
    return drift
  }

  beforeEach(async () => {
    bench = await openReconciliation(db)
  })

  describe('what the real rails book', () => {
    it('agrees with a statement that tells the same, whatever happened', async () => {
      const first = await open()
      const ref = await pay(first)
      // Refs that stand in ledger ids as themselves, with a colon, and as a digest.
      const second = await open()
      for (const odd of ['a:5', 'a', 'é'.repeat(60)]) {
        await hear(second, { receipts: [{ ref: odd, amount: brl(500n) }] })
        bench.tell({ ref: odd, kind: 'receipt', units: 500n })
      }
      const refund = await bench.lastro.payments.refund({
        id: first,
        amount: brl(200n),
        idempotencyKey: key(),
      })
      await bench.lastro.tick()
      bench.psp.refundIs(`R-${refund.id}`, 'succeeded')
      await bench.lastro.payments.verify(first)
      bench.tell({ ref: `R-${refund.id}`, kind: 'refund', units: -200n, idempotencyKey: refund.id })
      await hear(second, {
        refunds: [{ ref: 'x:7', state: 'succeeded', amount: brl(100n), receiptRef: 'a' }],
      })
      bench.tell({ ref: 'x:7', kind: 'refund', units: -100n, providerRef: 'a' })
      await hear(second, { refunds: [{ ref: 'back', state: 'succeeded', amount: brl(50n) }] })
      await hear(second, { refunds: [{ ref: 'back', state: 'failed', amount: brl(50n) }] })
      bench.tell({ ref: 'back', kind: 'refund', units: -50n, state: 'failed' })
      const dispute = { ref: 'd1', amount: brl(300n), withdrawn: brl(300n), fee: brl(15n) }
      await hear(first, { disputes: [{ ...dispute, state: 'needs_response' }] })
      await hear(first, { disputes: [{ ...dispute, state: 'lost' }] })
      bench.tell({ ref: 'd1', kind: 'dispute', units: -300n, fee: brl(15n), providerRef: ref })
      const payout = await payOut()
      bench.tell({ ref: `E-${payout}`, kind: 'payout', units: -1234n, idempotencyKey: payout })
      bench.bank.giveBack(payout, 234n)
      await bench.lastro.tick()
      await db.clock.advance(2 * HOUR)
      const report = await bench.reconcile()
      expect(await bench.drifts()).toEqual([])
      expect(report).toMatchObject({ agreed: 9, inFlight: 0, isClean: true })
      const total = 1233n + 1500n - 200n - 100n - 315n - 1234n
      expect(report.balances).toEqual([
        {
          asset: 'BRL/2',
          accounts: ['provider:psp:BRL/2', 'receivable:psp:BRL/2'],
          opening: { amount: '0', asset: 'BRL/2' },
          movements: { amount: `${total}`, asset: 'BRL/2' },
          expected: { amount: `${total}`, asset: 'BRL/2' },
          closing: { amount: `${total}`, asset: 'BRL/2' },
          difference: { amount: '0', asset: 'BRL/2' },
          explained: {},
          unexplained: { amount: '0', asset: 'BRL/2' },
        },
      ])
    })

    it('a settlement and a fee of its own stand apart, and explain the difference', async () => {
      await pay(await open())
      await bench.lastro.ledger.accounts.create({
        id: 'bank',
        asset: 'BRL/2',
        normalSide: 'debit',
        constraint: 'none',
      })
      await bench.lastro.payments.settle({
        provider: 'psp',
        amount: brl(1000n),
        ref: 'po_1',
        account: 'bank',
      })
      bench.tell({ ref: 'fee', kind: 'fee', units: -7n })
      await db.clock.advance(2 * HOUR)
      const { balances, isClean } = await bench.reconcile()
      expect(isClean).toBe(true)
      expect(balances[0]).toMatchObject({
        difference: { amount: '-993' },
        explained: { other_postings: { amount: '-1000' }, other_lines: { amount: '7' } },
        unexplained: { amount: '0' },
      })
    })
  })

  describe('repairs', () => {
    it('a receipt that never reached us: proposed, then booked by what the provider confirms', async () => {
      const id = await open()
      const ref = await pay(id, { isKnown: false })
      await db.clock.advance(2 * HOUR)
      // The schedule of payments would find it too.
      bench.psp.isDown = true
      const { balances } = await bench.reconcile()
      bench.psp.isDown = false
      expect(balances[0]).toMatchObject({ explained: { missing_here: { amount: '-1233' } } })
      const drift = await onlyDrift()
      expect(drift).toMatchObject({
        class: 'missing_here',
        subject: `line:${ref}`,
        paymentId: id,
        repair: 'verify',
        state: 'proposed',
        theirs: PRICE,
        ours: null,
      })
      await bench.lastro.reconciliation.repair({ id: drift.id, actor: 'operator:ana' })
      await bench.lastro.tick()
      expect(await bench.lastro.reconciliation.get(drift.id)).toMatchObject({
        state: 'repaired',
        attempts: 1,
      })
      expect(await bench.lastro.payments.get(id)).toMatchObject({ state: 'paid' })
      expect(await bench.reconcile()).toMatchObject({ isClean: true })
      const audit = await bench.lastro.audit.list({ subject: drift.id })
      expect(audit.items).toMatchObject([{ actor: 'operator:ana', action: 'reconciliation.repair_asked' }])
    })

    it('by policy, without a yes; a payout that came back unheard as well', async () => {
      bench = await openReconciliation(db, { providers: { psp: { repair: 'automatic' } } })
      const id = await open()
      await pay(id, { isKnown: false })
      const payout = await payOut()
      bench.tell({ ref: `E-${payout}`, kind: 'payout', units: -1234n, idempotencyKey: payout })
      bench.bank.giveBack(payout, 1234n)
      bench.tell({ ref: 'back', kind: 'payout_returned', units: 1234n, providerRef: `ref-${payout}` })
      await db.clock.advance(2 * HOUR)
      bench.psp.isDown = true
      await bench.reconcile()
      bench.psp.isDown = false
      await db.clock.advance(HOUR)
      await bench.lastro.tick()
      expect(await bench.lastro.payments.get(id)).toMatchObject({ state: 'paid' })
      expect(await bench.lastro.payouts.get(payout)).toMatchObject({ state: 'returned' })
      expect((await bench.drifts()).map((drift) => drift.split(' ').at(-1))).toEqual(['repaired', 'repaired'])
      expect(await bench.reconcile()).toMatchObject({ isClean: true })
    })

    it('never books what the provider does not confirm', async () => {
      const id = await open()
      bench.tell({ ref: 'E-odd', kind: 'receipt', units: 1234n, idempotencyKey: id })
      await db.clock.advance(2 * HOUR)
      await bench.reconcile()
      const { id: drift } = await onlyDrift()
      await bench.lastro.reconciliation.repair({ id: drift })
      await bench.lastro.tick()
      expect(await bench.lastro.reconciliation.get(drift)).toMatchObject({
        state: 'open',
        attempts: 1,
        trouble: expect.stringContaining('still there'),
      })
      expect((await bench.lastro.payments.get(id)).received).toEqual(brl(0n))
    })

    it('amount and time alone are a hint, never a match', async () => {
      const id = await open()
      bench.tell({ ref: 'E-unknown', kind: 'receipt', units: 1234n })
      await db.clock.advance(2 * HOUR)
      await bench.reconcile()
      const drift = await onlyDrift()
      expect(drift).toMatchObject({
        class: 'missing_here',
        repair: 'person',
        suggestions: [id],
        paymentId: null,
      })
      await expect(bench.lastro.reconciliation.repair({ id: drift.id })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    })
  })

  describe('a difference', () => {
    it('dismissed with a reason stays so, until its facts change', async () => {
      const line = bench.tell({ ref: 'E-1', kind: 'receipt', units: 500n })
      await db.clock.advance(2 * HOUR)
      await bench.reconcile()
      const { id } = await onlyDrift()
      await bench.lastro.reconciliation.dismiss({ id, reason: 'a test of theirs', actor: 'operator:ana' })
      expect(await bench.reconcile()).toMatchObject({
        isClean: true,
        drifts: { missing_here: { found: 0, open: 0 } },
      })
      expect(await bench.lastro.reconciliation.get(id)).toMatchObject({
        state: 'dismissed',
        reason: 'a test of theirs',
      })
      bench.books.all.splice(0, 1, { ...line, amount: brl(600n) })
      expect(await bench.reconcile()).toMatchObject({ drifts: { missing_here: { found: 1, open: 1 } } })
      expect(await onlyDrift()).toMatchObject({ id, state: 'open', theirs: brl(600n), reason: null })
      const actions = (await bench.lastro.audit.list({ subject: id })).items.map(({ action }) => action)
      expect(actions).toEqual(['reconciliation.drift_dismissed'])
    })

    it('rolls back with the host: { tx }', async () => {
      bench.tell({ ref: 'E-1', kind: 'receipt', units: 500n })
      await db.clock.advance(2 * HOUR)
      await bench.reconcile()
      const { id } = await onlyDrift()
      await expect(
        db.hostTransaction(async ({ tx }) => {
          await bench.lastro.reconciliation.dismiss({ id, reason: 'no' }, { tx })
          throw new Error('the host changed its mind')
        }),
      ).rejects.toThrow('changed its mind')
      expect(await bench.lastro.reconciliation.get(id)).toMatchObject({ state: 'open' })
    })

    it('that ended is refused', async () => {
      bench.tell({ ref: 'E-1', kind: 'receipt', units: 500n })
      await db.clock.advance(2 * HOUR)
      await bench.reconcile()
      const { id } = await onlyDrift()
      bench.books.all.length = 0
      await bench.reconcile()
      expect(await bench.lastro.reconciliation.get(id)).toMatchObject({ state: 'closed' })
      for (const act of [
        () => bench.lastro.reconciliation.repair({ id }),
        () => bench.lastro.reconciliation.dismiss({ id, reason: 'late' }),
      ])
        await expect(act()).rejects.toMatchObject({ code: 'illegal_transition' })
      const missing = 'drf_none' as DriftId
      await expect(bench.lastro.reconciliation.get(missing)).rejects.toMatchObject({ code: 'not_found' })
    })

    it('of a posting that no row explains is found', async () => {
      const id = await open()
      await pay(id)
      await bench.lastro.ledger.post([
        {
          id: `${id}:receipt:ghost:77`,
          kind: 'posted',
          debit: 'receivable:psp:BRL/2',
          credit: 'clearing:payments:BRL/2',
          amount: brl(77n),
          cause: id,
        },
      ])
      await db.clock.advance(2 * HOUR)
      const { balances } = await bench.reconcile()
      expect(await onlyDrift()).toMatchObject({
        class: 'ledger',
        kind: 'posting',
        paymentId: id,
        ledger: brl(77n),
        repair: 'person',
      })
      expect(balances[0]).toMatchObject({
        explained: { ledger: { amount: '77' } },
        unexplained: { amount: '0' },
      })
    })
  })

  describe('a run', () => {
    it('reads on from the page where it was interrupted', async () => {
      for (let index = 0; index < 1_200; index += 1) bench.tell({ ref: `F${index}`, kind: 'fee', units: -1n })
      await db.clock.advance(HOUR)
      const to = db.clock.now()
      const from = new Date(to.getTime() - 24 * HOUR)
      bench.books.failures = 1
      const { id } = await bench.lastro.reconciliation.run({ provider: 'psp', from, to })
      await bench.lastro.tick()
      expect(await bench.lastro.reconciliation.getRun(id)).toMatchObject({ state: 'reading' })
      await db.clock.advance(10_000)
      await bench.lastro.tick()
      expect(await bench.report(id)).toMatchObject({ lines: { settled: 1_200 } })
      expect(bench.books.asked).toBe(4)
    })

    it('gives up with its error when nobody answers', async () => {
      bench.books.failures = 1_000
      const to = db.clock.now()
      const from = new Date(to.getTime() - HOUR)
      const { id } = await bench.lastro.reconciliation.run({ provider: 'psp', from, to })
      for (let round = 0; round < 14; round += 1) {
        await bench.lastro.tick()
        await db.clock.advance(400_000)
      }
      expect(await bench.lastro.reconciliation.getRun(id)).toMatchObject({ state: 'failed', report: null })
    })

    it('comes by schedule, and says so in the log', async () => {
      bench = await openReconciliation(db, { providers: { psp: { everyMs: HOUR, windowMs: 6 * HOUR } } })
      await db.clock.advance(HOUR)
      await bench.lastro.tick()
      const { items } = await bench.lastro.reconciliation.runs({ provider: 'psp' })
      expect(items).toMatchObject([{ state: 'completed' }])
      const [run] = items
      expect((run?.to.getTime() ?? 0) - (run?.from.getTime() ?? 0)).toBe(6 * HOUR)
      const [told] = await bench.lastro.events.read({ types: ['reconciliation.completed'] })
      expect(told?.data).toEqual(run?.report)
    })

    it.each([
      [{ provider: 'nobody' }, 'provider_missing'],
      [{ provider: 'bare' }, 'provider_missing'],
      [{ from: new Date('2027-01-01'), to: new Date('2027-01-02') }, 'invalid_input'],
      [{ from: new Date('2026-01-02'), to: new Date('2026-01-01') }, 'invalid_input'],
      [{ from: 'yesterday' }, 'invalid_input'],
    ])('of %o is refused: %s', async (wrong, code) => {
      const right = { provider: 'psp', from: new Date('2026-01-01'), to: new Date('2026-01-02') }
      await expect(bench.lastro.reconciliation.run({ ...right, ...wrong } as never)).rejects.toMatchObject({
        code,
      })
    })

    it.each([
      [{ providers: { bare: {} } }, 'reconciliation.providers.bare'],
      [
        { providers: { psp: { everyMs: 2 * HOUR, windowMs: HOUR } } },
        'reconciliation.providers.psp.windowMs',
      ],
      [{ providers: { psp: { repair: { amount: 'guess' } } } }, 'reconciliation.providers.psp.repair'],
    ])('the options %o are refused by their field', async (options, field) => {
      const opening = openReconciliation(db, options as never)
      await expect(opening).rejects.toMatchObject({ details: { field: expect.stringContaining(field) } })
    })
  })
})
