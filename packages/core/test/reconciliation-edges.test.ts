import type { PaymentId } from '@lastro/core'
import { Money, type StatementEntry } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { brl, PRICE } from './psp.ts'
import { HOUR, openReconciliation, type ReconciliationBench } from './reconciliation-bench.ts'

const MINUTE = 60_000

eachDatabase((db) => {
  let bench: ReconciliationBench
  let keys = 0
  const open = async () => {
    keys += 1
    const { id } = await bench.lastro.payments.create({
      provider: 'psp',
      amount: PRICE,
      method: 'pix',
      idempotencyKey: `edge-${keys}`,
    })
    await bench.lastro.payments.submit(id)
    return id
  }
  /** Paid, known here, and told by the statement unless asked otherwise. */
  const pay = async (id: PaymentId, line: Partial<StatementEntry> | null = {}) => {
    const ref = bench.psp.pay(id)
    await bench.lastro.payments.verify(id)
    if (line !== null)
      bench.tell({ ref, kind: 'receipt', units: 1234n, fee: brl(1n), idempotencyKey: id, ...line })
    return ref
  }
  const hear = async (id: PaymentId, facts: object) => {
    const body = bench.psp.hook({ idempotencyKey: id, ...facts }, db.clock.now())
    await bench.lastro.webhooks.receive('psp', { url: '/', headers: {}, body })
    await bench.lastro.tick()
  }
  const compare = async (from: Date, to: Date) => {
    const { id } = await bench.lastro.reconciliation.run({ provider: 'psp', from, to })
    await bench.lastro.tick({ budgetMs: 60_000 })
    return bench.report(id)
  }
  const live = async () => (await bench.drifts()).filter((drift) => / (open|proposed)$/.test(drift))

  beforeEach(async () => {
    bench = await openReconciliation(db)
  })

  describe('what is in flight', () => {
    it('is not missing there while their clock, and then their list, may still be behind', async () => {
      const id = await open()
      await db.clock.advance(2 * HOUR)
      const ref = await pay(id, null)
      // Theirs may say an hour later, and list it an hour after that.
      await db.clock.advance(HOUR + 50 * MINUTE)
      expect(await bench.reconcile()).toMatchObject({ inFlight: 1, isClean: true })
      await db.clock.advance(20 * MINUTE)
      await bench.reconcile()
      expect(await live()).toEqual([`missing_there receipt:${ref} proposed`])
    })

    it('is a part of a dispute that only they, or only we, know yet', async () => {
      const id = await open()
      const receipt = await pay(id)
      const dispute = { ref: 'd1', amount: brl(300n), withdrawn: brl(300n) }
      await hear(id, { disputes: [{ ...dispute, state: 'needs_response' }] })
      const part = { kind: 'dispute', providerRef: receipt } as const
      bench.tell({ ...part, ref: 'd1', units: -300n })
      await db.clock.advance(3 * HOUR)
      expect(await bench.reconcile()).toMatchObject({ isClean: true })
      // They gave it back a moment ago; their webhook is on its way.
      bench.tell({ ...part, ref: 'd1-back', units: 300n })
      await db.clock.advance(MINUTE)
      await bench.reconcile()
      expect(await live()).toEqual([])
      await hear(id, { disputes: [{ ...dispute, withdrawn: brl(0n), state: 'won' }] })
      expect(await bench.reconcile()).toMatchObject({ isClean: true })
      // They took a part of it again, and told us; their statement does not list it yet.
      await hear(id, { disputes: [{ ...dispute, withdrawn: brl(100n), state: 'lost' }] })
      await bench.reconcile()
      expect(await live()).toEqual([])
      await db.clock.advance(3 * HOUR)
      await bench.reconcile()
      expect(await live()).toEqual([`state dispute:${id} proposed`])
      const occurredAt = new Date(db.clock.now().getTime() - 3 * HOUR)
      bench.tell({ ...part, ref: 'd1-again', units: -90n, occurredAt })
      await db.clock.advance(3 * HOUR)
      await bench.reconcile()
      expect(await live()).toEqual([`amount dispute:${id} proposed`])
    })

    it('is a later part that is pending, and it makes no time wrong', async () => {
      const id = await open()
      const receipt = await pay(id)
      await hear(id, { disputes: [{ ref: 'd1', amount: brl(300n), withdrawn: brl(300n), state: 'lost' }] })
      const part = { kind: 'dispute', providerRef: receipt } as const
      bench.tell({ ...part, ref: 'd1', units: -300n })
      await db.clock.advance(5 * HOUR)
      bench.tell({ ...part, ref: 'd2', units: -50n, state: 'pending' })
      await db.clock.advance(MINUTE)
      await bench.reconcile()
      expect(await live()).toEqual([])
    })
  })

  describe('what a reading finds changed', () => {
    it('a line that is gone is told of, wherever its posting stands', async () => {
      const begin = db.clock.now()
      const id = await open()
      const occurredAt = new Date(begin.getTime() + HOUR)
      await db.clock.advance(40 * HOUR)
      const ref = await pay(id, { occurredAt })
      await db.clock.advance(5 * HOUR)
      expect(await bench.reconcile(60)).toMatchObject({ isClean: true })
      bench.books.all.length = 0
      await compare(begin, new Date(begin.getTime() + 10 * HOUR))
      expect(await live()).toEqual([`missing_there receipt:${ref} proposed`])
    })

    it('a line that changed in a run that died is judged by the next one, whatever it reads', async () => {
      const id = await open()
      const ref = await pay(id)
      await db.clock.advance(3 * HOUR)
      expect(await bench.reconcile()).toMatchObject({ isClean: true })
      const [line] = bench.books.all
      if (line === undefined) throw new Error('there is none')
      bench.books.all[0] = { ...line, state: 'failed' }
      const dead = { provider: 'psp', run: 'rec_dead' as never, entries: [...bench.books.all] }
      await db.storage.transaction((tx) => tx.reconciliation.saveLines({ ...dead, at: db.clock.now() }))
      await db.clock.advance(48 * HOUR)
      await bench.reconcile(2)
      expect(await live()).toEqual([`state receipt:${ref} proposed`])
    })

    it('a posting without a row closes once a row explains it', async () => {
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
      bench.tell({ ref: 'ghost', kind: 'receipt', units: 77n, idempotencyKey: id })
      await db.clock.advance(3 * HOUR)
      await bench.reconcile()
      expect(await live()).toEqual(
        ['missing_here line:ghost proposed', `ledger posting:${id}:receipt:ghost:77 open`].sort(),
      )
      await db.sql.query(
        `insert into lastro.payment_receipt (provider, ref, payment_id, asset, amount, booked, booked_fee)
         values ('psp', 'ghost', $1, 'BRL/2', 77, 77, 0)`,
        [id],
      )
      await db.clock.advance(48 * HOUR)
      expect(await bench.reconcile(2)).toMatchObject({ closed: 2, isClean: true })
    })
  })

  describe('a schedule', () => {
    const everyMs = 10 * MINUTE
    const runs = async () => (await bench.lastro.reconciliation.runs({ provider: 'psp' })).items

    it('reaches back to what was compared last, so that no time is left out', async () => {
      bench = await openReconciliation(db, { providers: { psp: { everyMs, windowMs: HOUR } } })
      await bench.lastro.tick()
      const [first] = await runs()
      expect(first).toMatchObject({ state: 'completed' })
      await db.clock.advance(5 * HOUR)
      bench.tell({ ref: 'E-nobody', kind: 'receipt', units: 5n })
      // Nobody worked for a day.
      await db.clock.advance(24 * HOUR)
      await bench.lastro.tick()
      const [latest] = await runs()
      expect(latest?.from).toEqual(first?.to)
      expect(await live()).toEqual(['missing_here line:E-nobody open'])
    })

    it('waits for the run that is under way', async () => {
      bench = await openReconciliation(db, { providers: { psp: { everyMs, windowMs: HOUR } } })
      bench.books.failures = 3
      for (let slot = 0; slot < 3; slot += 1) {
        await bench.lastro.tick()
        await db.clock.advance(everyMs)
      }
      expect(await runs()).toMatchObject([{ state: 'reading' }])
      await bench.lastro.tick()
      expect((await runs()).map(({ state }) => state)).toContain('completed')
      await db.clock.advance(everyMs)
      await bench.lastro.tick()
      expect(await runs()).toHaveLength(2)
    })
  })

  describe('a run', () => {
    it('hands over to another job before its deadline, however slow each page is', async () => {
      for (let index = 0; index < 1_600; index += 1) bench.tell({ ref: `F${index}`, kind: 'fee', units: -1n })
      await db.clock.advance(HOUR)
      const to = db.clock.now()
      const { entries } = bench.books
      bench.books.entries = async (window) => {
        await db.clock.advance(40_000)
        return entries(window)
      }
      const input = { provider: 'psp', from: new Date(to.getTime() - 2 * HOUR), to }
      const { id } = await bench.lastro.reconciliation.run(input)
      await bench.lastro.tick({ budgetMs: 0 })
      expect(await bench.lastro.reconciliation.getRun(id)).toMatchObject({ progress: { pages: 2 } })
      await bench.lastro.tick({ budgetMs: 60_000 })
      expect(await bench.report(id)).toMatchObject({ lines: { settled: 1_600 } })
    })

    it.each<[string, Partial<StatementEntry>]>([
      ['fee', { fee: Money.of(1n, 'USD/2') }],
      ['occurredAt', { occurredAt: new Date(Number.NaN) }],
      ['ref', { ref: '' }],
    ])('stores no entry whose %s is no such thing, and names it', async (field, wrong) => {
      const line = bench.tell({ ref: 'E1', kind: 'receipt', units: 5n })
      bench.books.entries = async () => ({ items: [{ ...line, ...wrong }], nextCursor: null })
      const to = db.clock.now()
      const input = { provider: 'psp', from: new Date(to.getTime() - HOUR), to }
      const { id } = await bench.lastro.reconciliation.run(input)
      for (let round = 0; round < 14; round += 1) {
        await bench.lastro.tick()
        await db.clock.advance(400_000)
      }
      const { state, error } = await bench.lastro.reconciliation.getRun(id)
      expect([state, error]).toEqual(['failed', expect.stringContaining(`entry 0: ${field} `)])
    })

    it('beside another of the same time finds each difference once, and takes no line for gone', async () => {
      for (let index = 0; index < 1_200; index += 1) bench.tell({ ref: `F${index}`, kind: 'fee', units: -1n })
      bench.tell({ ref: 'E-nobody', kind: 'receipt', units: 5n })
      await db.clock.advance(2 * HOUR)
      const to = db.clock.now()
      const input = { provider: 'psp', from: new Date(to.getTime() - 24 * HOUR), to }
      const first = await bench.lastro.reconciliation.run(input)
      const second = await bench.lastro.reconciliation.run(input)
      await Promise.all([bench.lastro.tick({ budgetMs: 60_000 }), bench.lastro.tick({ budgetMs: 60_000 })])
      await bench.lastro.tick({ budgetMs: 60_000 })
      const reports = [await bench.report(first.id), await bench.report(second.id)]
      expect(reports.map(({ drifts }) => drifts.missing_here.found).sort()).toEqual([0, 1])
      for (const { lines } of reports) expect(lines).toMatchObject({ settled: 1_201 })
      expect(await bench.drifts()).toEqual(['missing_here line:E-nobody open'])
    })

    it('of a statement that turns in a circle ends with its error', async () => {
      bench.books.entries = async () => ({ items: [], nextCursor: 'again' })
      const to = db.clock.now()
      const input = { provider: 'psp', from: new Date(to.getTime() - HOUR), to }
      const { id } = await bench.lastro.reconciliation.run(input)
      for (let round = 0; round < 14; round += 1) {
        await bench.lastro.tick()
        await db.clock.advance(400_000)
      }
      const { state, error, progress } = await bench.lastro.reconciliation.getRun(id)
      expect([state, error]).toEqual(['failed', expect.stringContaining('the same cursor')])
      expect(progress.pages).toBe(1)
    })

    it('is listed by a checked query', async () => {
      await expect(bench.lastro.reconciliation.runs({ limit: 0 })).rejects.toMatchObject({
        code: 'invalid_input',
        details: { field: 'limit' },
      })
    })
  })

  it('a repair that nobody answers says so, and can be asked for again', async () => {
    const id = await open()
    bench.tell({ ref: bench.psp.pay(id), kind: 'receipt', units: 1234n, idempotencyKey: id })
    await db.clock.advance(2 * HOUR)
    bench.psp.isDown = true
    await bench.reconcile()
    const [drift] = (await bench.lastro.reconciliation.list()).items
    if (drift === undefined) throw new Error('there is none')
    await bench.lastro.reconciliation.repair({ id: drift.id })
    for (let round = 0; round < 14; round += 1) {
      await bench.lastro.tick()
      await db.clock.advance(400_000)
    }
    expect(await bench.lastro.reconciliation.get(drift.id)).toMatchObject({
      state: 'open',
      attempts: 1,
      trouble: expect.stringContaining('psp is down'),
    })
    bench.psp.isDown = false
    await bench.lastro.reconciliation.repair({ id: drift.id })
    await bench.lastro.tick()
    expect(await bench.lastro.reconciliation.get(drift.id)).toMatchObject({
      state: 'repaired',
      trouble: null,
    })
  })

  it('a tolerance of a month is one that works', async () => {
    bench = await openReconciliation(db, { providers: { psp: { toleranceMs: 30 * 24 * HOUR } } })
    bench.tell({ ref: 'E-nobody', kind: 'receipt', units: 5n })
    await db.clock.advance(2 * HOUR)
    await bench.reconcile()
    expect(await live()).toEqual(['missing_here line:E-nobody open'])
  })

  it.each([30 * 24 * HOUR, -1, 0.5])('a list that is late by %f ms is refused by its field', async (late) => {
    await expect(openReconciliation(db, {}, late)).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: 'providers.psp.statements.listedAfterMs' },
    })
  })
})
