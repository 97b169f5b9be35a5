import { createLastro, isLastroError, type LastroOptions, type PaymentId } from '@lastro/core'
import { reveal } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { brl, CLIENT_SECRET, CONFIRM, createPsp, PRICE, type Psp } from './psp.ts'

/** The breaker rests in real time, which these tests do not wait for; it has tests of its own. */
const NO_BREAKER = { failuresToOpen: 1_000_000 }

eachDatabase((db) => {
  let psp: Psp
  let lastro: ReturnType<typeof engine>

  const engine = (options: Partial<LastroOptions> = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { psp: { id: 'psp', payments: psp.port } },
      rails: NO_BREAKER,
      ...options,
    })
  const create = (idempotencyKey: string, more: object = {}) =>
    lastro.payments.create({ amount: PRICE, method: 'pix', idempotencyKey, ...more })
  const state = async (id: PaymentId) => (await lastro.payments.get(id)).state
  /** Lets time pass in steps, doing what falls due at each. */
  const pass = async (ms: number, stepMs = 2_000) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await db.clock.advance(Math.min(stepMs, left))
      await lastro.tick()
    }
  }
  const types = async () =>
    (await lastro.events.read({ limit: 1_000 }))
      .map(({ type }) => type)
      .filter((type) => type.startsWith('payment.'))
  const creates = () => psp.calls.filter(({ call }) => call === 'create')
  const expectBooks = async (balances: Record<string, bigint>) => {
    expect(await lastro.ledger.verify()).toEqual([])
    for (const row of await lastro.ledger.trialBalance()) {
      expect(row.debitsPosted).toEqual(row.creditsPosted)
      expect([row.debitsPending.amount, row.creditsPending.amount]).toEqual([0n, 0n])
    }
    for (const [account, amount] of Object.entries(balances))
      expect([account, (await lastro.ledger.balance(account)).posted.amount]).toEqual([account, amount])
  }

  beforeEach(async () => {
    await db.truncate()
    psp = createPsp('psp')
    lastro = engine()
    await lastro.migrate()
  })
  afterEach(() => lastro.worker.stop())

  describe('the way of a payment', () => {
    it('is created, shown, paid and booked; the provider is asked for it once', async () => {
      const payment = await create('k1', { reference: 'order-7', metadata: { cart: '9' } })
      expect(payment).toMatchObject({ state: 'created', attempts: 0, route: ['psp'] })
      await lastro.tick()
      const shown = await lastro.payments.get(payment.id)
      expect(shown).toMatchObject({ state: 'pending', attempts: 1, providerRef: `psp-${payment.id}` })
      expect(await lastro.payments.action(payment.id)).toEqual({
        kind: 'show_pix',
        brCode: `00020126${payment.id}`,
      })
      psp.pay(payment.id)
      expect((await lastro.payments.verify(payment.id)).state).toBe('paid')
      expect(creates()).toHaveLength(1)
      expect(await types()).toEqual([
        'payment.created',
        'payment.submitting',
        'payment.pending',
        'payment.received',
        'payment.paid',
      ])
      await expectBooks({
        'receivable:psp:BRL/2': 1233n,
        'fees:psp:BRL/2': 1n,
        'clearing:payments:BRL/2': 1234n,
      })
    })

    it('can be submitted at once, without waiting for the worker', async () => {
      const payment = await create('k1')
      expect((await lastro.payments.submit(payment.id)).action?.kind).toBe('show_pix')
      await lastro.tick()
      expect(creates()).toHaveLength(1)
    })

    it.each(['lose_answer', 'throw'] as const)(
      '%s: found by asking, and never created again',
      async (behaviour) => {
        psp.next.create.push(behaviour)
        const { id } = await create('k1')
        await lastro.tick()
        expect(await state(id)).toBe('unknown')
        await pass(10_000)
        expect(await state(id)).toBe('pending')
        expect((await lastro.payments.get(id)).action?.kind).toBe('show_pix')
        expect(creates()).toHaveLength(1)
      },
    )

    it('waits out the conclusive delay before it believes in absence, then creates with the same key', async () => {
      psp.next.create.push('lose_request')
      const { id } = await create('k1')
      await pass(40_000)
      expect(await state(id)).toBe('unknown')
      expect(creates()).toHaveLength(1)
      await pass(90_000, 5_000)
      expect(await state(id)).toBe('pending')
      expect(creates().map(({ key }) => key)).toEqual([id, id])
    })

    it('does not take trouble for absence', async () => {
      psp.next.create.push('lose_answer')
      psp.isDown = true
      const { id } = await create('k1')
      await pass(300_000, 20_000)
      expect(await state(id)).toBe('unknown')
      psp.isDown = false
      await pass(1_200_000, 60_000)
      expect(await state(id)).toBe('pending')
      expect(creates()).toHaveLength(1)
    })

    it('not_sent is tried again with the same key, as long as it takes', async () => {
      psp.next.create.push(...Array.from({ length: 15 }, () => 'not_sent' as const))
      const { id } = await create('k1')
      await pass(3_600_000, 60_000)
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'pending', attempts: 16 })
      expect(new Set(creates().map(({ key }) => key))).toEqual(new Set([id]))
    })

    it('a refusal ends it, with its reason', async () => {
      psp.next.create.push({ decline: 'refused' })
      const { id } = await create('k1')
      await lastro.tick()
      expect(await lastro.payments.get(id)).toMatchObject({
        state: 'failed',
        reason: 'refused',
        detail: 'no',
      })
    })

    it('a process that dies while creating leaves doubt, which is resolved by asking', async () => {
      psp.next.create.push('hang')
      const { id } = await create('k1')
      void lastro.tick()
      await expect.poll(() => creates().length).toBe(1)
      lastro = engine()
      await pass(60_000, 10_000)
      expect(await state(id)).toBe('pending')
      expect(creates()).toHaveLength(1)
    })

    it('is found paid by the schedule when every webhook is lost', async () => {
      const { id } = await create('k1')
      await lastro.tick()
      psp.pay(id)
      await pass(180_000, 30_000)
      expect(await state(id)).toBe('paid')
    })

    it('ends at its expiry, and asks the provider to end it too', async () => {
      const { id } = await create('k1', { expiresAt: new Date(db.clock.now().getTime() + 600_000) })
      await pass(600_000, 60_000)
      expect(await state(id)).toBe('pending')
      await pass(180_000, 30_000)
      expect(await state(id)).toBe('expired')
      expect(psp.of(id).state).toBe('canceled')
    })

    it('one that was paid at the last moment does not expire', async () => {
      const { id } = await create('k1', { expiresAt: new Date(db.clock.now().getTime() + 600_000) })
      await pass(590_000, 295_000)
      psp.pay(id)
      await pass(120_000, 70_000)
      expect(await state(id)).toBe('paid')
    })

    it('is canceled here before it was sent, and at the provider afterwards', async () => {
      const early = await create('k1')
      const cancel = { id: early.id, idempotencyKey: 'c1' }
      expect((await lastro.payments.cancel(cancel)).state).toBe('canceled')
      expect((await lastro.payments.cancel(cancel)).state).toBe('canceled')
      const sent = await create('k2')
      await lastro.tick()
      psp.next.cancel.push('lose_answer')
      await lastro.payments.cancel({ id: sent.id, idempotencyKey: 'c2' })
      await pass(10_000)
      expect(await state(sent.id)).toBe('canceled')
      expect((await lastro.payments.operations(sent.id)).map((one) => one.state)).toEqual(['done'])
      expect(creates().map(({ key }) => key)).toEqual([sent.id])
    })
  })

  describe('one key', () => {
    it('100 concurrent creates have one effect and one answer', async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => create('same')))
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
      await lastro.tick()
      expect(creates()).toHaveLength(1)
    })

    it('refuses another body by name', async () => {
      await create('same')
      await expect(create('same', { amount: brl(1n) })).rejects.toSatisfy((error) =>
        isLastroError(error, 'idempotency_key_reused'),
      )
    })

    it('ten engines that run one job make one charge, and all learn of it', async () => {
      const { id } = await create('k1')
      const engines = Array.from({ length: 10 }, () => engine())
      const answers = await Promise.all(engines.map((one) => one.payments.submit(id)))
      expect(answers.map((payment) => payment.state)).toEqual(Array(10).fill('pending'))
      await Promise.all(engines.map((one) => one.tick()))
      expect(creates()).toHaveLength(1)
      expect(await state(id)).toBe('pending')
    })

    it('a rolled back transaction of the host leaves nothing', async () => {
      const failed = db.hostTransaction(async ({ tx }) => {
        await lastro.payments.create({ amount: PRICE, method: 'pix', idempotencyKey: 'k1' }, { tx })
        throw new Error('the host changes its mind')
      })
      await expect(failed).rejects.toThrow('changes its mind')
      await lastro.tick()
      expect((await lastro.payments.list()).items).toEqual([])
      expect(await types()).toEqual([])
      expect(psp.calls).toEqual([])
    })
  })

  describe('what may be seen', () => {
    it('keeps the browser secret and the payer out of tables, events and views', async () => {
      psp = createPsp('psp', { action: CONFIRM })
      lastro = engine()
      const payer = { name: 'Maria Silva', document: '52998224725', email: 'maria@example.com' }
      const { id } = await create('k1', { method: 'card', payer })
      await lastro.tick()
      expect((await lastro.payments.get(id)).action).toEqual({ kind: 'confirm_in_browser' })
      const action = await lastro.payments.action(id)
      if (action?.kind !== 'confirm_in_browser') throw new Error('another action')
      expect(reveal(action.clientSecret)).toBe(CLIENT_SECRET)
      const rows = JSON.stringify([
        await db.sql.query('select * from lastro.payment'),
        await db.sql.query('select * from lastro.event'),
        await db.sql.query('select * from lastro.idempotency'),
      ])
      expect(rows).not.toContain(CLIENT_SECRET)
      expect(rows.split('maria@example.com')).toHaveLength(2)
      const view = JSON.stringify(await lastro.payments.view(id))
      expect(view).not.toContain('maria')
      expect(JSON.parse(view)).toMatchObject({
        amount: { amount: '1234', asset: 'BRL/2' },
        refundState: 'none',
      })
      expect((await lastro.payments.forgetPayer(id)).payer).toBeNull()
      expect(JSON.stringify(await db.sql.query('select * from lastro.payment'))).not.toContain('maria')
    })

    it('lists by state, provider, method, reference, metadata and time, page by page', async () => {
      const start = db.clock.now()
      for (let index = 0; index < 5; index += 1) {
        await create(`k${index}`, { reference: `order-${index}`, metadata: { shop: index < 2 ? 'a' : 'b' } })
        await db.clock.advance(1_000)
      }
      const list = (query: object) => lastro.payments.list(query)
      const first = await list({ limit: 2 })
      const second = await list({ limit: 2, cursor: first.nextCursor })
      const third = await list({ limit: 2, cursor: second.nextCursor })
      const names = [first, second, third].flatMap(({ items }) => items.map(({ reference }) => reference))
      expect(names).toEqual(['order-4', 'order-3', 'order-2', 'order-1', 'order-0'])
      expect(third.nextCursor).toBeNull()
      expect((await list({ metadata: { shop: 'a' } })).items).toHaveLength(2)
      expect((await list({ reference: 'order-3' })).items).toHaveLength(1)
      expect((await list({ state: 'paid' })).items).toEqual([])
      expect((await list({ provider: 'psp', method: 'pix', state: 'created' })).items).toHaveLength(5)
      const from = new Date(start.getTime() + 1_000)
      expect((await list({ from, to: new Date(start.getTime() + 3_000) })).items).toHaveLength(2)
      await expect(list({ limit: 1_000 })).rejects.toThrow('limit: must be at most 200')
      await expect(list({ state: 'payed' })).rejects.toThrow('state: must be one of created, submitting')
      await expect(list({ status: 'paid' })).rejects.toThrow('status: is not a known field')
    })
  })

  it.each([
    [{ amount: brl(0n) }, 'amount.amount', 'must be more than zero'],
    [{ amount: { amount: 12.5, asset: 'BRL/2' } }, 'amount.amount', 'must be a bigint'],
    [{ amount: { amount: 1n, asset: 'USD/2' } }, 'amount.asset', 'psp does not take USD/2, only BRL/2'],
    [{ method: 'pi' }, 'method', 'psp does not take pi, only pix, card, pix_due'],
    [{ method: 'cash' }, 'method', 'must be one of pix'],
    [{ method: 'pix_due' }, 'due', 'is required for method pix_due'],
    [{ due: { dueDate: '2026-12-24' } }, 'due', 'is only for method pix_due'],
    [{ method: 'pix_due', due: { dueDate: '24/12/2026' } }, 'due.dueDate', 'must be a day'],
    [{ payer: { document: 'abc' } }, 'payer.document', 'must be a CPF or CNPJ'],
    [{ expiresAt: new Date(0) }, 'expiresAt', 'must be in the future'],
    [{ returnUrl: 'javascript:alert(1)' }, 'returnUrl', 'must be a URL that begins with'],
    [{ creditAccount: 'nobody' }, 'creditAccount', 'is no ledger account'],
    [{ idempotencyKey: '' }, 'idempotencyKey', 'must not be empty'],
    [{ colour: 'red' }, 'colour', 'is not a known field'],
  ])('refuses what is wrong, naming field and rule (%#)', async (wrong, field, rule) => {
    await expect(create('k1', wrong)).rejects.toSatisfy((error) => {
      if (!isLastroError(error, 'invalid_input')) throw error
      expect(error.details.field).toBe(field)
      expect(error.details.rule).toContain(rule)
      return true
    })
    expect((await lastro.payments.list()).items).toEqual([])
  })

  it('refuses a provider that is not there or takes no payments', async () => {
    for (const provider of ['nobody', '__proto__'])
      await expect(create('k1', { provider })).rejects.toSatisfy((error) =>
        isLastroError(error, 'provider_missing'),
      )
  })
})
