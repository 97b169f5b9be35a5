/** No provider is ever called while a transaction is open: proven for every call of every port. */
import { createLastro, isLastroError, Money } from '@lastro/core'
import type { Provider } from '@lastro/core/spec'
import { openPglite, type TestDatabase } from '@lastro/testing/storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AMOUNT, createBank, DESTINATION } from './bank.ts'
import { type Chain, createChain, DOLLAR } from './chain.ts'

/** Calls that ask no network, by the contract's own words. */
const PURE = new Set(['addressOf', 'keyRef', 'parseAddress', 'checkDestination', 'refFor', 'translate'])

interface Call {
  readonly name: string
  readonly openTransactions: number
}

describe('a whole sale with a refund', () => {
  let db: TestDatabase
  let openTransactions = 0
  const calls: Call[] = []

  beforeAll(async () => {
    db = await openPglite()
  }, 60_000)
  afterAll(() => db.close())

  /** Notes every call of a port, and how many transactions were open at that moment. */
  const watched = <P extends object>(port: P, name: string): P =>
    new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key)
        if (typeof value !== 'function' || PURE.has(String(key))) return value
        return (...parameters: unknown[]) => {
          calls.push({ name: `${name}.${String(key)}`, openTransactions })
          return value.apply(target, parameters)
        }
      },
    })

  const countingStorage = (): TestDatabase['storage'] => ({
    ...db.storage,
    transaction: async (work, options) => {
      openTransactions += 1
      try {
        return await db.storage.transaction(work, options)
      } finally {
        openTransactions -= 1
      }
    },
  })

  const drive = async (providers: Record<string, Provider>, chain: Chain) => {
    const lastro = createLastro({
      storage: countingStorage(),
      clock: db.clock,
      providers,
      rails: { failuresToOpen: 1_000_000 },
      // One job at a time: then a transaction that is open is the caller's own.
      worker: { concurrency: 1 },
      onchain: { chains: { testnet: { pollMs: 1_000 } }, freeAddresses: 2 },
    })
    const pass = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        await db.clock.advance(5_000)
        await lastro.tick()
      }
    }
    await lastro.migrate()
    await pass(2)
    for (const [index, paid] of [10_000_000n, 4_000_000n].entries()) {
      const give = Money.of(10_000_000n, DOLLAR)
      const quote = await lastro.quotes.create({ chain: 'testnet', give, idempotencyKey: `q${index}` })
      const trade = await lastro.trades.create({
        quoteId: quote.id,
        payout: { provider: 'bank', destination: DESTINATION },
        refundAddress: 'addr-refund',
        idempotencyKey: `t${index}`,
      })
      chain.pay({ to: trade.depositAddress ?? '', amount: Money.of(paid, DOLLAR) })
      chain.mine(4)
      await pass(4)
      chain.mine(4)
      await pass(6)
    }
    return lastro
  }

  it('calls every port, and never inside a transaction', async () => {
    const bank = createBank()
    bank.next.push('lose_answer')
    const chain = createChain(db.clock)
    const rates = {
      specVersion: 1,
      rate: async (pair: object) => ({
        rate: { ...pair, numerator: 5n, denominator: 1n },
        observedAt: db.clock.now(),
      }),
    }
    const lastro = await drive(
      {
        bank: { id: 'bank', payouts: watched(bank.port, 'payouts') },
        testnet: {
          id: 'testnet',
          chain: watched(chain.port, 'chain'),
          signer: watched(chain.signer, 'signer'),
        },
        rates: { id: 'rates', rates: watched(rates, 'rates') as never },
      },
      chain,
    )
    const states = (await lastro.trades.list()).items.map(({ state }) => state)
    expect(states.sort()).toEqual(['paying_out', 'refunded'])
    expect(new Set(calls.map(({ name }) => name))).toEqual(
      new Set([
        ...['payouts.submit', 'payouts.find', 'rates.rate', 'signer.publicKey'],
        ...['head', 'blockAt', 'deposits', 'sequence', 'estimateFee', 'sign', 'broadcast', 'status'].map(
          (name) => `chain.${name}`,
        ),
        ...(calls.some(({ name }) => name === 'chain.balance') ? ['chain.balance'] : []),
      ]),
    )
    expect(calls.filter((call) => call.openTransactions > 0)).toEqual([])
  })

  it('every port is refused by its rail inside one: the error names provider and operation', async () => {
    const bank = createBank()
    const chain = createChain(db.clock)
    const lastro = createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {
        bank: { id: 'bank', payouts: bank.port },
        testnet: { id: 'testnet', chain: chain.port, signer: chain.signer },
      },
    })
    let refusal: unknown
    lastro.events.follow('asks-inside', async () => {
      refusal = await lastro.onchain.balances('testnet', 'addr-any').catch((error: unknown) => error)
    })
    await lastro.payouts.create({
      provider: 'bank',
      amount: AMOUNT,
      destination: DESTINATION,
      idempotencyKey: 'inside',
    })
    await lastro.events.deliver()
    expect(isLastroError(refusal, 'network_in_transaction') && refusal.details).toMatchObject({
      provider: 'testnet',
    })
  })
})
