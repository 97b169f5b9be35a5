import { describe, expect, it } from 'vitest'
import { type PiOptions, pi } from '../src/index.ts'
import { bytes, deliveryOf, optionsFor, setUp, units } from './setup.ts'

const ID = 'PR1qHuKAjgfMDs5WB9DdFoHiq3I6'
const body = (type: string, id = ID) => bytes(JSON.stringify({ type, payment_id: id, txid: 'f'.repeat(64) }))

/** A payment that is paid and completed. */
async function completed(world: ReturnType<typeof setUp>, key = 'pay_1') {
  const { fake, provider } = world
  const providerRef = fake.createPayment({ uid: 'user-1', amount: 31_400_000n, metadata: { lastro: key } })
  const ref = { idempotencyKey: key, providerRef, amount: units(31_400_000n) }
  await provider.payments.approve(ref)
  const txid = fake.signs(providerRef) || ''
  await provider.payments.complete({ ...ref, proof: txid })
  return { providerRef, txid }
}

describe('a delivery', () => {
  it('proves nothing without a secret, and is known by all of its bytes', async () => {
    const { webhooks } = setUp().provider
    const verdict = await webhooks.verify(deliveryOf(body('payment_completed')))
    expect(verdict).toMatchObject({ kind: 'unproven', topic: 'payment_completed', subject: ID })
    const claimed = bytes(
      `{"type":"payment_completed","payment_id":"${ID}","id":"chosen","webhook-id":"chosen"}`,
    )
    const other = await webhooks.verify(deliveryOf(claimed, { headers: { 'webhook-id': 'chosen' } }))
    expect(other).toMatchObject({
      kind: 'unproven',
      deliveryId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
  })

  it('is a hint in any case, whatever else it says', () => {
    const { webhooks } = setUp().provider
    for (const { type, does } of webhooks.eventTypes) {
      expect(does).toBe('asked')
      const events = webhooks.translate({ body: body(type), topic: type, subject: ID })
      expect(events).toEqual([{ kind: 'hint', topic: type, ref: ID }])
    }
  })

  it('of a type that is in no table is kept, with what can be asked for', async () => {
    const { webhooks } = setUp().provider
    const verdict = await webhooks.verify(deliveryOf(body('payment_new')))
    expect(verdict).toMatchObject({ kind: 'unproven', topic: 'payment_new' })
    const [event] = webhooks.translate({ body: body('payment_new'), topic: 'payment_new', subject: ID })
    expect(event).toMatchObject({ kind: 'unrecognised', topic: 'payment_new', providerRef: ID })
    const [odd] = webhooks.translate({ body: bytes('['), topic: 'payment_new', subject: ID })
    expect(odd).toMatchObject({ kind: 'unrecognised' })
  })

  it.each(['GET', 'PUT'])('by %s is malformed', async (method) => {
    const { webhooks } = setUp().provider
    const verdict = await webhooks.verify(deliveryOf(body('payment_completed'), { method }))
    expect(verdict).toEqual({ kind: 'rejected', reason: 'malformed' })
  })

  it.each([
    [{ secrets: [] }, 'options.webhook.secrets: must have at least one secret'],
    [{ secrets: ['whsec_short'] }, 'options.webhook: secrets[0]: must be whsec_'],
    [{ secrets: ['x'], insecure: true }, 'options.webhook: '],
    [{}, 'options.webhook.secrets: '],
  ])('with the options %j cannot be verified', (webhook, says) => {
    const { fake } = setUp()
    const make = () => pi(optionsFor(fake, { webhook } as unknown as Partial<PiOptions>))
    expect(make).toThrow(says)
    expect(make).toThrow(expect.objectContaining({ kind: 'misconfigured' }))
  })
})

describe('looking a hint up', () => {
  const hint = (ref: string) => ({ kind: 'hint', topic: 'payment_completed', ref }) as const

  it('tells the payment as Pi has it', async () => {
    const world = setUp()
    const { providerRef, txid } = await completed(world)
    expect(await world.provider.webhooks.lookUp(hint(providerRef))).toEqual([
      {
        kind: 'payment',
        providerRef,
        idempotencyKey: 'pay_1',
        payerRef: 'user-1',
        state: 'paid',
        amount: units(31_400_000n),
        receipts: [{ ref: txid, amount: units(31_400_000n) }],
        refunds: [],
        disputes: [],
      },
    ])
  })

  it('does not believe that an open payment was paid', async () => {
    const { fake, provider } = setUp()
    const id = fake.createPayment({ uid: 'user-1', amount: 1n, metadata: { lastro: 'pay_1' } })
    const [event] = await provider.webhooks.lookUp(hint(id))
    expect(event).toMatchObject({ kind: 'payment', state: 'requires_action', receipts: [] })
  })

  it('tells a payout as a payout, and a refund as news of the payment that it gives back', async () => {
    const world = setUp()
    const { fake, provider } = world
    const { providerRef, txid } = await completed(world)
    const amount = units(5n)
    const destination = { kind: 'provider_user', user: 'user-2' } as const
    await provider.payouts.submit({ idempotencyKey: 'pout_1', amount, destination })
    const payment = { idempotencyKey: 'pay_1', providerRef }
    await provider.payments.refund({ idempotencyKey: 'rfnd_1', payment, receiptRef: txid, amount })
    const [, payout, refund] = fake.payments.map(({ identifier }) => identifier)
    expect(await provider.webhooks.lookUp(hint(payout ?? ''))).toMatchObject([
      { kind: 'payout', idempotencyKey: 'pout_1', providerRef: payout, state: 'paid', amount },
    ])
    expect(await provider.webhooks.lookUp(hint(refund ?? ''))).toMatchObject([
      {
        kind: 'payment',
        providerRef,
        refunds: [{ ref: refund, idempotencyKey: 'rfnd_1', receiptRef: txid, state: 'succeeded', amount }],
      },
    ])
  })

  it('is nothing for a payment that Pi does not have, and for what names none', async () => {
    const { webhooks } = setUp().provider
    expect(await webhooks.lookUp(hint(ID))).toEqual([])
    expect(await webhooks.lookUp(hint('../payments'))).toEqual([])
    expect(await webhooks.lookUp({ kind: 'ignored', topic: 'x' })).toEqual([])
    expect(await webhooks.lookUp({ kind: 'unrecognised', topic: 'x', detail: 'y' })).toEqual([])
  })

  it('keeps for a person what is of another network', async () => {
    const world = setUp()
    const { providerRef } = await completed(world)
    const { fake, clock } = world
    // Testnet Pi has no value: a key of the wrong app must never make it count as Pi.
    const mainnet = pi({ apiKey: fake.apiKey, network: 'mainnet', clock, fetch: fake.fetch })
    expect(await mainnet.webhooks.lookUp(hint(providerRef))).toMatchObject([
      { kind: 'unrecognised', detail: 'pi: the payment is not told to be on Pi Network.', providerRef },
    ])
    expect('payouts' in mainnet).toBe(false)
    expect('refund' in mainnet.payments).toBe(false)
  })

  it('throws when Pi cannot be asked', async () => {
    const { fake, provider } = setUp()
    fake.faults.next('payments.get', 'error_500_before')
    await expect(provider.webhooks.lookUp(hint(ID))).rejects.toMatchObject({
      kind: 'unavailable',
      status: 500,
    })
    fake.reachable(false)
    await expect(provider.webhooks.lookUp(hint(ID))).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
