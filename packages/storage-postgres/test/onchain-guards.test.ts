import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { createOnchain, depositMachine, transferMachine } from '../../core/src/rails/onchain/index.ts'
import { create, createBench, only, pass, ready, sharedIds } from './onchain-bench.ts'
import { createFakeChain, TOKEN, unavailable } from './onchain-chain.ts'

eachDatabase((db) => {
  beforeEach(() => db.truncate())

  describe('a gap', () => {
    test('left by a refused transfer is filled, so that those after it land', async () => {
      const bench = await createBench(db)
      await ready(bench)
      await create(bench, 'k1')
      const fault = (kind: 'lose_before' | 'refuse') =>
        bench.chain.onBroadcast(({ raw }) => {
          const { sequence, to } = JSON.parse(raw)
          return sequence === '0' && to === 'payee' ? kind : null
        })
      fault('lose_before')
      await create(bench, 'k2')
      await bench.drain()
      const [second, first] = await bench.transfers()
      expect([first?.sequence, second?.sequence]).toEqual([0n, 1n])
      // As if the first had been refused, and the process had died before it told anyone.
      await db.sql.query(`update lastro.onchain_version set refusals = calls where transfer_id = $1`, [
        first?.id ?? '',
      ])
      fault('refuse')
      // The network estimates nothing for a while: one fill waits, and no second one is made.
      bench.chain.onCall((operation) => {
        if (operation === 'estimateFee') throw unavailable()
      })
      for (let round = 0; round < 3; round += 1) await pass(bench).catch(() => undefined)
      expect((await bench.onchain.transfers.get(first?.id ?? 'otx_')).state).toBe('failed')
      bench.chain.onCall(() => undefined)
      for (let round = 0; round < 4; round += 1) await pass(bench, 60_000)
      bench.chain.mine(4)
      await pass(bench)
      const all = await bench.transfers()
      expect(all.map(({ kind, state, sequence }) => [kind, state, sequence])).toEqual([
        ['fill', 'confirmed', 0n],
        ['payment', 'confirmed', 1n],
        ['payment', 'failed', 0n],
      ])
      expect(bench.chain.balance('payee', TOKEN)).toBe(10n)
      await bench.watch()
      expect(await bench.deposits()).toEqual([])
    })

    test('left by a stranger, whose transaction a reorganisation took away, is filled', async () => {
      const bench = await createBench(db)
      const system = await ready(bench)
      bench.chain.foreign(system)
      bench.chain.mine()
      await create(bench, 'k1')
      await bench.drain()
      expect(await only(bench)).toMatchObject({ state: 'sent', sequence: 1n })
      bench.chain.reorg(1, { drop: 'all', grow: 2 })
      for (let round = 0; round < 3; round += 1) await pass(bench)
      bench.chain.mine(4)
      await pass(bench)
      expect((await bench.transfers()).map(({ kind, state, sequence }) => [kind, state, sequence])).toEqual([
        ['fill', 'confirmed', 0n],
        ['payment', 'confirmed', 1n],
      ])
    })
  })

  describe('a server that is behind', () => {
    /** Answers about a transfer as it was in a block that a reorganisation took away since. */
    const behind = async (lies: { readonly blockAt: boolean }) => {
      const chain = createFakeChain()
      const stale = new Map<string, Awaited<ReturnType<typeof chain.provider.status>>>()
      const status: typeof chain.provider.status = async (hash) =>
        stale.get(hash) ?? (await chain.provider.status(hash))
      const old = { isOn: false, block: null as Awaited<ReturnType<typeof chain.provider.blockAt>> }
      const blockAt: typeof chain.provider.blockAt = async (height) =>
        old.isOn && old.block?.height === height ? old.block : chain.provider.blockAt(height)
      const bench = await createBench(db, {
        chain: { ...chain, provider: { ...chain.provider, status, blockAt } },
      })
      await ready(bench)
      await bench.watch()
      await create(bench)
      await bench.drain()
      chain.mine()
      await pass(bench)
      const { transactionHash } = await only(bench)
      old.block = await chain.provider.blockAt(1n)
      stale.set(transactionHash ?? '', await chain.provider.status(transactionHash ?? ''))
      chain.reorg(1, { drop: 'all', grow: 6 })
      if (lies.blockAt) await bench.watch()
      old.isOn = lies.blockAt
      return bench
    }

    test.each([
      { title: 'with its status alone', blockAt: false },
      { title: 'with its block too, where the watch has read another', blockAt: true },
    ])('$title confirms nothing', async (lies) => {
      const bench = await behind(lies)
      await pass(bench)
      await pass(bench)
      expect(await only(bench)).toMatchObject({ state: 'mined' })
      expect(bench.told.map(({ change }) => change)).toEqual(['sent'])
    })
  })

  test('the tables allow exactly the states of the machines', async () => {
    const constraint = `select pg_get_constraintdef(oid) as text from pg_constraint
      where conrelid = $1::text::regclass and conname = $2::text`
    const allowed = async (table: string) => {
      const [row] = await db.sql.query<{ text: string }>(constraint, [
        `lastro.${table}`,
        `${table}_state_check`,
      ])
      return [...(row?.text ?? '').matchAll(/'(\w+)'/g)].map(([, state]) => state)
    }
    expect(await allowed('onchain_transfer')).toEqual(Object.keys(transferMachine.states))
    expect((await allowed('onchain_deposit')).sort()).toEqual(Object.keys(depositMachine.states).sort())
  })

  test('two names for one network, and names and options that cannot be, are refused', () => {
    const { provider } = createFakeChain()
    const make = (chains: Record<string, typeof provider>, options = {}) =>
      createOnchain({ storage: db.storage, chains, signer: null, clock: db.clock, ids: sharedIds(), options })
    const refused = (field: string) =>
      expect.objectContaining({ details: expect.objectContaining({ field }) })
    expect(() => make({ one: provider, two: provider })).toThrowError(refused('chains.two'))
    expect(() => make({ 'a b': provider })).toThrowError(refused('chains.a b'))
    expect(() => make({ one: provider }, { chains: { two: {} } })).toThrowError(refused('options.chains.two'))
  })
})
