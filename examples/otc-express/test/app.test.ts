import { Money } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from './world.ts'

eachDatabase((db) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(db)
  }, 60_000)
  afterAll(() => world?.close())

  /** An order of a new customer, paid on the chain. */
  const sell = async (customer: string, give: Money = Money.parse('10', 'USDC.polygon/6')) => {
    const quoteId = await world.quote(`${customer}:quote`, give)
    const { status, body } = await world.order(`${customer}:trade`, { customer, quoteId })
    expect(status).toBe(201)
    const { depositAddress } = await world.until('awaiting_deposit', body.id)
    await world.pay({ to: depositAddress, amount: give })
    return body.id as string
  }
  /** The Pix that belong to a trade, as the bank knows them. */
  const pixOf = async (tradeId: string) => {
    const { items } = await world.desk.lastro.payouts.list({ correlation: tradeId })
    return world.bank.sent.filter(({ idEnvio }) => items.some((payout) => payout.providerRef === idEnvio))
  }
  const whatHappened = async (tradeId: string) => {
    const { body } = await world.call(`/trades/${tradeId}/timeline`)
    return body.timeline.map(({ what }: { what: string }) => what)
  }

  describe('a sale', () => {
    it.each([
      ['POL', Money.parse('22', 'POL.polygon/18'), 52_93n],
      ['USDC', Money.parse('10', 'USDC.polygon/6'), 51_58n],
    ])('of %s ends with one Pix, and with the order paid', async (symbol, give, cents) => {
      const id = await sell(`seller-of-${symbol}`, give)
      const trade = await world.until('completed', id)
      expect(trade).toMatchObject({
        give: { amount: give.amount.toString(), asset: give.asset },
        receive: { amount: cents.toString(), asset: 'BRL/2' },
        order: { status: 'paid', paidAt: expect.any(String) },
      })
      expect(await pixOf(id)).toMatchObject([
        { amount: cents, status: 'REALIZADO', movements: 1, payee: { chave: '52998224725' } },
      ])
      expect(await whatHappened(id)).toEqual(
        expect.arrayContaining(['deposit.confirmed', 'trade.funded', 'webhook.applied', 'payout.paid']),
      )
    })

    it('whose answer from the bank is lost is asked about, not paid again', async () => {
      const { bank } = world
      const [count, balance] = [bank.sent.length, bank.balance()]
      bank.faults.next('pix.send', 'drop_after_effect')
      bank.faults.next('webhook.deliver', 'lost_webhook')
      const id = await sell('unlucky')
      await world.until('completed', id)
      await world.forward(60_000)
      await world.tick()

      expect(await whatHappened(id)).toContain('payout.unknown')
      expect(bank.sent).toHaveLength(count + 1)
      expect(bank.balance()).toBe(balance - 51_58n)
      expect(await pixOf(id)).toMatchObject([{ attempts: 1, movements: 1 }])
    })

    it('whose quote expires before a deposit comes frees its customer', async () => {
      const order = async (key: string) => {
        const quoteId = await world.quote(`late:${key}`)
        return world.order(key, { customer: 'late', quoteId })
      }
      const { body } = await order('late:1')
      await world.forward(16 * 60_000)
      expect(await world.until('expired', body.id)).toMatchObject({
        order: { status: 'expired', paidAt: null },
      })
      expect((await order('late:2')).status).toBe(201)
    })
  })

  describe('one commit', () => {
    it('leaves neither order nor trade where the rule of the house is broken', async () => {
      const quotes = [await world.quote('greedy:1'), await world.quote('greedy:2')]
      const first = await world.order('greedy:1', { customer: 'greedy', quoteId: quotes[0] })
      const second = await world.order('greedy:2', { customer: 'greedy', quoteId: quotes[1] })
      expect(second).toMatchObject({ status: 409, body: { error: { code: 'open_order' } } })

      const { items } = await world.desk.lastro.trades.list({ reference: 'greedy' })
      expect(items.map(({ id }) => id)).toEqual([first.body.id])
      const other = await world.order('greedy:2', { customer: 'modest', quoteId: quotes[1] })
      expect(other.status, 'the quote and the key are as good as new').toBe(201)
    })
  })

  describe('an idempotency key', () => {
    it('makes one trade and one order, however often it comes', async () => {
      const quoteId = await world.quote('twice')
      const order = () => world.order('twice', { customer: 'twice', quoteId })
      const answers = [...(await Promise.all([order(), order()])), await order()]
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
      expect(new Set(answers.map(({ body }) => `${body.id} ${body.order.id}`)).size).toBe(1)
      expect((await world.desk.lastro.trades.list({ reference: 'twice' })).items).toHaveLength(1)
      expect(await world.quote('twice')).toBe(quoteId)
    })

    it('is refused with another body', async () => {
      await world.quote('once', Money.parse('1', 'USDC.polygon/6'))
      const json = { give: Money.toJson(Money.parse('2', 'USDC.polygon/6')) }
      const again = await world.post('/quotes', { key: 'once', json })
      expect(again).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } })
    })
  })

  describe('a bad request', () => {
    const give = { amount: '10000000', asset: 'USDC.polygon/6' }
    it.each([
      ['no key', undefined, { give }, 'Idempotency-Key'],
      ['an amount that is a float', 'k', { give: { ...give, amount: 10.5 } }, 'give.amount'],
      ['no amount at all', 'k', { give: { ...give, amount: '0' } }, 'give.amount'],
      ['an asset nobody knows', 'k', { give: { ...give, asset: 'USDC' } }, 'give.asset'],
      ['an asset that is not taken', 'k', { give: { ...give, asset: 'BRL/2' } }, 'give.asset'],
      ['another chain', 'k', { give, chain: 'other' }, 'body'],
    ])('with %s names the field', async (_, key, json, field) => {
      const answer = await world.post('/quotes', { json, ...(key === undefined ? {} : { key }) })
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_input', details: { field } } },
      })
    })

    it('for a trade names the field too, and never repeats a key', async () => {
      const quoteId = await world.quote('misspelt')
      const json = { customer: 'misspelt', quoteId, pixKey: 'not-a-key', refundAddress: '0x0' }
      const { status, body } = await world.post('/trades', { key: 'misspelt', json })
      expect(status).toBe(400)
      expect(body.error.details.field).toMatch(/destination$/)
      expect(JSON.stringify(body)).not.toContain('not-a-key')
    })

    it('without JSON, for nothing that exists, or without the token is answered as such', async () => {
      const cut = await world.call('/quotes', { method: 'POST', body: '{' })
      expect(cut).toMatchObject({ status: 400, body: { error: { code: 'entity.parse.failed' } } })
      const long = await world.call('/quotes', { method: 'POST', body: JSON.stringify('x'.repeat(20_000)) })
      expect(long).toMatchObject({ status: 413, body: { error: { code: 'entity.too.large' } } })
      expect((await world.call('/trades/trd_nothing')).status).toBe(404)
      expect((await world.call('/cron/tick', { method: 'POST' })).status).toBe(401)
      const headers = { authorization: 'Bearer another' }
      expect((await world.call('/cron/tick', { method: 'POST', headers })).status).toBe(401)
    })
  })

  describe('a webhook', () => {
    /** The true news of a Pix whose webhook was lost, in Efí's words. */
    const newsOf = async (tradeId: string) => {
      const [pix] = await pixOf(tradeId)
      const known = { endToEndId: pix?.e2eId, chave: pix?.payerKey, gnExtras: { idEnvio: pix?.idEnvio } }
      const told = {
        tipo: 'SOLICITACAO',
        status: 'REALIZADO',
        valor: '51.58',
        horario: '2026-11-22T12:00:00Z',
      }
      return JSON.stringify({ pix: [{ ...known, ...told }] })
    }

    it('that is forged or malformed changes nothing, and the same from Efí does', async () => {
      const { lastro } = world.desk
      world.bank.faults.next('webhook.deliver', 'lost_webhook')
      const id = await sell('victim')
      const before = await world.until('paying_out', id)
      const news = await newsOf(id)
      const stored = (await lastro.webhooks.list()).items.length

      expect((await world.webhook(news, { secret: 'webhook-secret-of-somebody' })).status).toBe(401)
      expect((await world.webhook(news, { address: '203.0.113.7' })).status).toBe(401)
      expect((await world.webhook(news.slice(0, -1))).status).toBe(400)
      expect((await world.call('/webhooks/nobody', { method: 'POST', body: news })).status).toBe(404)
      await world.tick()
      expect((await lastro.webhooks.list()).items).toHaveLength(stored)
      expect((await world.call(`/trades/${id}`)).body).toEqual(before)

      expect((await world.webhook(news)).status).toBe(200)
      await world.tick()
      expect((await world.call(`/trades/${id}`)).body).toMatchObject({
        state: 'completed',
        order: { status: 'paid' },
      })
    })

    it('whose body was read before it arrived is refused with the reason', async () => {
      const answer = await world.webhookBehindParser('{"pix":[]}')
      expect(answer.status).toBe(500)
      expect(await answer.json()).toMatchObject({
        error: { code: 'webhook_body_parsed', message: expect.stringContaining('before any body parser') },
      })
    })

    it('that is delivered twice is applied once', async () => {
      world.bank.faults.next('webhook.deliver', 'duplicate_webhook')
      const id = await sell('echo')
      await world.until('completed', id)
      expect((await whatHappened(id)).filter((what: string) => what === 'payout.paid')).toHaveLength(1)
    })
  })

  it('leaves balanced books, and every hold settled', async () => {
    const { ledger } = world.desk.lastro
    expect(await ledger.verify()).toEqual([])
    for (const row of await ledger.trialBalance()) {
      expect(row.debitsPosted).toEqual(row.creditsPosted)
      expect(row.debitsPending.amount).toBe(0n)
    }
  })
})
