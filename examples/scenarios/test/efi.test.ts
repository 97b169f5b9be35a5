import { isLastroError, type PaymentId } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, describe, expect, it } from 'vitest'
import { brl, type EfiGiven, type EfiWorld, openEfi } from './efi-world.ts'
import { DAY, HOUR, MINUTE } from './stage.ts'

eachDatabase((db) => {
  let world: EfiWorld
  const open = async (given: EfiGiven = {}) => {
    world = await openEfi(db, given)
  }
  let refunds = 0
  /** Asks for a refund, and lets the engine make the call: the bank has it under way. */
  const refund = async (id: PaymentId, cents: bigint, more: object = {}) => {
    refunds += 1
    const idempotencyKey = `refund-${refunds}`
    const operation = await world.lastro.payments.refund({ id, amount: brl(cents), idempotencyKey, ...more })
    await world.lastro.tick()
    return operation
  }
  afterEach(() => world.close())

  describe.each(['mtls', 'hmac'] as const)('a Pix, with webhooks proven by %s', (proof) => {
    it('from the code to the books: paid, settled, given back in parts, blocked, freed, and lost', async () => {
      await open({ proof })
      const { lastro, bank, stage, settle } = world
      const asked = await world.ask(100_00n, { reference: 'order-7' })
      expect(asked).toMatchObject({ state: 'requires_action', action: { kind: 'show_pix' } })
      expect(bank.charges).toMatchObject([
        { txid: asked.txid, kind: 'cob', amount: 100_00n, status: 'ATIVA' },
      ])

      const { e2eId } = bank.payPix(asked.txid)
      await settle()
      expect(await lastro.payments.get(asked.id)).toMatchObject({ state: 'paid', received: brl(100_00n) })
      expect(await stage.books()).toEqual({
        'clearing:payments:BRL/2': 100_00n,
        'receivable:efi:BRL/2': 100_00n,
      })

      const delivered = { provider: 'efi', amount: brl(40_00n), ref: 'sweep-1' } as const
      expect(await lastro.payments.settle(delivered)).toMatchObject({ status: 'accepted' })
      expect(await lastro.payments.settle(delivered)).toMatchObject({ status: 'exists' })

      // A refund is under way at the bank: its money is held, and not gone.
      const first = await refund(asked.id, 30_00n)
      expect(await lastro.payments.get(asked.id)).toMatchObject({ refunding: brl(30_00n), refunded: brl(0n) })
      expect(await stage.books(30_00n)).toMatchObject({ 'receivable:efi:BRL/2': 60_00n })
      await stage.pass(2_000)
      await settle()
      expect((await lastro.payments.operation(first.id)).state).toBe('done')
      expect(await lastro.payments.view(asked.id)).toMatchObject({ refundState: 'part' })
      await refund(asked.id, 20_00n)
      await stage.pass(2_000)
      await settle()
      expect(await lastro.payments.get(asked.id)).toMatchObject({ refunding: brl(0n), refunded: brl(50_00n) })

      // A claim of fraud: the bank calls nobody, so the shop looks.
      const dismissed = bank.openClaim(e2eId, { amount: 8_00n })
      await lastro.payments.verify(asked.id)
      expect(await lastro.payments.view(asked.id)).toMatchObject({ isDisputed: true, state: 'paid' })
      expect(await stage.books()).toEqual({
        'blocked:efi:BRL/2': 8_00n,
        'clearing:payments:BRL/2': 50_00n,
        'provider:efi:BRL/2': 40_00n,
        'receivable:efi:BRL/2': world.arrived() - 40_00n - 8_00n,
      })
      await db.clock.advance(HOUR)
      bank.closeClaim(dismissed, 'REJEITADA')
      // From here on the schedule asks by itself.
      await stage.pass(8 * HOUR)
      expect(await lastro.payments.view(asked.id)).toMatchObject({ isDisputed: false })
      expect(await stage.books()).toMatchObject({ 'receivable:efi:BRL/2': world.arrived() - 40_00n })

      const other = await world.paid(70_00n)
      const accepted = bank.openClaim(other.e2eId)
      await lastro.payments.verify(other.id)
      expect(await stage.books()).toMatchObject({ 'blocked:efi:BRL/2': 70_00n })
      await db.clock.advance(HOUR)
      bank.closeClaim(accepted, 'ACEITA')
      await settle()
      await stage.pass(8 * HOUR)
      expect((await lastro.payments.details(other.id)).disputes).toMatchObject([
        { state: 'lost', withdrawn: brl(70_00n) },
      ])
      expect(await stage.books()).toEqual({
        'clearing:payments:BRL/2': 50_00n,
        'provider:efi:BRL/2': 40_00n,
        'receivable:efi:BRL/2': world.arrived() - 40_00n,
      })
      expect(bank.received.flatMap(({ refunds }) => refunds)).toHaveLength(3)
      expect(await stage.told(asked.id)).toEqual([
        ...['created', 'submitting', 'requires_action', 'received', 'paid'],
        ...['refund_requested', 'refund_submitting', 'refund_pending', 'refunded'],
        ...['refund_requested', 'refund_submitting', 'refund_pending', 'refunded'],
        ...['blocked', 'dispute_withdrawn', 'dispute_changed', 'dispute_reinstated'],
      ])
    })
  })

  it('a refund that the payer’s bank refuses gives its money free again', async () => {
    await open({ fake: { refundOutcome: () => 'NAO_REALIZADO' } })
    const { id } = await world.paid(50_00n)
    await refund(id, 50_00n)
    await world.stage.pass(2_000)
    await world.settle()
    expect(await world.lastro.payments.get(id)).toMatchObject({ refunding: brl(0n), refunded: brl(0n) })
    expect(await world.stage.told(id)).toContain('refund_failed')
    expect(await world.stage.books()).toEqual({
      'clearing:payments:BRL/2': 50_00n,
      'receivable:efi:BRL/2': world.arrived(),
    })
  })

  it('a due charge, paid late with its fine', async () => {
    await open()
    const { bank, lastro, stage } = world
    const due = {
      dueDate: '2026-03-09',
      payableDaysAfter: 30,
      fine: { bps: 200 },
      interest: { bps: 100, per: 'month' },
    }
    const payer = { name: 'Maria Souza', document: '52998224725' }
    const asked = await world.ask(200_00n, { method: 'pix_due', due, payer })
    expect(asked).toMatchObject({ state: 'requires_action', action: { kind: 'show_pix' } })
    expect(bank.charges).toMatchObject([{ kind: 'cobv', body: { valor: { multa: { valorPerc: '2.00' } } } }])
    await stage.pass(10 * DAY)
    expect((await lastro.payments.get(asked.id)).state).toBe('requires_action')
    bank.payPix(asked.txid, 204_20n)
    await world.settle()
    expect(await lastro.payments.get(asked.id)).toMatchObject({ state: 'paid', received: brl(204_20n) })
    expect(await stage.told(asked.id)).not.toContain('overpaid')
    await refund(asked.id, 4_20n)
    await stage.pass(2_000)
    await world.settle()
    expect(await stage.books()).toEqual({
      'clearing:payments:BRL/2': 200_00n,
      'receivable:efi:BRL/2': world.arrived(),
    })
  })

  it('one code paid twice: both Pix are booked, and each is given back by its own name', async () => {
    await open()
    const { bank, lastro, stage } = world
    const { id, txid, e2eId } = await world.paid(30_00n)
    const second = bank.payPix(txid)
    await world.settle()
    expect(await lastro.payments.get(id)).toMatchObject({ state: 'paid', received: brl(60_00n) })
    expect((await stage.told(id)).slice(-2)).toEqual(['received', 'overpaid'])
    expect(await stage.audits()).toContain('payment.overpaid')
    const unnamed = await refund(id, 30_00n).catch((error: unknown) => error)
    expect(isLastroError(unnamed, 'invalid_input') && unnamed.message).toContain('receiptRef')
    await refund(id, 30_00n, { receiptRef: second.e2eId })
    await stage.pass(2_000)
    await world.settle()
    const left = bank.received.map(({ e2eId: ref, refunds }) => [ref, refunds.length])
    expect(left).toEqual([
      [e2eId, 0],
      [second.e2eId, 1],
    ])
    expect(await stage.books()).toEqual({
      'clearing:payments:BRL/2': 30_00n,
      'receivable:efi:BRL/2': world.arrived(),
    })
  })

  describe.each(['keep', 'refund'] as const)('a Pix that arrives after the end, policy %s', (onLate) => {
    it('is booked and told as late, and never as paid in time', async () => {
      await open({ payments: { onLate } })
      const { bank, lastro, stage } = world
      const expiresAt = new Date(db.clock.now().getTime() + 10 * MINUTE)
      const asked = await world.ask(25_00n, { expiresAt })
      await stage.pass(12 * MINUTE, MINUTE)
      expect((await lastro.payments.get(asked.id)).state).toMatch(/expired|canceled/)
      expect(bank.charges).toMatchObject([{ status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' }])
      expect(() => bank.payPix(asked.txid)).toThrow('cannot be paid')
      // The payer's bank had it under analysis, and lets it go now.
      bank.receivePix({ txid: asked.txid, amount: 25_00n })
      await world.settle()
      await stage.pass(5_000, 1_000)
      await world.settle()
      const told = await stage.told(asked.id)
      expect(told).toContain('received_late')
      expect(told).not.toContain('paid')
      const kept = onLate === 'keep'
      expect(world.arrived()).toBe(kept ? 25_00n : 0n)
      expect(await stage.books()).toEqual(
        kept ? { 'clearing:payments:BRL/2': 25_00n, 'receivable:efi:BRL/2': 25_00n } : {},
      )
      expect((await stage.audits()).includes('payment.received_late')).toBe(kept)
    })
  })
})
