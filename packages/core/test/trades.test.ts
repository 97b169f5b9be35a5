import {
  createLastro,
  isLastroError,
  Money,
  type Trade,
  type TradePolicy,
  type TradeState,
} from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Bank, createBank, DESTINATION } from './bank.ts'
import { type Chain, COIN, createChain, DOLLAR } from './chain.ts'

const QUOTE_MS = 600_000
const REFUND_ADDRESS = 'addr-refund'

eachDatabase((db) => {
  let bank: Bank
  let chain: Chain
  let rate: string
  let lastro: ReturnType<typeof engine>
  let count = 0

  const engine = (policy: Partial<TradePolicy> = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {
        bank: { id: 'bank', payouts: bank.port },
        testnet: { id: 'testnet', chain: chain.port, signer: chain.signer },
        rates: {
          id: 'rates',
          rates: { specVersion: 1, rate: async ({ base, quote }) => observed(base, quote) },
        },
      },
      trades: { policy, quoteMs: QUOTE_MS },
      rails: { failuresToOpen: 1_000_000 },
      // One source that jumps as a test says: the guard has tests of its own.
      rates: { guard: { maxDeviationBps: 10_000 } },
      onchain: { chains: { testnet: { pollMs: 1_000 } }, freeAddresses: 3 },
    })
  const observed = (base: typeof COIN, quote: typeof COIN) => ({
    rate: {
      base,
      quote,
      numerator: BigInt(rate.replace('.', '')),
      denominator: 10n ** BigInt(rate.split('.')[1]?.length ?? 0),
    },
    observedAt: db.clock.now(),
  })
  /** Time passes, and what falls due is done. */
  const pass = async (ms = 5_000, stepMs = 5_000) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await db.clock.advance(Math.min(stepMs, left))
      await lastro.tick()
    }
  }
  const open = async (give: Money = Money.of(10_000_000n, DOLLAR), more: object = {}): Promise<Trade> => {
    count += 1
    const quote = await lastro.quotes.create({ chain: 'testnet', give, idempotencyKey: `quote-${count}` })
    return lastro.trades.create({
      quoteId: quote.id,
      payout: { provider: 'bank', destination: DESTINATION },
      refundAddress: REFUND_ADDRESS,
      idempotencyKey: `trade-${count}`,
      ...more,
    })
  }
  const stateOf = async ({ id }: Trade): Promise<TradeState> => (await lastro.trades.get(id)).state
  const deposit = (trade: Trade, amount: Money = trade.give) =>
    chain.pay({ to: trade.depositAddress ?? '', amount })
  const confirm = async () => {
    chain.mine(4)
    await pass()
  }
  /** The bank settles everything, and the engine learns of it. */
  const settle = async () => {
    for (const key of bank.moved.keys()) bank.settle(key)
    await pass(20_000)
  }
  const expectSoundBooks = async () => {
    expect(await lastro.ledger.verify()).toEqual([])
    for (const row of await lastro.ledger.trialBalance()) {
      expect(row.debitsPosted).toEqual(row.creditsPosted)
      expect(row.debitsPending.amount).toBe(0n)
    }
    for (const { id, balance } of (await lastro.ledger.accounts.list({ prefix: 'clearing:deposits' }))
      .items) {
      expect(balance.available.amount, id).toBe(0n)
    }
  }
  const refunds = () => chain.received(REFUND_ADDRESS).map(({ amount }) => amount)

  beforeEach(async () => {
    await db.truncate()
    bank = createBank()
    chain = createChain(db.clock)
    rate = '5.00'
    lastro = engine()
    await lastro.migrate()
    await pass()
  })

  describe('the way of a sale', () => {
    it('goes from the quote to the payout, and every step is explained', async () => {
      const trade = await open()
      expect(trade.state).toBe('awaiting_deposit')
      expect(Money.format(trade.receive)).toBe('48.38')
      deposit(trade)
      chain.mine()
      await pass()
      expect(await stateOf(trade)).toBe('confirming')
      await confirm()
      expect(await stateOf(trade)).toBe('paying_out')
      await settle()
      expect(await stateOf(trade)).toBe('completed')
      expect(bank.submits.map(({ amount }) => Money.format(amount))).toEqual(['48.38'])
      await expectSoundBooks()

      const { timeline } = await lastro.trades.explain(trade.id)
      const told = timeline.filter(({ kind }) => kind !== 'posting').map(({ what }) => what)
      expect(told).toEqual([
        'trade.quoted',
        'trade.awaiting_deposit',
        'deposit.seen',
        'trade.confirming',
        'deposit.confirmed',
        'trade.funded',
        'payout.created',
        'trade.paying_out',
        'payout.submitting',
        'payout.pending',
        'payout.paid',
        'trade.completed',
      ])
      expect(timeline.filter(({ kind }) => kind === 'posting').map(({ what }) => what)).toEqual([
        'posted',
        'posted',
        'posted',
        'posted',
        'posted',
        'pending',
        'post',
      ])
    })

    it('prices what the customer wants to receive', async () => {
      const quote = await lastro.quotes.create({
        chain: 'testnet',
        receive: Money.of(100_00n, 'BRL/2'),
        giveAsset: DOLLAR,
        idempotencyKey: 'q',
      })
      expect(quote.receive).toEqual(Money.of(100_00n, 'BRL/2'))
      expect(quote.gross).toEqual(Money.add(Money.add(quote.receive, quote.spread), quote.networkFee))
    })

    it('waits for an address when none is free', async () => {
      const trades = [await open(), await open(), await open(), await open()]
      expect(trades.map((trade) => trade.state)).toEqual([
        'awaiting_deposit',
        'awaiting_deposit',
        'awaiting_deposit',
        'quoted',
      ])
      await pass(10_000)
      for (const trade of trades) expect(await stateOf(trade)).toBe('awaiting_deposit')
      const addresses = await Promise.all(
        trades.map(async ({ id }) => (await lastro.trades.get(id)).depositAddress),
      )
      expect(new Set(addresses).size).toBe(4)
    })

    it('uses a quote once, and not after its time', async () => {
      const quote = await lastro.quotes.create({
        chain: 'testnet',
        give: Money.of(1_000_000n, DOLLAR),
        idempotencyKey: 'q',
      })
      const accept = (idempotencyKey: string) =>
        lastro.trades.create({
          quoteId: quote.id,
          payout: { provider: 'bank', destination: DESTINATION },
          idempotencyKey,
        })
      const first = await accept('t1')
      expect(await accept('t1')).toEqual(first)
      await expect(accept('t2')).rejects.toSatisfy((error) => isLastroError(error, 'quote_used'))
      const late = await lastro.quotes.create({
        chain: 'testnet',
        give: Money.of(1_000_000n, DOLLAR),
        idempotencyKey: 'q2',
      })
      await db.clock.advance(QUOTE_MS)
      const refused = lastro.trades.create({
        quoteId: late.id,
        payout: { provider: 'bank', destination: DESTINATION },
        idempotencyKey: 't3',
      })
      await expect(refused).rejects.toSatisfy((error) => isLastroError(error, 'quote_expired'))
    })

    it('a failed payout can go to another key, or the crypto goes back', async () => {
      bank.next.push('decline')
      const trade = await open()
      deposit(trade)
      await confirm()
      expect(await stateOf(trade)).toBe('payout_failed')
      bank.next.push('decline')
      const other = { kind: 'pix_key', key: 'joao@example.com' } as const
      const again = { id: trade.id, destination: other, idempotencyKey: 'again' }
      const retried = await lastro.trades.retryPayout(again)
      expect(retried.state).toBe('paying_out')
      await pass()
      expect(await stateOf(trade)).toBe('payout_failed')
      // The same key answers what it did then: it wants no third payout.
      expect(await lastro.trades.retryPayout(again)).toEqual(retried)
      const back = { id: trade.id, idempotencyKey: 'back' }
      expect((await lastro.trades.refund(back)).state).toBe('refunding')
      await pass()
      await confirm()
      await pass(20_000)
      expect(await stateOf(trade)).toBe('refunded')
      expect(refunds()).toEqual([trade.give])
      expect(bank.moved.size).toBe(0)
      await expectSoundBooks()
    })
  })

  describe('a deposit that is not what was quoted', () => {
    it('a reorganisation after "confirming" takes the trade back, and it still ends well', async () => {
      const trade = await open()
      deposit(trade)
      chain.mine()
      await pass()
      expect(await stateOf(trade)).toBe('confirming')
      chain.fork(1)
      chain.mine(2)
      await pass()
      expect(await stateOf(trade)).toBe('awaiting_deposit')
      expect(bank.submits).toEqual([])
      deposit(trade)
      await confirm()
      await settle()
      expect(await stateOf(trade)).toBe('completed')
      await expectSoundBooks()
    })

    it('one that a reorganisation took after the expiry leaves an expired trade', async () => {
      const trade = await open()
      deposit(trade)
      chain.mine()
      await pass()
      await pass(QUOTE_MS, 60_000)
      expect(await stateOf(trade)).toBe('confirming')
      chain.fork(1)
      chain.mine(2)
      await pass(10_000)
      expect(await stateOf(trade)).toBe('expired')
    })

    it('after the expiry it is refunded, never paid at the old rate', async () => {
      const trade = await open()
      await pass(QUOTE_MS, 60_000)
      expect(await stateOf(trade)).toBe('expired')
      deposit(trade)
      await confirm()
      expect(await lastro.trades.get(trade.id)).toMatchObject({ mismatch: 'late' })
      await confirm()
      await pass(20_000)
      expect(await stateOf(trade)).toBe('refunded')
      expect(refunds()).toEqual([trade.give])
      expect(bank.submits).toEqual([])
      await expectSoundBooks()
    })

    it('one that was mined in time is paid although it is seen after the expiry', async () => {
      const trade = await open()
      deposit(trade)
      chain.mine(4)
      await db.clock.advance(QUOTE_MS + 1_000)
      await pass(10_000)
      expect(await stateOf(trade)).toBe('paying_out')
    })

    it('late, and the policy requotes: it is paid at the rate of now', async () => {
      lastro = engine({ late: 'requote' })
      const trade = await open()
      await pass(QUOTE_MS, 60_000)
      rate = '4.00'
      deposit(trade)
      await confirm()
      await pass()
      expect(await lastro.trades.get(trade.id)).toMatchObject({
        state: 'paying_out',
        receive: Money.of(3870n, 'BRL/2'),
      })
    })

    it('too little never pays the quoted amount: it is refunded', async () => {
      const trade = await open()
      const part = Money.of(9_999_999n, DOLLAR)
      deposit(trade, part)
      await confirm()
      expect(await lastro.trades.get(trade.id)).toMatchObject({ mismatch: 'under', deposited: part })
      await confirm()
      await pass(20_000)
      expect(await stateOf(trade)).toBe('refunded')
      expect(refunds()).toEqual([part])
      expect(bank.submits).toEqual([])
      await expectSoundBooks()
    })

    it('too little, and the policy prorates: what came is paid at the quoted rate', async () => {
      lastro = engine({ under: 'prorate' })
      const trade = await open()
      rate = '9.00'
      deposit(trade, Money.of(5_000_000n, DOLLAR))
      await confirm()
      expect(await lastro.trades.get(trade.id)).toMatchObject({
        state: 'paying_out',
        receive: Money.of(2419n, 'BRL/2'),
      })
    })

    it('too much pays what was quoted and sends the rest back', async () => {
      const trade = await open()
      deposit(trade, Money.of(10_500_000n, DOLLAR))
      await confirm()
      expect(await lastro.trades.get(trade.id)).toMatchObject({ state: 'paying_out', receive: trade.receive })
      await confirm()
      await pass(20_000)
      await settle()
      expect(refunds()).toEqual([Money.of(500_000n, DOLLAR)])
      expect(await stateOf(trade)).toBe('completed')
      await expectSoundBooks()
    })

    it('another asset waits for a person, who sends it back', async () => {
      const trade = await open()
      deposit(trade, Money.of(7n, COIN))
      await confirm()
      expect(await lastro.trades.get(trade.id)).toMatchObject({
        state: 'mismatched',
        mismatch: 'wrong_asset',
      })
      await expect(
        lastro.trades.accept({ id: trade.id, as: 'prorate', idempotencyKey: 'a' }),
      ).rejects.toThrow('another asset came')
      await lastro.trades.refund({ id: trade.id, idempotencyKey: 'r' })
      await pass()
      await confirm()
      await pass(20_000)
      expect(await stateOf(trade)).toBe('refunded')
      expect(refunds()).toEqual([Money.of(7n, COIN)])
      await expectSoundBooks()
    })

    it('without a refund address it waits until one is given', async () => {
      const trade = await open(undefined, { refundAddress: undefined })
      deposit(trade, Money.of(1_000_000n, DOLLAR))
      await confirm()
      expect(await stateOf(trade)).toBe('mismatched')
      await expect(lastro.trades.refund({ id: trade.id, idempotencyKey: 'r1' })).rejects.toThrow(
        'refundAddress: is required',
      )
      const given = { id: trade.id, refundAddress: REFUND_ADDRESS, idempotencyKey: 'r2' }
      expect((await lastro.trades.refund(given)).state).toBe('refunding')
      await pass()
      await confirm()
      await pass(20_000)
      expect(refunds()).toEqual([Money.of(1_000_000n, DOLLAR)])
    })

    it('a second deposit is sent back, and the trade is paid once', async () => {
      const trade = await open()
      deposit(trade)
      deposit(trade)
      await confirm()
      await confirm()
      await pass(20_000)
      await settle()
      expect(await stateOf(trade)).toBe('completed')
      expect(refunds()).toEqual([trade.give])
      expect(bank.submits).toHaveLength(1)
      await expectSoundBooks()
    })

    it('one that is lost after it counted as final is an incident, told in the log and the audit', async () => {
      const trade = await open()
      deposit(trade)
      await confirm()
      expect(await stateOf(trade)).toBe('paying_out')
      chain.fork(4)
      chain.mine(8)
      await pass(10_000)
      const told = (await lastro.trades.explain(trade.id)).timeline.map(({ what }) => what)
      expect(told).toContain('deposit.lost')
      expect(told).toContain('trade.deposit_lost_late')
    })
  })

  it.each([
    [{ give: Money.of(0n, DOLLAR) }, 'invalid_input', 'give.amount: must be more than zero'],
    [{ give: Money.of(1n, 'USDC.elsewhere/6') }, 'invalid_input', 'testnet does not take USDC.elsewhere/6'],
    [{ give: Money.of(1n, DOLLAR) }, 'invalid_input', 'give.amount: is too small'],
    [
      { give: Money.of(10n, DOLLAR), receive: Money.of(1n, 'BRL/2') },
      'invalid_input',
      'receive: must not be given together with give',
    ],
    [{ receive: Money.of(1n, 'BRL/2') }, 'invalid_input', 'giveAsset: must be an asset id'],
    [{ give: Money.of(1_000_000n, DOLLAR), chain: 'nowhere' }, 'provider_missing', 'nowhere'],
    [
      { give: Money.of(1_000_000n, DOLLAR), idempotencyKey: '' },
      'invalid_input',
      'idempotencyKey: must not be empty',
    ],
  ] as const)('refuses a wrong quote by field and rule (%#)', async (wrong, code, text) => {
    const refused = lastro.quotes.create({ chain: 'testnet', idempotencyKey: 'k', ...wrong } as never)
    await expect(refused).rejects.toSatisfy(
      (error) => isLastroError(error, code) && error.message.includes(text),
    )
  })

  it('refuses a wrong trade by field and rule', async () => {
    const quote = await lastro.quotes.create({
      chain: 'testnet',
      give: Money.of(1_000_000n, DOLLAR),
      idempotencyKey: 'q',
    })
    const good = {
      quoteId: quote.id,
      payout: { provider: 'bank', destination: DESTINATION },
      idempotencyKey: 't',
    }
    const refused = (wrong: object) => lastro.trades.create({ ...good, ...wrong } as never)
    await expect(refused({ refundAddress: 'not an address' })).rejects.toThrow(
      'refundAddress: is no address that can be paid: format',
    )
    await expect(refused({ quoteId: 'x' })).rejects.toThrow('quoteId: must be the id of a quote')
    await expect(refused({ quoteId: 'quo_none' })).rejects.toThrow('There is no quote quo_none')
    await expect(refused({ payout: { provider: 'nobody', destination: DESTINATION } })).rejects.toThrow(
      'provider: "nobody"',
    )
    await expect(
      refused({ payout: { provider: 'bank', destination: { kind: 'pix_key', key: 'nobody' } } }),
    ).rejects.toThrow('payout.destination: is no Pix key')
    expect((await lastro.trades.list()).items).toEqual([])
    expect((await lastro.trades.create(good as never)).state).toBe('awaiting_deposit')
  })
})
