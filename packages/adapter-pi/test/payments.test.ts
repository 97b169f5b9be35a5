import type { CreatePayment } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { pi } from '../src/index.ts'
import { optionsFor, scripted, setUp, units } from './setup.ts'

const AMOUNT = 31_400_000n
const request = (given: Partial<CreatePayment> = {}): CreatePayment => ({
  idempotencyKey: 'pay_1',
  amount: units(AMOUNT),
  method: 'pi',
  ...given,
})

/** An answer of Pi, as far as the cases change it. */
interface Dto {
  [field: string]: unknown
  status: Record<string, unknown>
  transaction: Record<string, unknown> | null
}

type World = ReturnType<typeof setUp>
const made = ({ fake }: World, given: { amount?: bigint; uid?: string; key?: string } = {}) => {
  const { amount = AMOUNT, uid = 'user-1', key = 'pay_1' } = given
  const providerRef = fake.createPayment({ uid, amount, metadata: { lastro: key } })
  return { idempotencyKey: 'pay_1', providerRef, amount: units(AMOUNT) }
}
/** One that is approved and signed. */
const signed = async (world: World) => {
  const ref = made(world)
  await world.provider.payments.approve(ref)
  return { ...ref, proof: world.fake.signs(ref.providerRef) || '' }
}
const flag = (world: World) => world.fake.payments[0]

describe('create', () => {
  it('makes no call, and says what the browser has to make', async () => {
    const { fake, provider } = setUp()
    const outcome = await provider.payments.create(request({ description: 'Order 42' }))
    expect(outcome).toMatchObject({
      kind: 'accepted',
      value: {
        state: 'requires_action',
        action: {
          kind: 'create_in_browser',
          facts: { amount: '3.1400000', memo: 'Order 42', metadata: '{"lastro":"pay_1"}' },
        },
      },
    })
    expect(fake.calls).toEqual([])
  })

  it.each<[string, Partial<CreatePayment>]>([
    ['idempotencyKey', { idempotencyKey: '' }],
    ['amount', { amount: units(0n) }],
    ['amount', { amount: { amount: 1n, asset: 'PI/7' } }],
    ['method', { method: 'pix' }],
    ['description', { description: 'x'.repeat(141) }],
    ['payer.providerRef', { payer: { providerRef: 'a b' } }],
    ['due', { due: { dueDate: '2026-12-24' } }],
    ['capture', { capture: 'manual' }],
  ])('refuses a wrong %s by its name', async (field, given) => {
    const { payments } = setUp().provider
    expect(payments.check(request(given))).toMatchObject({ field })
    const outcome = await payments.create(request(given))
    expect(outcome).toMatchObject({ kind: 'declined', detail: expect.stringMatching(`^${field} `) })
    expect(payments.check(request())).toBeNull()
  })
})

describe('approve', () => {
  it.each([
    ['another amount', { amount: AMOUNT + 1n }, 'invalid_amount', 'amount of the payment'],
    ['another key', { key: 'pay_2' }, 'not_permitted', 'metadata of the payment'],
    ['another user', { uid: 'user-2' }, 'not_permitted', 'user_uid of the payment'],
  ])('refuses a payment with %s, and leaves it', async (_what, given, reason, says) => {
    const world = setUp()
    const ref = { ...made(world, given), payer: { providerRef: 'user-1' } }
    const outcome = await world.provider.payments.approve(ref)
    expect(outcome).toMatchObject({ kind: 'declined', reason, detail: expect.stringContaining(says) })
    expect(flag(world)?.approved).toBe(false)
  })

  it('refuses a payment to a user, one of the other network, and one that is not there', async () => {
    const world = setUp()
    const { fake, provider, clock } = world
    const destination = { kind: 'provider_user', user: 'user-1' } as const
    const sent = await provider.payouts.submit({
      idempotencyKey: 'pay_1',
      amount: units(AMOUNT),
      destination,
    })
    const providerRef = sent.kind === 'accepted' ? sent.value.providerRef : ''
    const ref = { idempotencyKey: 'pay_1', providerRef, amount: units(AMOUNT) }
    expect(await provider.payments.approve(ref)).toMatchObject({ kind: 'declined', reason: 'not_permitted' })
    const absent = { ...ref, providerRef: 'nowhere' }
    expect(await provider.payments.approve(absent)).toMatchObject({ kind: 'declined' })
    const mainnet = pi({ apiKey: fake.apiKey, network: 'mainnet', clock, fetch: fake.fetch })
    const other = { ...made(world), amount: { amount: AMOUNT, asset: 'PI/7' } } as const
    expect(await mainnet.payments.approve(other)).toMatchObject({
      kind: 'declined',
      detail: 'the payment is not told to be on Pi Network.',
    })
  })

  it('may be repeated: what is approved is told, without a call', async () => {
    const world = setUp()
    const ref = made(world)
    const { payments } = world.provider
    expect(await payments.approve(ref)).toMatchObject({ kind: 'accepted' })
    expect(await payments.approve(ref)).toMatchObject({
      kind: 'accepted',
      value: { state: 'requires_action' },
    })
    expect(world.fake.calls.filter(({ operation }) => operation === 'payments.approve')).toHaveLength(1)
  })

  it('after a time-out that had its effect ends approved, once', async () => {
    const world = setUp()
    const ref = made(world)
    world.fake.faults.next('payments.approve', 'drop_after_effect')
    expect(await world.provider.payments.approve(ref)).toMatchObject({ kind: 'unknown' })
    expect(await world.restarted().payments.approve(ref)).toMatchObject({ kind: 'accepted' })
    expect(world.fake.payments).toHaveLength(1)
  })

  it('is too late after a minute', async () => {
    const world = setUp()
    const ref = made(world)
    await world.clock.advance(60_000)
    expect(await world.provider.payments.approve(ref)).toMatchObject({ kind: 'declined', reason: 'expired' })
  })

  it('is not sent when the payment could not be read first, and never throws', async () => {
    const world = setUp()
    const ref = made(world)
    world.fake.faults.next('payments.get', 'error_500_before')
    expect(await world.provider.payments.approve(ref)).toMatchObject({ kind: 'not_sent' })
  })
})

describe('complete', () => {
  it('is paid, and may be repeated', async () => {
    const world = setUp()
    const ref = await signed(world)
    for (const provider of [world.provider, world.restarted()]) {
      const outcome = await provider.payments.complete(ref)
      const receipts = [{ ref: ref.proof, amount: units(AMOUNT) }]
      expect(outcome).toMatchObject({ kind: 'accepted', value: { state: 'paid', receipts } })
    }
  })

  it('does not take the word of a changed browser: the transaction that Pi tells is used', async () => {
    const world = setUp()
    const ref = await signed(world)
    const outcome = await world.provider.payments.complete({ ...ref, proof: 'f'.repeat(64) })
    expect(outcome).toMatchObject({
      kind: 'accepted',
      value: { state: 'paid', receipts: [{ ref: ref.proof }] },
    })
  })

  it('uses the word of the browser where Pi tells no transaction, and a false one is refused', async () => {
    const world = setUp()
    const ref = await signed(world)
    world.fake.faults.next('payments.get', 'untold_transaction')
    const lie = await world.provider.payments.complete({ ...ref, proof: 'f'.repeat(64) })
    expect(lie).toMatchObject({
      kind: 'declined',
      detail: 'Pi refused the transaction: txid_mismatch. It needs a person.',
    })
    world.fake.faults.next('payments.get', 'untold_transaction')
    expect(await world.provider.payments.complete(ref)).toMatchObject({
      kind: 'accepted',
      value: { state: 'paid' },
    })
  })

  it('is doubt while nobody tells a transaction', async () => {
    const world = setUp()
    const ref = made(world)
    await world.provider.payments.approve(ref)
    expect(await world.provider.payments.complete(ref)).toMatchObject({ kind: 'unknown' })
  })

  it('waits until Pi has verified', async () => {
    const world = setUp({ fake: { verifyAfterMs: null } })
    const ref = await signed(world)
    const { payments } = world.provider
    expect(await payments.complete(ref)).toMatchObject({
      kind: 'accepted',
      value: { state: 'processing', receipts: [] },
    })
    world.fake.verifies(ref.providerRef)
    expect(await payments.find(ref)).toMatchObject({ state: 'authorized', receipts: [] })
    expect(await payments.complete(ref)).toMatchObject({ kind: 'accepted', value: { state: 'paid' } })
  })

  it.each([
    ['drop_after_effect', 'unknown'],
    ['error_500_after', 'unknown'],
    [{ kind: 'truncate', clean: true }, 'unknown'],
    [{ kind: 'refuse', code: 'verification_failed' }, 'declined'],
    [{ kind: 'refuse', code: 'txid_mismatch' }, 'declined'],
    [{ kind: 'refuse', code: 'missing_param' }, 'unknown'],
    [{ kind: 'refuse', code: 'something_new' }, 'unknown'],
    [{ kind: 'refuse', code: 'not_verified' }, 'accepted'],
    [{ kind: 'refuse', code: 'already_completed' }, 'accepted'],
    [{ kind: 'refuse', status: 401 }, 'not_sent'],
    ['rate_limited', 'unknown'],
  ] as const)('met by %j is %s, and never paid by that', async (fault, kind) => {
    const world = setUp()
    const ref = await signed(world)
    world.fake.faults.next('payments.complete', fault)
    const outcome = await world.provider.payments.complete(ref)
    expect(outcome.kind).toBe(kind)
    if (outcome.kind === 'accepted') expect(outcome.value.state).not.toBe('paid')
  })

  it('after a time-out that had its effect is found paid, with one receipt', async () => {
    const world = setUp()
    const ref = await signed(world)
    world.fake.faults.next('payments.complete', 'drop_after_effect')
    expect(await world.provider.payments.complete(ref)).toMatchObject({ kind: 'unknown' })
    const found = await world.restarted().payments.find(ref)
    expect(found).toMatchObject({ state: 'paid', receipts: [{ ref: ref.proof }] })
    expect(world.fake.transactions).toHaveLength(1)
  })
})

describe('cancel', () => {
  it('ends what nobody paid, and tells what was ended before', async () => {
    const world = setUp()
    const ref = made(world)
    const { payments } = world.provider
    expect(await payments.cancel(ref)).toMatchObject({ kind: 'accepted', value: { state: 'canceled' } })
    expect(await payments.cancel(ref)).toMatchObject({ kind: 'accepted', value: { state: 'canceled' } })
  })

  it('is refused once money may have moved', async () => {
    const world = setUp()
    const ref = await signed(world)
    expect(await world.provider.payments.cancel(ref)).toMatchObject({
      kind: 'declined',
      detail: 'Pi refused to cancel: payment_tx_present.',
    })
  })

  it('by the user is told', async () => {
    const world = setUp()
    const ref = made(world)
    world.fake.cancels(ref.providerRef)
    expect(await world.provider.payments.find(ref)).toMatchObject({
      state: 'canceled',
      detail: 'canceled_by_user',
    })
    expect(await world.provider.payments.complete(ref)).toMatchObject({ kind: 'declined', reason: 'expired' })
  })
})

describe('what Pi tells', () => {
  /** A completed payment's answer, changed. */
  const told = async (change: (dto: Dto) => void, proof: 'api' | 'api_and_chain' = 'api') => {
    const world = setUp()
    const ref = await signed(world)
    await world.provider.payments.complete(ref)
    const { fetch } = scripted(async (request) => {
      const answer = await world.fake.fetch(request)
      if (!new URL(request.url).pathname.startsWith('/v2/payments/')) return answer
      const dto = (await answer.json()) as Dto
      change(dto)
      return Response.json(dto)
    })
    const { payments } = pi(optionsFor(world.fake, { clock: world.clock, fetch, proof }))
    return payments.find(ref)
  }

  it('is paid on both proofs', async () => {
    expect(await told(() => undefined)).toMatchObject({ state: 'paid' })
    expect(await told(() => undefined, 'api_and_chain')).toMatchObject({ state: 'paid' })
  })

  it.each<[string, (dto: Dto) => void]>([
    ['without a network', (dto) => delete dto.network],
    ['without a direction', (dto) => delete dto.direction],
    ['with a contradiction', (dto) => (dto.status.cancelled = true)],
    ['completed and not verified', (dto) => (dto.status.transaction_verified = false)],
    ['with an unverified transaction', (dto) => Object.assign(dto.transaction ?? {}, { verified: false })],
    ['with a transaction that is none', (dto) => Object.assign(dto.transaction ?? {}, { txid: 'x' })],
    ['with another id', (dto) => (dto.identifier = 'other')],
    ['with a flag that is none', (dto) => (dto.status.developer_completed = 'yes')],
    ['with an amount of too many places', (dto) => (dto.amount = 0.30000000000000004)],
  ])('%s is never paid, but thrown', async (_what, change) => {
    await expect(told(change)).rejects.toMatchObject({ kind: 'unexpected_answer' })
  })

  it('without the transaction is not paid yet', async () => {
    expect(await told((dto) => (dto.transaction = null))).toMatchObject({ state: 'processing', receipts: [] })
  })

  it.each<[string, (dto: Dto) => void, string]>([
    ['another address', (dto) => (dto.to_address = dto.from_address), 'another address was paid'],
    ['more than was paid', (dto) => (dto.amount = 3.15), 'less was paid'],
    [
      'no such transaction',
      (dto) => Object.assign(dto.transaction ?? {}, { txid: 'f'.repeat(64) }),
      'its transaction is not there',
    ],
  ])('with %s is refuted by the chain', async (_what, change, says) => {
    await expect(told(change, 'api_and_chain')).rejects.toThrow(says)
  })

  it('of a payment that was not made here is told as open money that goes out', async () => {
    const { fake, provider } = setUp()
    const body = JSON.stringify({
      payment: { amount: 1, memo: 'm', metadata: { by: 'hand' }, uid: 'user-1' },
    })
    await fake.handle({
      method: 'POST',
      url: `${fake.apiUrl}/payments`,
      headers: { authorization: `Key ${fake.apiKey}` },
      body,
    })
    expect(await provider.payments.incomplete()).toMatchObject([{ state: 'processing', receipts: [] }])
  })
})
