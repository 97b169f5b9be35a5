import { Money } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { custodyAccount, networkFeeAccount } from '../../core/src/rails/onchain/index.ts'
import { type Bench, create, createBench, only, PROVIDER, pass, ready, sourceOf } from './onchain-bench.ts'
import { NATIVE, OUTSIDER, TOKEN, unavailable } from './onchain-chain.ts'

const TEN = Money.of(10n, TOKEN)

const changes = (bench: Bench) => bench.told.map(({ change }) => change)

eachDatabase((db) => {
  beforeEach(() => db.truncate())

  const start = async (made: Parameters<typeof createBench>[1] = {}) => {
    const bench = await createBench(db, made)
    const system = await ready(bench)
    return { bench, system }
  }

  describe('created', () => {
    test('holds the money, and is paid once it is final', async () => {
      const { bench, system } = await start()
      const { id } = await create(bench)
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: 0n, out: 10n })
      await bench.drain()
      expect(await only(bench)).toMatchObject({ id, state: 'sent', sequence: 0n, from: system })
      bench.chain.mine()
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'mined', succeeded: true })
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: 0n, out: 10n })
      bench.chain.mine(3)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed', networkFee: Money.of(1_000n, NATIVE) })
      expect(changes(bench)).toEqual(['sent', 'confirmed'])
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: -10n, out: 0n })
      expect(await bench.balance(custodyAccount(PROVIDER, TOKEN))).toMatchObject({ posted: -10n })
      expect(await bench.balance(custodyAccount(PROVIDER, NATIVE))).toMatchObject({ posted: -1_000n })
      expect(await bench.balance(networkFeeAccount(PROVIDER, NATIVE))).toMatchObject({ posted: 1_000n })
    })

    test('twice with one key is one transfer; with another body it is refused', async () => {
      const { bench } = await start()
      const first = await create(bench)
      expect((await create(bench)).id).toBe(first.id)
      await expect(create(bench, 'k1', Money.of(11n, TOKEN))).rejects.toMatchObject({
        code: 'idempotency_key_reused',
      })
      expect(await bench.transfers()).toHaveLength(1)
    })

    const good = {
      provider: PROVIDER,
      to: 'payee',
      amount: TEN,
      sourceAccount: sourceOf(TOKEN),
      idempotencyKey: 'k',
    }
    test.each([
      {
        change: { to: 'my secret words' },
        code: 'invalid_input',
        details: { field: 'to', rule: 'private_key' },
      },
      { change: { amount: Money.zero(TOKEN) }, code: 'invalid_input', details: { field: 'amount.amount' } },
      {
        change: { amount: Money.of(1n, 'BRL/2') },
        code: 'invalid_input',
        details: { field: 'amount.asset' },
      },
      { change: { provider: 'nobody' }, code: 'provider_missing', details: { port: 'chain' } },
      { change: { from: 'stranger' }, code: 'not_found', details: { kind: 'address' } },
      { change: { idempotencyKey: '' }, code: 'invalid_input', details: { field: 'idempotencyKey' } },
      { change: { sourceAccount: 'nowhere' }, code: 'ledger_refused', details: { rule: 'account_unknown' } },
    ])('refuses $change', async ({ change, code, details }) => {
      const { bench } = await start()
      await expect(bench.onchain.transfers.create({ ...good, ...change })).rejects.toMatchObject({
        code,
        details,
      })
      expect(await bench.transfers()).toEqual([])
    })

    test('without a signer is refused, and the error never holds a pasted key', async () => {
      const bench = await createBench(db, { signer: null })
      await expect(create(bench)).rejects.toMatchObject({
        code: 'provider_missing',
        details: { port: 'signer' },
      })
      expect(bench.onchain.schedules.map(({ name }) => name)).toEqual([`onchain.watch:${PROVIDER}`])
    })

    test('in a transaction that fails leaves nothing', async () => {
      const { bench } = await start()
      const failing = db.hostTransaction(async ({ tx }) => {
        await bench.onchain.transfers.create({ ...good }, { tx })
        throw new Error('stop')
      })
      await expect(failing).rejects.toThrow('stop')
      expect(await bench.transfers()).toEqual([])
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: 0n, out: 0n })
    })
  })

  describe('broadcast', () => {
    test.each(['lose_before', 'lose_after', 'not_sent'] as const)(
      '%s: the same bytes land once',
      async (fault) => {
        const { bench } = await start()
        let left = 3
        bench.chain.onBroadcast(() => {
          left -= 1
          return left >= 0 ? fault : null
        })
        await create(bench)
        await bench.drain()
        expect(await only(bench)).toMatchObject({ state: 'prepared' })
        for (let round = 0; round < 4; round += 1) await pass(bench, 20_000)
        bench.chain.mine(4)
        await pass(bench)
        expect(await only(bench)).toMatchObject({ state: 'confirmed' })
        expect(new Set(bench.chain.broadcasts).size).toBe(1)
        expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
        expect(changes(bench)).toEqual(['sent', 'confirmed'])
      },
    )

    test('refused for ever before anything was sent: fails, and the next transfer has its sequence', async () => {
      const { bench } = await start()
      bench.chain.onBroadcast(() => 'refuse')
      await create(bench)
      await bench.drain()
      expect(await only(bench)).toMatchObject({ state: 'failed', failure: 'refused', detail: 'never valid' })
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: 0n, out: 0n })
      expect(changes(bench)).toEqual(['failed'])
      bench.chain.onBroadcast(() => null)
      const next = await create(bench, 'k2')
      await bench.drain()
      expect(await bench.onchain.transfers.get(next.id)).toMatchObject({ state: 'sent', sequence: 0n })
    })

    test('refused after a lost answer: never failed, since the first may have landed', async () => {
      const { bench } = await start()
      const faults = ['lose_after', 'refuse'] as const
      let call = 0
      bench.chain.onBroadcast(() => {
        call += 1
        return faults[call - 1] ?? null
      })
      await create(bench)
      await bench.drain()
      const { pool } = bench.chain
      const [hidden] = [...pool.keys()]
      bench.chain.hidden.add(hidden ?? '')
      await pass(bench)
      expect(call).toBe(2)
      expect(await only(bench)).toMatchObject({ state: 'prepared' })
      bench.chain.hidden.clear()
      bench.chain.mine(4)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed' })
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
    })
  })

  describe('money', () => {
    test('that the wallet lacks: it waits without a sequence, is told once, and goes on when funded', async () => {
      const { bench, system } = await start()
      const amount = Money.of(10n ** 9n + 5n, TOKEN)
      const { id } = await create(bench, 'k1', amount)
      await bench.drain()
      await pass(bench)
      await pass(bench, 60_000)
      expect(await only(bench)).toMatchObject({
        state: 'created',
        sequence: null,
        unfundedSince: expect.any(Date),
      })
      const { items } = await bench.storage.read((tx) =>
        tx.events.ofCorrelation({ correlation: id, limit: 50 }),
      )
      expect(items.map(({ type }) => type)).toEqual(['transfer.created', 'transfer.unfunded'])
      const small = await create(bench, 'k2')
      await bench.drain()
      expect(await bench.onchain.transfers.get(small.id)).toMatchObject({ state: 'sent', sequence: 0n })
      bench.chain.fund(system, Money.of(100n, TOKEN))
      bench.chain.mine()
      await pass(bench, 600_000)
      expect(await bench.onchain.transfers.get(id)).toMatchObject({ state: 'sent', unfundedSince: null })
    })

    test('that another transfer takes first: the second waits, and nothing reverts', async () => {
      const { bench } = await start()
      const most = Money.of(10n ** 9n - 5n, TOKEN)
      await create(bench, 'k1', most)
      const second = await create(bench, 'k2', Money.of(6n, TOKEN))
      const third = await create(bench, 'k3', Money.of(5n, TOKEN))
      await bench.drain()
      expect(await bench.onchain.transfers.get(second.id)).toMatchObject({
        state: 'created',
        unfundedSince: null,
      })
      expect(await bench.onchain.transfers.get(third.id)).toMatchObject({ state: 'sent' })
    })

    test('told missing by the node only: the bytes stay, and are sent again', async () => {
      const { bench } = await start()
      let isPoor = true
      bench.chain.onBroadcast(() => (isPoor ? 'no_funds' : null))
      await create(bench)
      await bench.drain()
      expect(await only(bench)).toMatchObject({ state: 'prepared', unfundedSince: expect.any(Date) })
      await pass(bench, 300_000)
      isPoor = false
      await pass(bench, 300_000)
      bench.chain.mine(4)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed', unfundedSince: null })
      const { id } = await only(bench)
      expect(await bench.storage.read((tx) => tx.onchain.transfers.versions(id))).toHaveLength(1)
    })

    test('a fee above the limit waits for a better day', async () => {
      const limit = { maxNetworkFee: Money.of(2_000n, NATIVE) }
      const { bench } = await start({ options: { chains: { [PROVIDER]: limit } } })
      bench.chain.setMinimumFee(3_000n)
      await create(bench)
      await bench.drain()
      expect(await only(bench)).toMatchObject({ state: 'created', sequence: null })
      bench.chain.setMinimumFee(1_500n)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'sent' })
    })
  })

  describe('mined', () => {
    test('and reverted: the hold is voided and the fee is booked', async () => {
      const { bench } = await start()
      bench.chain.reverting.add('payee')
      await create(bench)
      await bench.drain()
      bench.chain.mine()
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'mined', succeeded: false })
      expect(changes(bench)).toEqual(['sent'])
      bench.chain.mine(3)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'failed', failure: 'reverted' })
      expect(changes(bench)).toEqual(['sent', 'failed'])
      expect(await bench.balance(sourceOf(TOKEN))).toEqual({ posted: 0n, out: 0n })
      expect(await bench.balance(networkFeeAccount(PROVIDER, NATIVE))).toMatchObject({ posted: 1_000n })
    })

    test('and reorganised away: the same bytes are sent again and land once', async () => {
      const { bench } = await start()
      await create(bench)
      await bench.drain()
      bench.chain.mine(2)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'mined' })
      bench.chain.reorg(2, { drop: 'all', grow: 3 })
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'sent', block: null, networkFee: null })
      await pass(bench)
      bench.chain.mine(4)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed' })
      expect(new Set(bench.chain.broadcasts).size).toBe(1)
      expect(changes(bench)).toEqual(['sent', 'confirmed'])
    })

    test('again in another block: it is the new block that must become final', async () => {
      const { bench } = await start()
      await create(bench)
      await bench.drain()
      bench.chain.mine()
      await pass(bench)
      const { block } = await only(bench)
      bench.chain.reorg(1, { grow: 2 })
      await pass(bench)
      const again = await only(bench)
      expect(again.state).toBe('mined')
      expect(again.block?.hash).not.toBe(block?.hash)
      expect(bench.chain.at(again.block?.height ?? 0n)?.hash).toBe(again.block?.hash)
    })
  })

  describe('stuck', () => {
    test('is replaced with a higher fee at the same sequence, and paid once', async () => {
      const { bench } = await start()
      await create(bench)
      await bench.drain()
      bench.chain.setMinimumFee(1_100n)
      bench.chain.mine()
      await pass(bench)
      const { id } = await only(bench)
      const versions = () => bench.storage.read((tx) => tx.onchain.transfers.versions(id))
      expect(await versions()).toHaveLength(1)
      await pass(bench, 120_000)
      await pass(bench)
      const [first, second, ...more] = await versions()
      expect(more).toEqual([])
      expect(second?.sequence).toBe(first?.sequence)
      expect(second?.fee.max.amount).toBeGreaterThanOrEqual(1_125n)
      bench.chain.mine(4)
      await pass(bench)
      expect(await only(bench)).toMatchObject({
        state: 'confirmed',
        transactionHash: second?.hash,
        networkFee: second?.fee.max,
      })
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
    })

    test('is replaced only so often, and only when it is the next in line', async () => {
      const { bench } = await start({ options: { maxVersions: 3 } })
      await create(bench, 'k1')
      await create(bench, 'k2')
      await bench.drain()
      bench.chain.setMinimumFee(1_000_000n)
      let isDown = true
      bench.chain.onCall((operation) => {
        if (isDown && operation === 'estimateFee') throw unavailable()
      })
      await pass(bench, 200_000)
      isDown = false
      bench.chain.setMinimumFee(1_001n)
      for (let round = 0; round < 6; round += 1) await pass(bench, 200_000)
      const [second, first] = await bench.transfers()
      const count = async (id: `otx_${string}` | undefined) =>
        (await bench.storage.read((tx) => tx.onchain.transfers.versions(id ?? 'otx_'))).length
      expect([await count(first?.id), await count(second?.id)]).toEqual([3, 1])
    })

    test('whose old version lands after all is paid once', async () => {
      const { bench } = await start()
      await create(bench)
      await bench.drain()
      const [old] = [...bench.chain.pool.values()]
      bench.chain.setMinimumFee(1_100n)
      await pass(bench, 120_000)
      bench.chain.pool.clear()
      bench.chain.setMinimumFee(1n)
      if (old !== undefined) bench.chain.post(old)
      bench.chain.mine(4)
      await pass(bench)
      await pass(bench)
      const transfer = await only(bench)
      const [first] = await bench.storage.read((tx) => tx.onchain.transfers.versions(transfer.id))
      expect(transfer).toMatchObject({ state: 'confirmed', transactionHash: first?.hash })
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
    })
  })

  describe('a sequence that a foreign transaction used', () => {
    const displace = async () => {
      const { bench, system } = await start()
      bench.chain.onBroadcast(() => 'lose_before')
      await create(bench)
      await bench.drain()
      expect(await only(bench)).toMatchObject({ state: 'prepared', sequence: 0n })
      bench.chain.foreign(system)
      bench.chain.mine()
      bench.chain.onBroadcast(() => null)
      return { bench, system }
    }

    test('gives the transfer a new one only when the foreign transaction is final', async () => {
      const { bench } = await displace()
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'prepared', displacedBy: expect.any(Object) })
      await pass(bench, 120_000)
      expect(await only(bench)).toMatchObject({ state: 'prepared', sequence: 0n })
      bench.chain.mine(3)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'sent', sequence: 1n })
      bench.chain.mine(4)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed' })
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
      const { id } = await only(bench)
      const versions = await bench.storage.read((tx) => tx.onchain.transfers.versions(id))
      expect(versions.map(({ sequence, isDead }) => [sequence, isDead])).toEqual([
        [0n, true],
        [1n, false],
      ])
      expect(await bench.audit('transfer.displaced')).toHaveLength(1)
    })

    test('is judged by one block only: not while the head moves between two looks', async () => {
      const { bench } = await displace()
      bench.chain.onCall((operation) => {
        if (operation === 'sequence') bench.chain.mine()
      })
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'prepared', displacedBy: null })
      bench.chain.onCall(() => undefined)
      await pass(bench)
      const { height, hash } = bench.chain.head()
      expect(await only(bench)).toMatchObject({ displacedBy: { height, hash } })
    })

    test('waits for the time in which a lagging node would catch up, even when final', async () => {
      const { bench } = await displace()
      await pass(bench)
      bench.chain.mine(10)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'prepared', displacedBy: expect.any(Object) })
      await pass(bench, 60_000)
      expect(await only(bench)).toMatchObject({ state: 'sent', sequence: 1n })
    })

    test('is given back when a reorganisation takes the foreign transaction away', async () => {
      const { bench } = await displace()
      await pass(bench)
      bench.chain.reorg(1, { drop: 'all', grow: 2 })
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'prepared', displacedBy: null })
      await pass(bench)
      bench.chain.mine(4)
      await pass(bench, 120_000)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'confirmed', sequence: 0n, displacedBy: null })
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
    })

    test('that was ours after all, on a node that lagged: no new bytes are made', async () => {
      const { bench } = await start()
      await create(bench)
      await bench.drain()
      const { transactionHash, id } = await only(bench)
      bench.chain.mine(6)
      bench.chain.hidden.add(transactionHash ?? '')
      await pass(bench)
      await pass(bench, 30_000)
      expect(await only(bench)).toMatchObject({ state: 'sent', displacedBy: expect.any(Object) })
      bench.chain.hidden.clear()
      await pass(bench, 30_000)
      await pass(bench, 60_000)
      expect(await only(bench)).toMatchObject({ state: 'confirmed', sequence: 0n })
      expect(await bench.storage.read((tx) => tx.onchain.transfers.versions(id))).toHaveLength(1)
    })

    test('before any of ours: the wallet goes on after it', async () => {
      const { bench, system } = await start()
      await create(bench, 'k1')
      await bench.drain()
      bench.chain.mine()
      bench.chain.foreign(system)
      bench.chain.foreign(system)
      bench.chain.mine()
      await create(bench, 'k2')
      await bench.drain()
      bench.chain.mine(4)
      await pass(bench)
      expect((await bench.transfers()).map(({ state, sequence }) => [state, sequence])).toEqual([
        ['confirmed', 3n],
        ['confirmed', 0n],
      ])
      expect(bench.chain.balance(OUTSIDER, NATIVE)).toBe(2n)
    })
  })

  test('one that cannot be settled holds up none of the others', async () => {
    let isBroken = true
    const { bench } = await start({
      onTransfer: async (_tx, { correlation }, change) => {
        if (isBroken && change === 'confirmed' && correlation === 'first') throw new Error('broken listener')
      },
    })
    for (const correlation of ['first', 'second']) {
      const more = { to: 'payee', amount: TEN, sourceAccount: sourceOf(TOKEN), correlation }
      await bench.onchain.transfers.create({ provider: PROVIDER, ...more, idempotencyKey: correlation })
    }
    await bench.drain()
    bench.chain.mine(4)
    await expect(pass(bench)).rejects.toThrow('broken listener')
    const states = async () => (await bench.transfers()).map(({ correlation, state }) => [correlation, state])
    expect(await states()).toEqual([
      ['second', 'confirmed'],
      ['first', 'mined'],
    ])
    isBroken = false
    await pass(bench)
    expect(await states()).toEqual([
      ['second', 'confirmed'],
      ['first', 'confirmed'],
    ])
  })

  test('balances tells every asset of the provider, of the system wallet by default', async () => {
    const { bench } = await start()
    expect(await bench.onchain.balances(PROVIDER)).toEqual([
      Money.of(10n ** 18n, NATIVE),
      Money.of(10n ** 9n, TOKEN),
    ])
    expect(await bench.onchain.balances(PROVIDER, 'payee')).toEqual([Money.zero(NATIVE), Money.zero(TOKEN)])
    await expect(bench.onchain.balances('nobody')).rejects.toMatchObject({ code: 'provider_missing' })
    const inside = bench.inside(() => bench.onchain.balances(PROVIDER, 'payee'))
    await expect(inside).rejects.toMatchObject({ code: 'network_in_transaction' })
  })
})
