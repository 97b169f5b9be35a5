import { createFakePi, signPiWebhook } from '@lastro/testing/pi'
import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it } from 'vitest'

interface Body {
  readonly error?: string
  readonly amount?: number
  readonly incomplete_server_payments?: readonly object[]
}

const fakes: { close(): void }[] = []
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.close()
})
const create = (options: Parameters<typeof createFakePi>[0] = {}) => {
  const fake = createFakePi(options)
  fakes.push(fake)
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Key ${fake.apiKey}`, 'content-type': 'application/json' }
    const answer = await fake.fetch(`${fake.apiUrl}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  return { fake, call }
}

describe('a payment from a user', () => {
  it('is approved, signed and completed, and money moves once', async () => {
    const { fake, call } = create()
    const before = fake.balance() ?? 0n
    const id = fake.createPayment({ uid: 'u', amount: 31_400_000n, metadata: { order: 1 } })
    expect(fake.signs(id)).toBe(false)
    expect(await call('POST', `/payments/${id}/approve`)).toMatchObject({ status: 200 })
    const txid = fake.signs(id)
    expect(fake.signs(id)).toBe(false)
    expect((await call('POST', `/payments/${id}/complete`, { txid: 'f'.repeat(64) })).body.error).toBe(
      'txid_mismatch',
    )
    const done = await call('POST', `/payments/${id}/complete`, { txid })
    expect(done.body).toMatchObject({
      amount: 3.14,
      direction: 'user_to_app',
      network: 'Pi Testnet',
      status: { developer_completed: true, transaction_verified: true },
      transaction: { txid },
    })
    expect((await call('POST', `/payments/${id}/complete`, { txid })).body.error).toBe('already_completed')
    expect(fake.balance()).toBe(before + 31_400_000n)
  })

  it('that nobody approves is cancelled after a minute, and one can be given up', async () => {
    const { fake, call } = create()
    const late = fake.createPayment({ uid: 'u', amount: 1n })
    const given = fake.createPayment({ uid: 'u', amount: 1n })
    expect(fake.cancels(given)).toBe(true)
    await fake.advance(60_000)
    expect((await call('POST', `/payments/${late}/approve`)).body.error).toBe('cancelled_payment')
    expect(fake.payments).toMatchObject([{ cancelled: true }, { userCancelled: true }])
  })
})

it('asks for the key, and counts unfinished payments to users', async () => {
  const { fake, call } = create()
  expect((await fake.fetch(`${fake.apiUrl}/payments/x`)).status).toBe(401)
  expect(await call('GET', '/payments/x')).toMatchObject({
    status: 404,
    body: { error: 'payment_not_found' },
  })
  const payment = { amount: 0.5, memo: 'm', metadata: {}, uid: 'u' }
  expect((await call('POST', '/payments', { payment })).body.amount).toBe(0.5)
  const second = await call('POST', '/payments', { payment })
  expect(second.body).toMatchObject({ error: 'ongoing_payment_found', payment: { user_uid: 'u' } })
  const list = (await call('GET', '/payments/incomplete_server_payments')).body
  expect(list.incomplete_server_payments).toHaveLength(1)
})

it('brings news by the contract, signed where there is a secret', async () => {
  const got: Request[] = []
  const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`
  const deliver = (request: Request) => {
    got.push(request)
    return new Response(null, { status: 202 })
  }
  const { fake } = create({ webhook: { url: 'https://shop.example/pi', secret, deliver } })
  fake.faults.next('webhook.deliver', 'duplicate_webhook')
  fake.cancels(fake.createPayment({ uid: 'u', amount: 1n }))
  await fake.flushWebhooks()
  expect(fake.webhooks).toMatchObject([{ status: 202, body: expect.stringContaining('"payment_cancelled"') }])
  expect(got).toHaveLength(2)
  const { id, body } = fake.webhooks[0] ?? { id: '', body: '' }
  const at = new Date(Number(got[0]?.headers.get('webhook-timestamp')) * 1_000)
  expect(got[0]?.headers.get('webhook-signature')).toBe(
    signPiWebhook(body, { id, at, secret })['webhook-signature'],
  )
})

it('stands behind msw', async () => {
  const { fake } = create()
  const server = setupServer(...fake.handlers())
  server.listen({ onUnhandledFrame: 'error' })
  try {
    const root = (await (await fetch(`${fake.horizonUrl}/`)).json()) as { network_passphrase: string }
    expect(root.network_passphrase).toBe('Pi Testnet')
    fake.faults.next('chain.root', 'drop_before_send')
    await expect(fetch(`${fake.horizonUrl}/`)).rejects.toThrow()
  } finally {
    server.close()
  }
})
