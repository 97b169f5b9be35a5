import { Money, type ProviderEvent } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { createFakeEfi, type FakeEfiOptions } from '@lastro/testing/efi'
import { describe, expect, it } from 'vitest'
import { efi, pixIdOf } from '../src/index.ts'
import { optionsFor, payout } from './setup.ts'

const KEY = 'pay_01k0000000000000000000000a'
const brl = (cents: bigint) => Money.of(cents, 'BRL/2')

function setUp(options: FakeEfiOptions = {}) {
  const clock = manualClock()
  const events: ProviderEvent[] = []
  const fake = createFakeEfi({
    clock,
    settleAfterMs: null,
    webhookUrl: 'https://shop.example/webhooks/efi?ignorar=',
    deliver: async (request) => {
      const body = new Uint8Array(await request.arrayBuffer())
      events.push(...provider.webhooks.translate({ body, topic: '', subject: null }))
      return new Response(null)
    },
    ...options,
  })
  const provider = efi(optionsFor({ fetch: fake.fetch, clock }))
  return { clock, fake, provider, events, lookUp: provider.webhooks.lookUp }
}

describe('asking for the truth of an event', () => {
  it.each(['like_send', 'like_refund'] as const)('money that came back to us (%s)', async (returnWebhook) => {
    const { fake, provider, events, lookUp } = setUp({ returnWebhook })
    await provider.payouts.submit(payout({ idempotencyKey: 'pout_1' }))
    fake.settle('pout1')
    fake.returnPix('pout1', 34n)
    await fake.flushWebhooks()
    const odd = events.find(({ kind }) => kind === 'unrecognised')
    expect(await lookUp(odd as ProviderEvent)).toMatchObject([
      { kind: 'payout', providerRef: 'pout1', state: 'paid', amount: brl(12_34n), returnedAmount: brl(34n) },
    ])
  })

  it('a payment, by its receipts: a wrong amount is set right', async () => {
    const { fake, provider, events, lookUp } = setUp()
    await provider.payments.create({ idempotencyKey: KEY, amount: brl(49_90n), method: 'pix' })
    fake.faults.next('webhook.deliver', { kind: 'wrong_amount_webhook', amount: 1n })
    const { e2eId } = fake.payPix(pixIdOf(KEY))
    await fake.flushWebhooks()
    expect(events).toMatchObject([{ kind: 'payment', idempotencyKey: KEY, receipts: [{ amount: brl(1n) }] }])
    const truth = { kind: 'payment', idempotencyKey: KEY, receipts: [{ ref: e2eId, amount: brl(49_90n) }] }
    expect(await lookUp(events[0] as ProviderEvent)).toMatchObject([truth])
    expect(await lookUp({ kind: 'hint', topic: 'PIX_RECEBIDO', ref: e2eId })).toMatchObject([truth])
  })

  it('what is not there gives nothing, and trouble throws', async () => {
    const { fake, lookUp } = setUp()
    const nowhere = { kind: 'unrecognised', topic: 'pix', detail: 'x' } as const
    expect(await lookUp(nowhere)).toEqual([])
    expect(await lookUp({ kind: 'ignored', topic: 'teste_webhook' })).toEqual([])
    for (const ref of [
      'E60701190202611221200PAY00000001',
      'E09089356202611221200API00000001',
      'pout1',
      'não é id',
    ]) {
      expect(await lookUp({ ...nowhere, providerRef: ref })).toEqual([])
    }
    const changed = { kind: 'changed', object: 'recurring_consent', ref: 'RN1', change: 'APROVADA' } as const
    expect(await lookUp(changed)).toEqual([])
    fake.faults.always('pix.find_received', 'error_500_before')
    await expect(lookUp({ ...nowhere, providerRef: 'E1' })).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('a recurring consent', async () => {
    const { fake, provider, lookUp } = setUp()
    const made = await provider.automatic.createRecurrence({
      contract: 'CT-1',
      debtor: { name: 'Maria', document: '52998224725' },
      startsOn: '2026-12-05',
      every: 'week',
      retries: false,
    })
    const ref = made.kind === 'accepted' ? made.value.idRec : ''
    fake.approveRecurrence(ref)
    const event = { kind: 'changed', object: 'recurring_consent', ref, change: 'CRIADA' } as const
    expect(await lookUp(event)).toMatchObject([{ kind: 'changed', ref, status: 'APROVADA' }])
  })
})

describe('news of refunds and claims', () => {
  it('follows the refund to its end, with our key', async () => {
    const { fake, provider, events } = setUp({ refundAfterMs: null })
    await provider.payments.create({ idempotencyKey: KEY, amount: brl(49_90n), method: 'pix' })
    const { e2eId: receiptRef } = fake.payPix(pixIdOf(KEY))
    const payment = { idempotencyKey: KEY, providerRef: pixIdOf(KEY) }
    const [done, not] = ['rfd_01k0000000000000000000000a', 'rfd_01k0000000000000000000000b'] as const
    for (const idempotencyKey of [done, not])
      await provider.payments.refund({ idempotencyKey, payment, receiptRef, amount: brl(10_00n) })
    fake.settleRefund(pixIdOf(done))
    fake.refuseRefund(pixIdOf(not), 'Conta encerrada')
    fake.closeClaim(fake.openClaim(receiptRef, { amount: 5_00n }), 'ACEITA')
    await fake.flushWebhooks()
    expect(events.at(-1)).toMatchObject({
      kind: 'payment',
      idempotencyKey: KEY,
      refunds: [
        { idempotencyKey: done, state: 'succeeded', amount: brl(10_00n) },
        { idempotencyKey: not, state: 'failed', detail: 'Conta encerrada' },
      ],
      disputes: [{ ref: `${receiptRef}:med`, state: 'lost', withdrawn: brl(5_00n) }],
    })
  })
})
