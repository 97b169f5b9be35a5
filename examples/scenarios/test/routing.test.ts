import { efi } from '@lastro/adapter-pix-efi'
import { createLastro } from '@lastro/core'
import { createCertificates, createFakeEfi } from '@lastro/testing/efi'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AT_FIRST, brl } from './efi-world.ts'
import { createPost, createStage, MINUTE, NO_BREAKER, unreachable } from './stage.ts'

const SECRET = 'webhook-secret-of-the-scenarios'
const certificates = await createCertificates()

eachDatabase((db) => {
  let lastro: ReturnType<typeof engine>
  let first: ReturnType<typeof bank>
  let second: ReturnType<typeof bank>
  const stage = createStage(db, () => lastro)
  /** One bank with an account of the shop, as a provider of that name. */
  const bank = (name: string, seed: number) => {
    const post = createPost(name, () => lastro)
    const state = { isUp: true }
    const fake = createFakeEfi({
      clock: db.clock,
      balance: AT_FIRST,
      seed,
      webhookUrl: `https://shop.example/webhooks/${name}?hmac=${SECRET}&ignorar=`,
      deliver: (request, { address }) => post.deliver(request, { address }),
    })
    const provider = efi({
      environment: 'homologation',
      ...fake.credentials,
      certificate: certificates.client,
      pixKey: fake.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: [SECRET] },
      clock: db.clock,
      fetch: async (input, init) => {
        if (!state.isUp) throw unreachable()
        return fake.fetch(input, init)
      },
    })
    return { fake, provider, state }
  }
  const engine = () =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { first: first.provider, second: second.provider },
      payments: { routes: [{ when: { method: 'pix' }, providers: ['first', 'second'] }] },
      rails: NO_BREAKER,
    })
  const create = async () => {
    const payment = await lastro.payments.create({
      amount: brl(80_00n),
      method: 'pix',
      idempotencyKey: 'order',
    })
    await lastro.tick()
    return payment.id
  }
  const charges = () => [first.fake.charges.length, second.fake.charges.length]

  beforeEach(async () => {
    await db.truncate()
    first = bank('first', 1)
    second = bank('second', 2)
    lastro = engine()
    await lastro.migrate()
  })
  afterEach(() => {
    first.fake.close()
    second.fake.close()
  })

  it('the first cannot be reached: the second takes the payment, at once and whole', async () => {
    first.state.isUp = false
    const id = await create()
    const payment = await lastro.payments.get(id)
    expect(payment).toMatchObject({ provider: 'second', state: 'requires_action', attempts: 2 })
    expect(charges()).toEqual([0, 1])
    first.state.isUp = true
    second.fake.payPix(payment.providerRef ?? '')
    await second.fake.flushWebhooks()
    await stage.pass(10 * MINUTE)
    expect((await lastro.payments.get(id)).state).toBe('paid')
    await lastro.payments.refund({ id, amount: brl(30_00n), idempotencyKey: 'back' })
    await stage.pass(10_000, 1_000)
    expect(await stage.books()).toEqual({
      'clearing:payments:BRL/2': 50_00n,
      'receivable:second:BRL/2': second.fake.balance() - AT_FIRST,
    })
    expect(charges()).toEqual([0, 1])
    expect(first.fake.balance()).toBe(AT_FIRST)
  })

  it('neither can be reached: both are tried again, until one can', async () => {
    first.state.isUp = false
    second.state.isUp = false
    const id = await create()
    await stage.pass(5 * MINUTE)
    expect((await lastro.payments.get(id)).state).toBe('created')
    first.state.isUp = true
    await stage.pass(10 * MINUTE)
    expect(await lastro.payments.get(id)).toMatchObject({ state: 'requires_action', provider: 'first' })
    expect(charges()).toEqual([1, 0])
  })

  it.each([
    ['drop_after_effect', 1],
    ['drop_before_send', 1],
    ['error_500_before', 1],
    ['rate_limited', 1],
  ] as const)(
    'the first answers nothing that can be believed (%s): never the second',
    async (fault, made) => {
      first.fake.faults.next('charge.create', fault)
      const id = await create()
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'unknown', provider: 'first' })
      // While it is in doubt the first goes down, which makes the second no better.
      first.state.isUp = false
      await stage.pass(5 * MINUTE)
      expect(await lastro.payments.get(id)).toMatchObject({ state: 'unknown', provider: 'first' })
      first.state.isUp = true
      await stage.pass(30 * MINUTE)
      const payment = await lastro.payments.get(id)
      expect(payment).toMatchObject({ state: 'requires_action', provider: 'first' })
      expect(charges()).toEqual([made, 0])
      first.fake.payPix(payment.providerRef ?? '')
      await first.fake.flushWebhooks()
      await stage.pass(MINUTE)
      expect(await stage.books()).toEqual({
        'clearing:payments:BRL/2': 80_00n,
        'receivable:first:BRL/2': first.fake.balance() - AT_FIRST,
      })
      expect(second.fake.calls).toEqual([])
    },
  )
})
