import type { RefundPayment } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { setUp, units } from './setup.ts'

const AMOUNT = 31_400_000n
type World = ReturnType<typeof setUp>

/** A payment by `payer` that is paid and completed, and a refund of it. */
async function refundable(world: World, given: Partial<RefundPayment> = {}): Promise<RefundPayment> {
  const { fake, provider } = world
  const metadata = { lastro: 'pay_1' }
  const providerRef = fake.createPayment({ uid: 'payer', amount: AMOUNT, metadata })
  const ref = { idempotencyKey: 'pay_1', providerRef, amount: units(AMOUNT) }
  await provider.payments.approve(ref)
  const receiptRef = fake.signs(providerRef) || ''
  await provider.payments.complete({ ...ref, proof: receiptRef })
  const payment = { idempotencyKey: 'pay_1', providerRef }
  return { idempotencyKey: 'rfnd_1', payment, receiptRef, amount: units(AMOUNT), ...given }
}
const returned = ({ fake }: World) => fake.sentTo('payer').filter(({ successful }) => successful)

describe('a refund', () => {
  it('is a payment from the wallet to who paid, in part or whole', async () => {
    const world = setUp()
    const first = await refundable(world, { amount: units(10_000_000n), reason: 'Wrong size' })
    const outcome = await world.provider.payments.refund(first)
    const payment = world.fake.payments[1]
    expect(outcome).toEqual({
      kind: 'accepted',
      value: {
        ref: payment?.identifier,
        idempotencyKey: 'rfnd_1',
        receiptRef: first.receiptRef,
        state: 'succeeded',
        amount: units(10_000_000n),
      },
    })
    expect(payment).toMatchObject({
      memo: 'Wrong size',
      metadata: {
        for: 'refund',
        lastro: 'rfnd_1',
        payment: first.payment.providerRef,
        receipt: first.receiptRef,
      },
    })
    const second = { ...first, idempotencyKey: 'rfnd_2', amount: units(21_400_000n) }
    await world.provider.payments.refund(second)
    expect(returned(world).map(({ amount }) => amount)).toEqual([10_000_000n, 21_400_000n])
    expect(await world.restarted().payments.findRefund(first)).toMatchObject({ idempotencyKey: 'rfnd_1' })
  })

  it.each<[string, Partial<RefundPayment>, string]>([
    ['more than was paid', { amount: units(AMOUNT + 1n) }, 'amount must not be above'],
    ['another receipt', { receiptRef: 'f'.repeat(64) }, 'no such receipt'],
    ['another payer', { payer: { providerRef: 'other' } }, 'payer.providerRef'],
    ['another payment', { payment: { idempotencyKey: 'x', providerRef: 'nowhere' } }, 'no such payment'],
  ])('of %s is declined, and nothing is sent', async (_what, given, says) => {
    const world = setUp()
    const outcome = await world.provider.payments.refund(await refundable(world, given))
    expect(outcome).toMatchObject({ kind: 'declined', detail: expect.stringContaining(says) })
    expect(returned(world)).toEqual([])
  })

  it('after a time-out that had its effect is found, told to Pi, and sent once', async () => {
    const world = setUp()
    const request = await refundable(world)
    world.fake.faults.next('chain.submit', { kind: 'drop_after_effect', hiddenForMs: 30_000 })
    expect(await world.provider.payments.refund(request)).toMatchObject({ kind: 'unknown' })
    // Pi has a payment for it, and the chain shows no money: that is doubt, and not a refund under way.
    expect(await world.provider.payments.incomplete()).toEqual([])
    await world.clock.advance(world.provider.payments.conclusiveAfterMs)
    expect(await world.restarted().payments.findRefund(request)).toMatchObject({ state: 'succeeded' })
    expect(await world.restarted().payments.refund(request)).toMatchObject({ kind: 'accepted' })
    expect(returned(world)).toHaveLength(1)
    expect(await world.provider.payments.incomplete()).toEqual([])
  })

  it('that is on the chain and that Pi was not told of is told by `incomplete`, to Pi too', async () => {
    const world = setUp()
    const request = await refundable(world)
    world.fake.faults.next('chain.submit', 'drop_after_effect')
    expect(await world.provider.payments.refund(request)).toMatchObject({ kind: 'unknown' })
    expect(await world.provider.payments.incomplete()).toMatchObject([
      {
        providerRef: request.payment.providerRef,
        idempotencyKey: 'pay_1',
        state: 'paid',
        refunds: [{ idempotencyKey: 'rfnd_1', state: 'succeeded' }],
      },
    ])
    expect(world.fake.payments.map(({ completed }) => completed)).toEqual([true, true])
    expect(await world.provider.payments.incomplete()).toEqual([])
  })

  it('and a payout of one key are two things', async () => {
    const world = setUp()
    const request = await refundable(world)
    const destination = { kind: 'provider_user', user: 'payer' } as const
    await world.provider.payouts.submit({ idempotencyKey: 'rfnd_1', amount: units(AMOUNT), destination })
    expect(await world.provider.payments.findRefund(request)).toBeNull()
    expect(await world.provider.payments.refund(request)).toMatchObject({ kind: 'accepted' })
    expect(returned(world)).toHaveLength(2)
  })
})
