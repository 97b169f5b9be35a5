import { randomUUID } from 'node:crypto'
import { parseBrCode, qrSvg } from '@lastro/br-code'
import { Money, type PaymentId } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openWorld, type World } from './world.ts'

eachDatabase((db) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(db)
  }, 60_000)
  afterAll(() => world?.close())

  const charges = () => world.bank.charges.length
  const orderIn = (text: string) => / name="id" value="([^"]+)"/.exec(text)?.[1] ?? ''

  describe('an order', () => {
    it('opens with its code on the page, which is the one that Efí made', async () => {
      const id = orderIn((await world.call('/')).text)
      const sent = await world.post('/orders', { id, product: 'coffee', quantity: '2' })
      expect(sent).toMatchObject({ status: 303, location: `/orders/${id}` })

      const { payment } = await world.show(id)
      const code = payment.action?.kind === 'show_pix' ? payment.action.brCode : ''
      expect(parseBrCode(code)).toMatchObject({ ok: true, code: { kind: 'dynamic' } })
      const { text } = await world.call(`/orders/${id}`)
      expect(text).toContain(`>${code}</textarea>`)
      expect(text).toContain(await qrSvg(code, { sizePx: 320 }))
      expect(text).toMatch(/role="status" data-live>Waiting for the payment of R\$\s65,80\.</)
      expect(text).not.toContain('sandbox')
      expect((await world.post(`/orders/${id}/pay`, {})).status).toBe(404)
      expect(world.bank.charges.at(-1)).toMatchObject({ amount: 65_80n, status: 'ATIVA' })
    })

    it('whose form is sent twice at once is one order and one charge', async () => {
      const [before, id] = [charges(), randomUUID()]
      await Promise.all([world.order({ id }), world.order({ id })])
      await world.order({ id })
      expect(charges()).toBe(before + 1)
      const { items } = await world.shop.lastro.payments.list({ reference: id })
      expect(items).toHaveLength(1)
    })

    it('is one commit with its payment: neither is there where one fails', async () => {
      const id = randomUUID()
      const create = () =>
        world.shop.orders.place({
          id,
          product: { id: 'free', name: 'Nothing', price: Money.of(0n, 'BRL/2') },
          quantity: 1,
        })
      await expect(create()).rejects.toMatchObject({ code: 'invalid_input' })
      await expect(world.shop.orders.get(id)).rejects.toMatchObject({ code: 'not_found' })
    })

    it('whose answer from Efí is lost is asked about, and has one charge', async () => {
      const before = charges()
      world.bank.faults.next('charge.create', 'drop_after_effect')
      const id = await world.order()
      expect((await world.call(`/orders/${id}`)).text).toContain('The payment code is being made.')
      await world.until(id, ({ state }) => state === 'requires_action')
      expect((await world.call(`/orders/${id}`)).text).toContain('<textarea')
      expect(charges()).toBe(before + 1)
    })

    it('that nobody pays in time is closed, and its code is gone', async () => {
      const id = await world.order()
      await world.forward(37 * 60_000)
      await world.until(id, ({ status }) => status === 'closed')
      const { text } = await world.call(`/orders/${id}`)
      expect(text).toContain('This order was not paid in time.')
      expect(text).not.toContain('<textarea')
    })

    it('that is paid twice keeps one payment, and the other goes back by itself', async () => {
      const id = await world.order()
      const { payment } = await world.pay(id)
      const { providerRef } = await world.shop.lastro.payments.get(payment.id as PaymentId)
      world.bank.payPix(providerRef ?? '')
      const { status } = await world.until(id, (now) => now.payment.refunded.amount === '5550')
      expect(status).toBe('paid')
    })
  })

  describe('a refund', () => {
    it('gives back a part and then the rest', async () => {
      const id = await world.order()
      await world.pay(id)
      const part = await world.refund(id, { what: 'part', number: '1', amount: '20,50' })
      expect(part).toMatchObject({ status: 303, location: `/operator/orders/${id}` })
      const { status } = await world.until(id, ({ payment }) => payment.refundState === 'part')
      expect(status).toBe('paid')
      const page = await world.call(`/operator/orders/${id}`, { headers: world.asOperator() })
      expect(page.text).toMatch(/Refund all of R\$\s35,00/)

      await world.refund(id, { what: 'rest', number: '2', amount: '' })
      await world.until(id, (now) => now.status === 'refunded')
      expect((await world.call(`/orders/${id}`)).text).toMatch(/Refunded: R\$\s55,50 was given back/)
      expect(world.bank.received.at(-1)?.refunds).toMatchObject([
        { amount: 20_50n, status: 'DEVOLVIDO' },
        { amount: 35_00n, status: 'DEVOLVIDO' },
      ])
    })

    it('whose form is sent twice is one, and out of date it is refused', async () => {
      const id = await world.order()
      await world.pay(id)
      const form = { what: 'part', number: '1', amount: '10.00' }
      const sent = await Promise.all([world.refund(id, form), world.refund(id, form)])
      expect(sent.map(({ status }) => status)).toEqual([303, 303])
      expect((await world.refund(id, { ...form, amount: '11.00' })).status).toBe(409)
      const { payment } = await world.until(id, (now) => now.payment.refundState === 'part')
      expect(payment.refunded.amount).toBe('1000')
    })

    it('of more than is left, or of what is not paid, is refused in words', async () => {
      const id = await world.order()
      const early = await world.refund(id, { what: 'rest', number: '1' })
      expect(early.status).toBe(409)
      await world.pay(id)
      const tooMuch = await world.refund(id, { what: 'part', number: '1', amount: '55,51' })
      expect(tooMuch.status).toBe(400)
      expect(tooMuch.text).toContain('must be at most 55.50')
    })

    it('is only for the operator, and never sent by another site', async () => {
      const id = await world.order()
      await world.pay(id)
      const form = { what: 'rest', number: '1' }
      for (const headers of [{}, world.asOperator('a-wrong-password')]) {
        const refused = await world.refund(id, form, headers as ReturnType<World['asOperator']>)
        expect(refused.status).toBe(401)
        expect(refused.headers.get('www-authenticate')).toMatch(/^Basic/)
      }
      expect((await world.call('/operator')).status).toBe(401)
      expect((await world.call(`/operator/orders/${id}`)).status).toBe(401)
      for (const tell of [
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
      ]) {
        const foreign = await world.refund(id, form, { ...world.asOperator(), ...tell })
        expect(foreign.status).toBe(403)
      }
      expect((await world.show(id)).refunds).toEqual([])
    })
  })

  describe('a stream', () => {
    it('says to look at once, and again whenever its order changes', async () => {
      const [id, other] = [await world.order(), await world.order()]
      await world.pass()
      const [mine, others] = [await world.watch(id), await world.watch(other)]
      expect(mine.headers.get('content-type')).toBe('text/event-stream')
      expect([await mine.next(), await others.next()]).toEqual(['data: look', 'data: look'])

      const silence = others.next()
      await world.pay(id)
      expect(await mine.next()).toBe('data: look')
      expect((await world.call(`/orders/${id}`)).text).toContain('>Paid.<')

      await mine.leave()
      await expect.poll(() => world.live.count()).toBe(1)
      world.live.close()
      expect(await silence).toBeNull()
    })

    it('is not there for an order that is not', async () => {
      expect((await world.call(`/orders/${randomUUID()}/live`)).status).toBe(404)
    })
  })

  describe('a bad request', () => {
    it.each([
      ['no id', { product: 'mug', quantity: '1' }, 'id'],
      ['an id of the caller', { id: '1', product: 'mug', quantity: '1' }, 'id'],
      ['a product that is not sold', { product: 'gold', quantity: '1' }, 'product'],
      ['ten of it', { product: 'mug', quantity: '10' }, 'quantity'],
      ['half of it', { product: 'mug', quantity: '0.5' }, 'quantity'],
    ])('with %s names the field', async (what, form, field) => {
      const given = what === 'no id' || 'id' in form ? form : { id: randomUUID(), ...form }
      const { status, text } = await world.post('/orders', given as Record<string, string>)
      expect([status, text]).toEqual([400, expect.stringContaining(`${field}: must`)])
    })

    it.each(['', '0', '-1', '1,234', '1e3', 'ten'])('to refund "%s" is refused', async (amount) => {
      const id = await world.order()
      const { status, text } = await world.refund(id, { what: 'part', number: '1', amount })
      expect([status, text]).toEqual([400, expect.stringContaining('amount: must')])
    })

    it('for nothing that exists, or too large, is answered as such', async () => {
      expect((await world.call('/orders/nothing')).status).toBe(404)
      expect((await world.call('/nothing')).status).toBe(404)
      expect((await world.post('/orders', { id: 'x'.repeat(20_000) })).status).toBe(413)
      const { status, text } = await world.call('/orders/<script>')
      expect(status).toBe(404)
      expect(text).not.toContain('<script>')
    })
  })

  it('every page allows no inline script and no frame, and is kept by nobody', async () => {
    const id = await world.order()
    for (const path of ['/', `/orders/${id}`, '/nothing', '/assets/live.js']) {
      const { headers, text } = await world.call(path)
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(text).not.toMatch(/<script>| on[a-z]+="| style="/)
    }
  })

  it('a webhook that is forged changes nothing, and the same from Efí does', async () => {
    const id = await world.order()
    const { payment } = await world.show(id)
    const { providerRef } = await world.shop.lastro.payments.get(payment.id as PaymentId)
    world.bank.faults.next('webhook.deliver', 'lost_webhook')
    const { e2eId } = world.bank.payPix(providerRef ?? '')
    await world.bank.flushWebhooks()
    const pix = { endToEndId: e2eId, txid: providerRef, chave: world.bank.keys[0], valor: '55.50' }
    const news = JSON.stringify({ pix: [{ ...pix, horario: '2026-11-22T12:00:00Z' }] })

    expect((await world.webhook(news, { secret: 'webhook-secret-of-somebody' })).status).toBe(401)
    expect((await world.webhook(news, { address: '203.0.113.7' })).status).toBe(401)
    expect((await world.webhook(news.slice(0, -1))).status).toBe(400)
    await world.shop.lastro.tick()
    expect((await world.show(id)).state).toBe('requires_action')

    expect((await world.webhook(news)).status).toBe(200)
    await world.shop.lastro.tick()
    expect(await world.show(id)).toMatchObject({ state: 'paid', status: 'paid' })
  })

  it('leaves balanced books, and every hold settled', async () => {
    const { ledger } = world.shop.lastro
    expect(await ledger.verify()).toEqual([])
    for (const row of await ledger.trialBalance()) {
      expect(row.debitsPosted).toEqual(row.creditsPosted)
      expect(row.debitsPending.amount).toBe(0n)
    }
  })
})

describe('the configuration', () => {
  const whole = {
    PUBLIC_URL: 'https://shop.example',
    OPERATOR_PASSWORD: 'a-long-enough-password',
    EFI_ENVIRONMENT: 'homologation',
    EFI_CLIENT_ID: 'Client_Id_1',
    EFI_CLIENT_SECRET: 'Client_Secret_1',
    EFI_CERTIFICATE_FILE: import.meta.filename,
    EFI_PIX_KEY: 'key',
    EFI_WEBHOOK_SECRET: 'webhook-secret-of-the-tests',
  }

  it('comes whole, with defaults', () => {
    const config = readConfig(whole)
    expect(config).toMatchObject({ port: 3001, database: { folder: 'data' }, efi: { pixKey: 'key' } })
    expect(readConfig({ ...whole, DATABASE_URL: 'postgres://db/shop' }).database).toEqual({
      url: 'postgres://db/shop',
    })
  })

  it('names everything that is missing or wrong, and no value', () => {
    const read = () => readConfig({ ...whole, PORT: 'http', PUBLIC_URL: 'http://shop', EFI_CLIENT_ID: '' })
    expect(read).toThrow(/PORT must be a port\n {2}PUBLIC_URL must be https.*\n {2}EFI_CLIENT_ID is missing/)
    expect(() => readConfig({})).toThrow(/PUBLIC_URL.*OPERATOR_PASSWORD.*EFI_WEBHOOK_SECRET is missing/s)
    const secret = () => readConfig({ ...whole, EFI_WEBHOOK_SECRET: 'short', OPERATOR_PASSWORD: 'guessed' })
    expect(secret).toThrow(/OPERATOR_PASSWORD must have 16 .*EFI_WEBHOOK_SECRET must be 16/s)
    expect(secret).not.toThrow(/guessed|"short"/)
    expect(() => readConfig({ ...whole, EFI_CERTIFICATE_FILE: '/nowhere' })).toThrow(/must be a file to read/)
  })
})
