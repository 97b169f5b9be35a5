/** The shop as people see it: a real browser, real sockets, and Efí played on this machine. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseBrCode } from '@lastro/br-code'
import { Money, type PaymentId } from '@lastro/core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox } from '../src/sandbox.ts'
import { serveShop } from '../src/serve.ts'
import { hasBrowser, openBrowser, readQr } from './browser.ts'

describe.skipIf(!hasBrowser)('in a browser', () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>
  let open: Awaited<ReturnType<typeof serveShop>>
  let browser: Browser
  const troubles: string[] = []

  beforeAll(async () => {
    sandbox = await startSandbox({ port: await freePort() })
    ;[open, browser] = await Promise.all([
      serveShop(sandbox.config, { playPayer: sandbox.playPayer }),
      openBrowser(),
    ])
    await open.shop.registerWebhook()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await open?.close()
    await sandbox?.stop()
  })

  /** A browser of somebody's own. What its console complains of, such as a breach of the CSP, is a trouble. */
  const visit = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ baseURL: open.url, ...options })
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text())
    })
    page.on('pageerror', (error) => troubles.push(error.message))
    await page.goto(path)
    return page
  }
  const says = (page: Page, text: RegExp) => page.locator('#status', { hasText: text }).waitFor()
  const orderIdOf = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? ''

  it('a customer pays by QR code and sees it at once, and the refunds too', async () => {
    const customer = await visit('/', { permissions: ['clipboard-read', 'clipboard-write'] })
    await customer.getByLabel('Cloth filter').check()
    await customer.getByLabel('How many').fill('3')
    await customer.getByRole('button', { name: 'Pay by Pix' }).click()
    await says(customer, /Waiting for the payment of R\$\s55,50\./)

    // What a phone sees, what is copied, and what the bank was asked for are the same.
    const code = readQr(await customer.getByRole('img', { name: /QR code for R\$\s55,50/ }).screenshot())
    expect(await customer.getByLabel('Pix code').inputValue()).toBe(code)
    await customer.getByRole('button', { name: 'Copy the code' }).click()
    await customer.getByText('Copied.').waitFor()
    expect(await customer.evaluate('navigator.clipboard.readText()')).toBe(code)
    const order = await open.shop.orders.get(orderIdOf(customer))
    const payment = await open.shop.lastro.payments.get(order.payment_id)
    const parsed = parseBrCode(code)
    expect(payment.action).toMatchObject({
      kind: 'show_pix',
      brCode: code,
      location: parsed.ok && parsed.code.kind === 'dynamic' ? parsed.code.url : 'no dynamic BR Code',
    })
    const txid = payment.providerRef ?? ''
    expect(sandbox.bank.charges).toMatchObject([{ txid, amount: 55_50n, status: 'ATIVA' }])

    // A mark that would not survive a reload.
    await customer.evaluate('document.body.dataset.mark = "same page"')
    sandbox.bank.payPix(txid)
    await says(customer, /^Paid\.$/)
    expect(await customer.title()).toMatch(/^Paid\./)
    expect(await customer.getByRole('img', { name: 'QR code' }).count()).toBe(0)

    const desk = await visit('/operator', {
      httpCredentials: { username: 'operator', password: sandbox.config.operatorPassword },
    })
    await desk.getByRole('link', { name: '3 × Cloth filter' }).click()
    await desk.getByLabel('Amount in reais').fill('20,50')
    await desk.getByRole('button', { name: 'Refund this amount' }).click()
    await says(desk, /Paid\. R\$\s20,50 was given back/)
    await says(customer, /Paid\. R\$\s20,50 was given back/)

    await desk.getByRole('button', { name: /Refund all of R\$\s35,00/ }).click()
    await says(desk, /Refunded: R\$\s55,50/)
    await says(customer, /Refunded: R\$\s55,50/)
    await desk.getByText('refunded', { exact: true }).waitFor()
    expect(await desk.getByRole('button').count()).toBe(0)

    expect(await customer.evaluate('document.body.dataset.mark')).toBe('same page')
    const [{ refunds } = { refunds: [] }] = sandbox.bank.received
    expect(refunds.map(({ amount, status }) => [amount, status])).toEqual([
      [20_50n, 'DEVOLVIDO'],
      [35_00n, 'DEVOLVIDO'],
    ])
    expect(troubles).toEqual([])
  }, 30_000)

  it('works by keyboard alone, and keeps what is focused', async () => {
    const customer = await visit('/')
    await customer.keyboard.press('Tab')
    await customer.keyboard.press('ArrowDown')
    await customer.keyboard.press('Tab')
    await customer.keyboard.press('ArrowUp')
    await customer.keyboard.press('Enter')
    await says(customer, /Waiting for the payment of R\$\s37,00\./)

    await customer.getByRole('link', { name: 'Back to the shop' }).focus()
    await customer.keyboard.press('Shift+Tab')
    expect(await customer.evaluate('document.activeElement.textContent')).toContain('Pay as the customer')
    await customer.keyboard.press('Enter')
    await says(customer, /^Paid\.$/)
    expect(troubles).toEqual([])
  }, 30_000)

  it('works without a script', async () => {
    const customer = await visit('/', { javaScriptEnabled: false })
    await customer.getByRole('button', { name: 'Pay by Pix' }).click()
    const code = readQr(await customer.getByRole('img', { name: 'QR code' }).screenshot())
    expect(code).toBe(await customer.getByLabel('Pix code').inputValue())
    expect(await customer.getByRole('button', { name: 'Copy' }).count()).toBe(0)

    const { payment_id } = await open.shop.orders.get(orderIdOf(customer))
    sandbox.playPayer({ id: payment_id })
    await paid(payment_id)
    await customer.getByRole('link', { name: 'See how it stands now' }).click()
    await says(customer, /^Paid\.$/)
  }, 30_000)

  it('lets go of the streams of pages that were left', async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await expect.poll(() => open.live.count()).toBe(0)
  })

  it('leaves balanced books', async () => {
    expect(await open.shop.lastro.ledger.verify()).toEqual([])
    const { items } = await open.shop.lastro.payments.list()
    expect(items.map(({ received, refunded }) => [Money.format(received), Money.format(refunded)])).toEqual([
      ['32.90', '0.00'],
      ['37.00', '0.00'],
      ['55.50', '55.50'],
    ])
  })

  const paid = (id: PaymentId) =>
    expect.poll(async () => (await open.shop.lastro.payments.get(id)).state, { timeout: 10_000 }).toBe('paid')
})

/** A port that was free a moment ago: Efí must be told where the shop will be before it is there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
