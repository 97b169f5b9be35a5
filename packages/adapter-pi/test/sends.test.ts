import type { SubmitPayout } from '@lastro/core/spec'
import { createFakePi, UNKNOWN_USER } from '@lastro/testing/pi'
import { describe, expect, it } from 'vitest'
import { pi } from '../src/index.ts'
import { optionsFor, setUp, units } from './setup.ts'

const AMOUNT = 31_400_000n
const payout = (count = 1, given: Partial<SubmitPayout> = {}): SubmitPayout => ({
  idempotencyKey: `pout_${count}`,
  amount: units(AMOUNT),
  destination: { kind: 'provider_user', user: `user-${count}` },
  ...given,
})

type World = ReturnType<typeof setUp>
const operations = ({ fake }: World) => fake.calls.map(({ operation }) => operation)
const paid = ({ fake }: World, count = 1) =>
  fake.sentTo(`user-${count}`).filter(({ successful }) => successful)
const WINDOW_MS = 600_000

describe('a send', () => {
  it('goes in the order of the facts: what is open, create, the chain, the transaction, complete', async () => {
    const world = setUp()
    const outcome = await world.provider.payouts.submit(payout(1, { description: 'Prize' }))
    const [transaction] = paid(world)
    const [payment] = world.fake.payments
    expect(outcome).toEqual({
      kind: 'accepted',
      value: {
        idempotencyKey: 'pout_1',
        providerRef: payment?.identifier,
        state: 'paid',
        amount: units(AMOUNT),
        endToEndId: transaction?.hash,
      },
    })
    expect(operations(world)).toEqual([
      ...['payments.incomplete', 'chain.root', 'chain.transactions', 'payments.create'],
      ...['chain.transactions', 'chain.account', 'chain.fees', 'chain.submit', 'payments.complete'],
    ])
    expect(transaction).toMatchObject({ memo: payment?.identifier, amount: AMOUNT, successful: true })
    expect(payment).toMatchObject({
      memo: 'Prize',
      metadata: { for: 'payout', lastro: 'pout_1' },
      completed: true,
    })
  })

  it.each<[string, Partial<SubmitPayout>, string]>([
    ['an empty key', { idempotencyKey: '' }, 'refused'],
    ['nothing', { amount: units(0n) }, 'invalid_amount'],
    ['Pi of mainnet', { amount: { amount: 1n, asset: 'PI/7' } }, 'invalid_amount'],
    ['a Pix key', { destination: { kind: 'pix_key', key: '+5531999998888' } }, 'invalid_destination'],
    ['no user id', { destination: { kind: 'provider_user', user: 'a/b' } }, 'invalid_destination'],
    ['a long text', { description: 'x'.repeat(141) }, 'refused'],
  ])('with %s is declined before any call', async (_what, given, reason) => {
    const world = setUp()
    expect(await world.provider.payouts.submit(payout(1, given))).toMatchObject({ kind: 'declined', reason })
    expect(world.fake.calls).toEqual([])
  })

  it('of one key at the same time, by two processes, pays once', async () => {
    const world = setUp()
    const others = [world.provider, world.restarted(), world.restarted()]
    await Promise.all(others.map(({ payouts }) => payouts.submit(payout())))
    for (const { payouts } of others) await payouts.submit(payout())
    expect(paid(world)).toHaveLength(1)
    expect(world.fake.payments).toHaveLength(1)
  })

  it('that another process finished meanwhile is seen before anything is signed', async () => {
    const world = setUp()
    let isFirst = true
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const isCreate =
        input instanceof Request && input.method === 'POST' && input.url.endsWith('/v2/payments')
      // Between the look at the chain and the payment at Pi the other process does all of it.
      if (isCreate && isFirst) {
        isFirst = false
        expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
      }
      return world.fake.fetch(input, init)
    }
    const slow = pi(optionsFor(world.fake, { clock: world.clock, fetch }))
    expect(await slow.payouts.submit(payout())).toMatchObject({ kind: 'accepted', value: { state: 'paid' } })
    expect(paid(world)).toHaveLength(1)
    expect(world.fake.payments.map(({ cancelled }) => cancelled)).toEqual([false, true])
  })

  it('that is still on its way when its time is over can never arrive', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', 'error_500_before')
    await world.provider.payouts.submit(payout())
    await world.clock.advance(500_000)
    world.fake.faults.next('chain.submit', { kind: 'late_effect', delayMs: 150_000 })
    const gaveUp = new AbortController()
    const pending = world.provider.payouts.submit(payout(1, { signal: gaveUp.signal }))
    await expect.poll(() => operations(world).filter((name) => name === 'chain.submit').length).toBe(2)
    gaveUp.abort()
    expect(await pending).toMatchObject({ kind: 'unknown' })
    await world.clock.advance(110_000)
    // The window has passed: another payout ends the payment, and would leave its money without one.
    world.fake.faults.next('payments.create', { kind: 'refuse', code: 'user_not_found' })
    expect(await world.restarted().payouts.submit(payout(2))).toMatchObject({ kind: 'declined' })
    expect(world.fake.payments).toMatchObject([{ cancelled: true }])
    await world.clock.advance(150_000)
    expect(world.fake.transactions).toEqual([])
    expect(await world.restarted().payouts.submit(payout(1))).toMatchObject({ kind: 'accepted' })
    expect(paid(world)).toHaveLength(1)
  })

  it('of many keys at the same time pays each once', async () => {
    const world = setUp()
    const counts = [1, 2, 3, 4, 5]
    const outcomes = await Promise.all(counts.map((count) => world.provider.payouts.submit(payout(count))))
    expect(outcomes.map(({ kind }) => kind)).toEqual(counts.map(() => 'accepted'))
    for (const count of counts) expect(paid(world, count)).toHaveLength(1)
  })
})

describe('a lost answer', () => {
  it.each([
    ['chain.submit', 'drop_after_effect'],
    ['chain.submit', { kind: 'drop_after_effect', hiddenForMs: 120_000 }],
    ['chain.submit', { kind: 'error_500_after', status: 504 }],
    ['chain.submit', 'truncate'],
    ['chain.submit', 'rate_limited'],
    ['payments.create', 'drop_after_effect'],
    ['payments.create', 'error_500_after'],
    ['payments.create', { kind: 'truncate', clean: true }],
  ] as const)('of %s (%j) is doubt, and ends with one send', async (operation, fault) => {
    const world = setUp()
    world.fake.faults.next(operation, fault)
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    await world.clock.advance(world.provider.payouts.conclusiveAfterMs)
    const { payouts } = world.restarted()
    const { idempotencyKey } = payout()
    const found = await payouts.find({ idempotencyKey })
    if (found === null) expect(await payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
    expect(await world.restarted().payouts.find({ idempotencyKey })).toMatchObject({ state: 'paid' })
    expect(paid(world)).toHaveLength(1)
    expect(world.fake.payments.filter(({ completed }) => completed)).toHaveLength(1)
  })

  it('of `complete` changes nothing: the money has moved, and the next send tells Pi', async () => {
    const world = setUp()
    world.fake.faults.next('payments.complete', 'error_500_before')
    expect(await world.provider.payouts.submit(payout(1))).toMatchObject({
      kind: 'accepted',
      value: { state: 'paid' },
    })
    expect(world.fake.payments[0]?.completed).toBe(false)
    expect(await world.restarted().payouts.submit(payout(2))).toMatchObject({ kind: 'accepted' })
    expect(world.fake.payments[0]?.completed).toBe(true)
    expect(paid(world, 1)).toHaveLength(1)
  })

  it('is not repeated although Pi says `transaction: null`', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', 'drop_after_effect')
    await world.provider.payouts.submit(payout())
    for (const operation of ['payments.incomplete', 'payments.get', 'payments.complete'] as const)
      world.fake.faults.always(operation, 'untold_transaction')
    expect(await world.restarted().payouts.submit(payout())).toMatchObject({
      kind: 'accepted',
      value: { state: 'paid' },
    })
    expect(await world.restarted().payouts.find(payout())).toMatchObject({ state: 'paid' })
    expect(paid(world)).toHaveLength(1)
  })

  it('is found without marks too, by amounts', async () => {
    const world = setUp({ options: { markTransactions: false } })
    for (const count of [1, 2, 3]) await world.provider.payouts.submit(payout(count))
    expect(await world.restarted().payouts.submit(payout(2))).toMatchObject({ kind: 'accepted' })
    expect(await world.restarted().payouts.find({ idempotencyKey: 'pout_3' })).toMatchObject({
      state: 'paid',
    })
    for (const count of [1, 2, 3]) expect(paid(world, count)).toHaveLength(1)
  })
})

describe('another payment that is not finished', () => {
  it('makes the next one wait while a transaction for it may apply', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', 'error_500_before')
    expect(await world.provider.payouts.submit(payout(1))).toMatchObject({ kind: 'unknown' })
    const next = await world.provider.payouts.submit(payout(2))
    expect(next).toMatchObject({ kind: 'not_sent', retryAfterMs: 30_000 })
    expect(world.fake.payments).toHaveLength(1)
    expect(await world.provider.payouts.submit(payout(1))).toMatchObject({ kind: 'accepted' })
    expect(await world.provider.payouts.submit(payout(2))).toMatchObject({ kind: 'accepted' })
  })

  it('is ended once nothing for it can apply any more', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', 'error_500_before')
    await world.provider.payouts.submit(payout(1))
    await world.clock.advance(WINDOW_MS + 5_000)
    expect(await world.provider.payouts.submit(payout(2))).toMatchObject({ kind: 'accepted' })
    expect(world.fake.payments[0]).toMatchObject({ cancelled: true, completed: false })
    // Its own key begins anew, and is paid once.
    expect(await world.provider.payouts.submit(payout(1))).toMatchObject({ kind: 'accepted' })
    expect(paid(world, 1)).toHaveLength(1)
  })

  it('of the same key is used again, and replaced once its time is over', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', 'error_500_before')
    await world.provider.payouts.submit(payout())
    await world.clock.advance(300_000)
    expect(await world.provider.payouts.find(payout())).toBeNull()
    world.fake.faults.next('chain.submit', 'error_500_before')
    await world.provider.payouts.submit(payout())
    expect(world.fake.payments).toHaveLength(1)
    await world.clock.advance(WINDOW_MS)
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
    expect(world.fake.payments.map(({ cancelled }) => cancelled)).toEqual([true, false])
    expect(paid(world)).toHaveLength(1)
  })

  it('is read in the bare form of the list too', async () => {
    const world = setUp({ fake: { incompleteForm: 'bare', amountForm: 'exponent' } })
    world.fake.faults.next('chain.submit', 'drop_after_effect')
    await world.provider.payouts.submit(payout(1, { amount: units(7n) }))
    const found = await world.restarted().payouts.find({ idempotencyKey: 'pout_1' })
    expect(found).toMatchObject({ state: 'paid', amount: units(7n) })
  })
})

describe('a refusal of the chain', () => {
  it.each([
    [{ transaction: 'tx_bad_seq', operations: [] }, 'accepted', 2],
    [{ transaction: 'tx_too_late', operations: [] }, 'accepted', 2],
    [{ transaction: 'tx_insufficient_fee', operations: [] }, 'accepted', 2],
    [{ transaction: 'tx_too_early', operations: [] }, 'unknown', 1],
    [{ transaction: 'tx_internal_error', operations: [] }, 'unknown', 1],
    [{ transaction: 'tx_bad_auth', operations: [] }, 'not_sent', 1],
    [{ transaction: 'tx_no_source_account', operations: [] }, 'not_sent', 1],
    [{ transaction: 'tx_insufficient_balance', operations: [] }, 'declined', 1],
    [{ operations: ['op_underfunded'] }, 'declined', 1],
    [{ operations: ['op_no_destination'] }, 'declined', 1],
  ] as const)('%j is %s after %i submissions', async (codes, kind, count) => {
    const world = setUp()
    world.fake.faults.next('chain.submit', { kind: 'chain_refuses', ...codes })
    expect((await world.provider.payouts.submit(payout())).kind).toBe(kind)
    expect(operations(world).filter((operation) => operation === 'chain.submit')).toHaveLength(count)
    // A final refusal leaves nothing in the way of the next one.
    expect((await world.provider.payouts.submit(payout(2))).kind).toBe(
      kind === 'unknown' || kind === 'not_sent' ? 'not_sent' : 'accepted',
    )
  })

  it('that never ends is doubt', async () => {
    const world = setUp()
    world.fake.faults.always('chain.submit', {
      kind: 'chain_refuses',
      transaction: 'tx_bad_seq',
      operations: [],
    })
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    expect(operations(world).filter((operation) => operation === 'chain.submit')).toHaveLength(3)
  })

  it('after an answer that was lost is doubt, because the earlier transaction may apply', async () => {
    const world = setUp()
    world.fake.faults.next('chain.submit', { kind: 'drop_after_effect', hiddenForMs: 60_000 })
    await world.provider.payouts.submit(payout())
    world.fake.faults.next('chain.submit', {
      kind: 'chain_refuses',
      transaction: 'tx_insufficient_balance',
      operations: [],
    })
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    world.fake.catchUp()
    expect(await world.provider.payouts.find(payout())).toMatchObject({ state: 'paid' })
    expect(paid(world)).toHaveLength(1)
  })

  it('for want of money is real, takes the fee, and is final', async () => {
    const world = setUp({ fake: { appBalance: AMOUNT } })
    const outcome = await world.provider.payouts.submit(payout())
    expect(outcome).toMatchObject({ kind: 'declined', reason: 'insufficient_funds' })
    expect(world.fake.transactions).toMatchObject([{ successful: false }])
    expect(world.fake.payments[0]?.cancelled).toBe(true)
    // The sequence number is used: the next one takes the one after it.
    expect(await world.provider.payouts.submit(payout(2, { amount: units(1n) }))).toMatchObject({
      kind: 'accepted',
    })
  })
})

describe('a refusal of Pi', () => {
  it.each([
    ['user_not_found', 'declined', 'invalid_destination'],
    ['missing_wallet', 'declined', 'invalid_destination'],
    ['invalid_amount', 'declined', 'invalid_amount'],
    ['missing_scope', 'declined', 'not_permitted'],
    ['too_many_payments', 'declined', 'limit_exceeded'],
    ['something_new', 'declined', 'refused'],
    ['unknown_error', 'unknown', undefined],
    ['ongoing_payment_found', 'not_sent', undefined],
  ])('%s is %s (%s)', async (code, kind, reason) => {
    const world = setUp()
    world.fake.faults.next('payments.create', { kind: 'refuse', code })
    const outcome = await world.provider.payouts.submit(payout())
    expect(outcome.kind).toBe(kind)
    if (outcome.kind === 'declined') expect(outcome.reason).toBe(reason)
    expect(world.fake.transactions).toEqual([])
  })

  it('of the key sends nothing', async () => {
    const world = setUp()
    world.fake.faults.next('payments.create', { kind: 'refuse', status: 401, code: 'unauthorized' })
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    const other = pi(optionsFor(world.fake, { clock: world.clock, apiKey: 'another-key-0001' }))
    expect(await other.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    await expect(other.payouts.find(payout())).rejects.toMatchObject({ kind: 'unauthorized' })
  })

  it('of a user that the app does not know is final', async () => {
    const world = setUp()
    const destination = { kind: 'provider_user', user: UNKNOWN_USER } as const
    const outcome = await world.provider.payouts.submit(payout(1, { destination }))
    expect(outcome).toMatchObject({ kind: 'declined', reason: 'invalid_destination' })
  })
})

describe('nothing is signed', () => {
  it("with a seed that is not the app's wallet", async () => {
    const world = setUp()
    const other = createFakePi({ appSeed: new Uint8Array(32).fill(8) })
    const provider = pi({ ...optionsFor(world.fake, { clock: world.clock }), walletSeed: other.walletSeed })
    const outcome = await provider.payouts.submit(payout())
    expect(outcome).toMatchObject({ kind: 'not_sent', cause: { cause: { kind: 'misconfigured' } } })
    expect(world.fake.transactions).toEqual([])
  })

  it('for a chain of another network', async () => {
    const world = setUp()
    const mainnet = createFakePi({ network: 'mainnet', clock: world.clock })
    const fetch: typeof globalThis.fetch = (input, init) => {
      const { url, ...request } = new Request(input, init) as Request
      return url.includes('testnet')
        ? mainnet.fetch(url.replace('testnet', 'mainnet'), init)
        : world.fake.fetch(input, { ...request, ...init })
    }
    const { payouts, probe } = pi(optionsFor(world.fake, { clock: world.clock, fetch }))
    const outcome = await payouts.submit(payout())
    expect(outcome).toMatchObject({ kind: 'not_sent', cause: { cause: { kind: 'misconfigured' } } })
    expect(await probe.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('another network'),
    })
  })

  it('by a sequence number that the list of transactions does not know of', async () => {
    const world = setUp()
    await world.provider.payouts.submit(payout(1))
    // Two servers behind one address: one tells the account as it is, the other knows no transaction yet.
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : String(input)
      if (url.includes('/transactions?')) return Response.json({ _embedded: { records: [] } })
      return world.fake.fetch(input, init)
    }
    const behind = pi(optionsFor(world.fake, { clock: world.clock, fetch }))
    expect(await behind.payouts.submit(payout(1))).toMatchObject({ kind: 'not_sent' })
    expect(paid(world)).toHaveLength(1)
  })

  it('above the fee that is allowed', async () => {
    const world = setUp({ fake: { baseFee: 2_000_000n } })
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    expect(world.fake.transactions).toEqual([])
  })

  it('when what the wallet sent cannot be read to its end', async () => {
    const world = setUp({ options: { maxHistoryPages: 1 } })
    for (let count = 0; count < 201; count += 1) {
      const id = world.fake.createPayment({ uid: 'payer', amount: 1n, metadata: { lastro: `pay_${count}` } })
      await world.provider.payments.approve({
        idempotencyKey: `pay_${count}`,
        providerRef: id,
        amount: units(1n),
      })
      world.fake.signs(id)
    }
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    await expect(world.provider.payouts.find(payout())).rejects.toMatchObject({ kind: 'unexpected_answer' })
    expect(await world.restarted().probe.probe()).toMatchObject({ ok: true })
  })
})

describe('balance and probe', () => {
  it('tell the wallet of the chain', async () => {
    const world = setUp({ fake: { appBalance: 1_234_567_890n } })
    const { payouts, probe } = world.provider
    expect(await payouts.balance('PI.testnet/7')).toEqual(units(1_234_567_890n))
    await expect(payouts.balance('PI/7')).rejects.toMatchObject({ kind: 'invalid_request' })
    expect(await probe.probe()).toEqual({
      ok: true,
      detail:
        'pi: 0 unfinished, Horizon 2.23.1-fake, ledger of 2026-03-02T12:00:00.000Z, the wallet is there.',
    })
    world.fake.reachable(false)
    await expect(payouts.balance('PI.testnet/7')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await probe.probe()).toMatchObject({ ok: false })
  })

  it('say that there is no wallet', async () => {
    const world = setUp({ fake: { appBalance: null } })
    expect(await world.provider.probe.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('wallet'),
    })
    expect(await world.provider.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
  })
})
