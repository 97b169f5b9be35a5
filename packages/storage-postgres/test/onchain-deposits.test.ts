import { Money } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { custodyAccount, depositsAccount } from '../../core/src/rails/onchain/index.ts'
import { type Bench, createBench, PROVIDER } from './onchain-bench.ts'
import { createFakeChain, NATIVE, TOKEN } from './onchain-chain.ts'

const FIVE = Money.of(5_000_000n, TOKEN)
const CUSTODY = custodyAccount(PROVIDER, TOKEN)
const CLEARING = depositsAccount(PROVIDER, TOKEN)

const states = async (bench: Bench) => (await bench.deposits()).map(({ state }) => state)
const changes = (bench: Bench) => bench.told.map(({ change }) => change)

eachDatabase((db) => {
  beforeEach(() => db.truncate())

  const start = async (made: Parameters<typeof createBench>[1] = {}) => {
    const bench = await createBench(db, made)
    await bench.fill()
    await bench.watch()
    return bench
  }

  describe('addresses', () => {
    test('are made ahead of need, the system wallet first, and given out once each', async () => {
      const bench = await createBench(db)
      await bench.fill()
      const { items } = await bench.onchain.addresses.list({ provider: PROVIDER })
      expect(items.map(({ index, purpose, state }) => [index, purpose, state])).toEqual([
        [3, 'deposit', 'free'],
        [2, 'deposit', 'free'],
        [1, 'deposit', 'free'],
        [0, 'system', 'assigned'],
      ])
      const taken = [await bench.take('trd_1'), await bench.take('trd_2'), await bench.take('trd_3')]
      expect(new Set(taken).size).toBe(3)
      const none = await bench.inside((tx) =>
        bench.onchain.takeAddress(tx, { provider: PROVIDER, owner: 'trd_4' }),
      )
      expect(none).toBeNull()
      await bench.fill()
      expect(taken).not.toContain(await bench.take('trd_4'))
    })

    test('and deposits are listed in pages, each row once', async () => {
      const bench = await start({ options: { freeAddresses: 4 } })
      const address = await bench.take('trd_1')
      for (let count = 0; count < 5; count += 1) bench.chain.deposit(address, FIVE)
      bench.chain.mine()
      await bench.watch()
      const walk = async <R>(
        list: (cursor: string | null) => Promise<{ items: readonly R[]; nextCursor: string | null }>,
      ) => {
        const found: R[] = []
        for (let cursor: string | null = null, pages = 0; pages < 10; pages += 1) {
          const page = await list(cursor)
          found.push(...page.items)
          cursor = page.nextCursor
          if (cursor === null) return found
        }
        throw new Error('The list does not end.')
      }
      const { addresses, deposits } = bench.onchain
      const indexes = (await walk((cursor) => addresses.list({ limit: 2, cursor }))).map(({ index }) => index)
      expect(indexes).toEqual([4, 3, 2, 1, 0])
      const ids = (await walk((cursor) => deposits.list({ limit: 2, cursor, owner: 'trd_1' }))).map(
        ({ id }) => id,
      )
      expect(ids).toEqual([...new Set(ids)].sort().reverse())
      expect(ids).toHaveLength(5)
      await expect(addresses.list({ cursor: 'mine' })).rejects.toMatchObject({ code: 'invalid_input' })
      await expect(deposits.get('dep_none')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('come back when the transaction that took them fails', async () => {
      const bench = await createBench(db)
      await bench.fill()
      const failing = bench.inside(async (tx) => {
        await bench.onchain.takeAddress(tx, { provider: PROVIDER, owner: 'trd_1' })
        throw new Error('stop')
      })
      await expect(failing).rejects.toThrow('stop')
      const { items } = await bench.onchain.addresses.list({ owner: 'trd_1' })
      expect(items).toEqual([])
    })

    test('filled by several processes at once stay one row an index', async () => {
      const bench = await createBench(db, { options: { freeAddresses: 10 } })
      await Promise.all([bench.fill(), bench.fill(), bench.fill()])
      const { items } = await bench.onchain.addresses.list()
      const indexes = items.map(({ index }) => index)
      expect(indexes).toEqual(indexes.map((_, place) => items.length - 1 - place))
      expect(indexes.length).toBeGreaterThanOrEqual(11)
    })

    test('that are paid before they are given out are never given out', async () => {
      const bench = await start()
      const { items } = await bench.onchain.addresses.list()
      const free = items.find(({ index }) => index === 1)?.address ?? ''
      bench.chain.deposit(free, FIVE)
      bench.chain.mine()
      await bench.watch()
      const [deposit] = await bench.deposits()
      expect(deposit).toMatchObject({ address: free, owner: null, state: 'seen' })
      expect([await bench.take('a'), await bench.take('b')]).not.toContain(free)
    })
  })

  describe('finality', () => {
    test('by tag: seen at once, confirmed when the tag has passed', async () => {
      const bench = await start()
      const address = await bench.take('trd_1')
      bench.chain.deposit(address, FIVE)
      const { height, hash } = bench.chain.mine()
      await bench.watch()
      expect(await bench.deposits()).toMatchObject([
        { address, owner: 'trd_1', amount: FIVE, state: 'seen', block: { height, hash }, confirmedAt: null },
      ])
      bench.chain.mine(2)
      await bench.watch()
      expect(await states(bench)).toEqual(['seen'])
      expect(await bench.balance(CLEARING)).toBeNull()
      bench.chain.mine()
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
      expect(changes(bench)).toEqual(['seen', 'confirmed'])
      expect(await bench.balance(CUSTODY)).toMatchObject({ posted: 5_000_000n })
      expect(await bench.balance(CLEARING)).toMatchObject({ posted: 5_000_000n })
    })

    test.each([
      { title: 'by depth', chain: { finality: { by: 'depth', blocks: 3 } } as const, depth: 3 },
      {
        title: 'by the depth that stands in for a missing tag',
        chain: { finalizedLag: null } as const,
        depth: 4,
      },
    ])('$title: the block itself counts', async ({ chain, depth }) => {
      const bench = await start({ chain: createFakeChain(chain) })
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(depth - 1)
      await bench.watch()
      expect(await states(bench)).toEqual(['seen'])
      bench.chain.mine()
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
    })

    test('an option makes the rule stricter, never looser', async () => {
      const strict = { finality: { by: 'depth', blocks: 6 } } as const
      const loose = { finality: { by: 'depth', blocks: 1 } } as const
      const finalAfter = async (options: typeof strict | typeof loose) => {
        await db.truncate()
        const bench = await start({ options: { chains: { [PROVIDER]: options } } })
        bench.chain.deposit(await bench.take('trd_1'), FIVE)
        for (let blocks = 1; blocks < 10; blocks += 1) {
          bench.chain.mine()
          await bench.watch()
          if ((await states(bench))[0] === 'confirmed') return blocks
        }
        return null
      }
      expect(await finalAfter(strict)).toBe(6)
      expect(await finalAfter(loose)).toBe(4)
    })

    test('of another branch says nothing about our blocks', async () => {
      const chain = createFakeChain()
      const mixed = { isOn: false, head: await chain.provider.head() }
      const provider = {
        ...chain.provider,
        head: async () => (mixed.isOn ? mixed.head : chain.provider.head()),
      }
      const bench = await start({ chain: { ...chain, provider } })
      chain.deposit(await bench.take('trd_1'), FIVE)
      chain.mine(3)
      await bench.watch()
      const { latest } = await chain.provider.head()
      const stranger = { ...latest, hash: 'another branch' }
      mixed.head = { latest: { ...latest, height: latest.height + 3n }, safe: null, finalized: stranger }
      mixed.isOn = true
      await bench.watch()
      expect(await states(bench)).toEqual(['seen'])
      mixed.isOn = false
      chain.mine(3)
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
    })

    test('is not believed while the node has another block at that height', async () => {
      const chain = createFakeChain()
      const mixed = { isOn: false }
      const blockAt: typeof chain.provider.blockAt = async (height) => {
        const block = await chain.provider.blockAt(height)
        return block !== null && mixed.isOn && height === 1n ? { ...block, hash: 'another block' } : block
      }
      const bench = await start({ chain: { ...chain, provider: { ...chain.provider, blockAt } } })
      chain.deposit(await bench.take('trd_1'), FIVE)
      chain.mine(3)
      await bench.watch()
      chain.mine()
      mixed.isOn = true
      await bench.watch()
      expect(await states(bench)).toEqual(['seen'])
      mixed.isOn = false
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
    })
  })

  describe('reorganisations', () => {
    test('take an unconfirmed deposit away, and bring the same transaction back as the same row', async () => {
      const bench = await start()
      const hash = bench.chain.deposit(await bench.take('trd_1'), FIVE)
      const transaction = must(bench.chain.pool.get(hash))
      bench.chain.mine()
      await bench.watch()
      const [before] = await bench.deposits()
      bench.chain.reorg(1, { drop: new Set([hash]), grow: 2 })
      await bench.watch()
      expect(await bench.deposits()).toMatchObject([{ id: before?.id, state: 'orphaned' }])
      expect(bench.chain.post(transaction)).toBe(hash)
      const { height } = bench.chain.mine()
      await bench.watch()
      expect(await bench.deposits()).toMatchObject([{ id: before?.id, state: 'seen', block: { height } }])
      expect(changes(bench)).toEqual(['seen', 'orphaned', 'seen'])
    })

    test('mine the same transaction in another block', async () => {
      const bench = await start()
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine()
      await bench.watch()
      const [before] = await bench.deposits()
      bench.chain.reorg(1, { grow: 2 })
      await bench.watch()
      const [after] = await bench.deposits()
      expect(changes(bench)).toEqual(['seen', 'orphaned', 'seen'])
      expect(after?.id).toBe(before?.id)
      expect(after?.block.hash).not.toBe(before?.block.hash)
      expect(after?.firstSeenAt).toEqual(before?.firstSeenAt)
      bench.chain.mine(3)
      await bench.watch()
      expect(changes(bench)).toEqual(['seen', 'orphaned', 'seen', 'confirmed'])
      expect(await bench.balance(CLEARING)).toMatchObject({ posted: 5_000_000n })
    })

    test('that take a confirmed deposit are an incident, and the books follow where they can', async () => {
      const bench = await start()
      const hash = bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(4)
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
      bench.chain.reorg(4, { drop: new Set([hash]), grow: 5 })
      await bench.watch()
      expect(changes(bench)).toEqual(['seen', 'confirmed', 'lost'])
      expect(await bench.balance(CLEARING)).toMatchObject({ posted: 0n })
      expect(await bench.audit('deposit.lost')).toMatchObject([
        { details: { isReversed: true, owner: 'trd_1' } },
      ])
    })

    test('leave the books as they are when the money of a lost deposit is spent', async () => {
      const bench = await start({
        onDeposit: async (tx, deposit, change) => {
          if (change !== 'confirmed') return
          const { ledger } = tx
          const at = db.clock.now()
          const other = { id: 'customer', asset: TOKEN, normalSide: 'credit', constraint: 'none' } as const
          await ledger.openAccounts({ accounts: [other], at })
          const amount = Money.of(1n, TOKEN)
          const spent = { id: 'spend', kind: 'posted', debit: CLEARING, credit: 'customer', amount } as const
          await ledger.post({ transfers: [{ ...spent, cause: deposit.id }], at })
        },
      })
      const hash = bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(4)
      await bench.watch()
      bench.chain.reorg(4, { drop: new Set([hash]), grow: 5 })
      await bench.watch()
      expect(await states(bench)).toEqual(['lost'])
      expect(await bench.balance(CLEARING)).toMatchObject({ posted: 4_999_999n })
      const [incident] = await bench.audit('deposit.lost')
      expect(incident?.details).toMatchObject({ isReversed: false, reversalRefusedBy: 'insufficient_funds' })
    })

    test('that bring a lost deposit back are reported, and it stays lost', async () => {
      const bench = await start()
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(4)
      await bench.watch()
      bench.chain.reorg(4, { grow: 5 })
      await bench.watch()
      expect(await states(bench)).toEqual(['lost'])
      expect(await bench.audit('deposit.returned')).toHaveLength(1)
    })

    test.each([
      { title: 'below the oldest block kept', blocksKept: 1 },
      { title: 'of everything, as by a provider that was set to another network', blocksKept: 256 },
    ])('$title undo nothing, and are told once', async ({ blocksKept }) => {
      const chain = createFakeChain()
      chain.mine()
      const bench = await start({ chain, options: { blocksKept } })
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(30)
      await bench.watch()
      const tip = bench.chain.head().height
      bench.chain.reorg(Number(tip), { drop: 'all', grow: Number(tip) + 1 })
      await expect(bench.watch()).rejects.toThrow('shares none of the blocks kept')
      await expect(bench.watch()).rejects.toThrow('shares none of the blocks kept')
      expect(await states(bench)).toEqual(['confirmed'])
      expect(await bench.audit('chain.diverged')).toHaveLength(1)
    })

    test('that come while blocks are read leave no foreign link in the stored chain', async () => {
      const bench = await start()
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine()
      await bench.watch()
      bench.chain.mine()
      let calls = 0
      bench.chain.onCall((operation) => {
        if (operation !== 'blockAt') return
        calls += 1
        // The first call compares the tip, the second reads the block after it.
        if (calls === 2) bench.chain.reorg(2, { drop: 'all', grow: 3 })
      })
      await bench.watch()
      expect(calls).toBeGreaterThanOrEqual(2)
      bench.chain.mine(6)
      await bench.watch()
      await bench.watch()
      expect(await states(bench)).toEqual(['orphaned'])
    })

    test('are undone once, when two processes find them at the same time', async () => {
      const bench = await start()
      const address = await bench.take('trd_1')
      bench.chain.mine(3)
      await bench.watch()
      bench.chain.reorg(2)
      bench.chain.deposit(address, FIVE)
      bench.chain.mine()
      let isFirst = true
      bench.chain.onCall(async (operation) => {
        if (operation !== 'blockAt' || !isFirst) return
        isFirst = false
        await bench.watch()
      })
      await bench.watch()
      expect(changes(bench)).toEqual(['seen'])
      const cursor = await bench.storage.read((tx) => tx.onchain.blocks.cursor(PROVIDER))
      expect(cursor?.tip?.hash).toBe(bench.chain.head().hash)
    })

    test('at the very first block start the watch anew from its height', async () => {
      const bench = await start()
      bench.chain.mine()
      bench.chain.reorg(1)
      await bench.watch()
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(4)
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed'])
    })
  })

  describe('reading', () => {
    test('begins at the head, or at the height that is asked for', async () => {
      const chain = createFakeChain()
      const bench = await createBench(db, { chain })
      await bench.fill()
      chain.deposit(await bench.take('trd_1'), FIVE)
      chain.mine(10)
      await bench.watch()
      expect(await states(bench)).toEqual([])
      await db.truncate()
      const early = await createBench(db, { chain, options: { chains: { [PROVIDER]: { startHeight: 0n } } } })
      await early.fill()
      await early.watch()
      expect(await states(early)).toEqual(['confirmed'])
    })

    test('stops at its limit and asks to be run again at once', async () => {
      const bench = await start({ options: { blocksPerRun: 5, blocksPerTransaction: 2 } })
      bench.chain.deposit(await bench.take('trd_1'), FIVE)
      bench.chain.mine(23)
      await bench.watch()
      const cursor = await bench.storage.read((tx) => tx.onchain.blocks.cursor(PROVIDER))
      expect(cursor?.tip?.height).toBe(5n)
      await bench.drain()
      const after = await bench.storage.read((tx) => tx.onchain.blocks.cursor(PROVIDER))
      expect(after?.tip?.height).toBe(23n)
      expect(await states(bench)).toEqual(['confirmed'])
    })

    test('by two processes at once stores each block and each deposit once', async () => {
      const bench = await start()
      const address = await bench.take('trd_1')
      for (let count = 0; count < 5; count += 1) bench.chain.deposit(address, FIVE)
      bench.chain.mine(10)
      await Promise.all([bench.watch(), bench.watch(), bench.watch()])
      await bench.watch()
      expect(await states(bench)).toHaveLength(5)
      expect(bench.told.filter(({ change }) => change === 'seen')).toHaveLength(5)
      expect(bench.told.filter(({ change }) => change === 'confirmed')).toHaveLength(5)
    })

    test('tells native and token deposits in one block, and nothing that an address sends to itself', async () => {
      const bench = await start()
      const [one, two] = [await bench.take('trd_1'), await bench.take('trd_2')]
      bench.chain.deposit(one, FIVE)
      bench.chain.deposit(two, Money.of(7n, NATIVE), 'outsider-2')
      bench.chain.fund(one, Money.of(10n ** 9n, NATIVE))
      bench.chain.deposit(one, Money.of(1n, NATIVE), one)
      bench.chain.mine()
      await bench.watch()
      const deposits = await bench.deposits()
      expect(deposits.map(({ amount, owner }) => [amount, owner])).toEqual([
        [Money.of(7n, NATIVE), 'trd_2'],
        [FIVE, 'trd_1'],
      ])
    })

    test('sees a deposit to an address that was made while it was reading', async () => {
      const bench = await start({ options: { blocksPerTransaction: 1, freeAddresses: 1 } })
      await bench.take('early')
      bench.chain.mine(3)
      let calls = 0
      bench.chain.onCall(async (operation) => {
        if (operation !== 'deposits') return
        calls += 1
        if (calls !== 2) return
        await bench.fill()
        bench.chain.deposit(await bench.take('late'), FIVE)
        bench.chain.reorg(1)
      })
      await bench.watch()
      expect(await bench.deposits()).toMatchObject([{ owner: 'late', state: 'seen' }])
    })

    test('goes back to a block that the node did not know for a moment', async () => {
      const chain = createFakeChain()
      let isGone = true
      const deposits: typeof chain.provider.deposits = async (query) =>
        query.block.height === 2n && isGone ? null : chain.provider.deposits(query)
      const bench = await start({ chain: { ...chain, provider: { ...chain.provider, deposits } } })
      const address = await bench.take('trd_1')
      chain.mine()
      chain.deposit(address, FIVE)
      chain.mine(2)
      await bench.watch()
      const cursor = await bench.storage.read((tx) => tx.onchain.blocks.cursor(PROVIDER))
      expect(cursor?.tip?.height).toBe(1n)
      isGone = false
      await bench.watch()
      expect(await states(bench)).toEqual(['seen'])
    })

    test('sees what arrives at the system wallet, for nobody in particular', async () => {
      const bench = await start()
      bench.chain.deposit(await bench.system(), FIVE)
      bench.chain.mine(4)
      await bench.watch()
      expect(await bench.deposits()).toMatchObject([{ owner: null, state: 'confirmed' }])
    })

    test('refuses a name that stood for another network', async () => {
      const chain = createFakeChain()
      const other = { ...chain.provider, network: { ...chain.provider.network, id: 'othernet' } }
      await start({ chain })
      const moved = await createBench(db, { chain: { ...chain, provider: other } })
      await expect(moved.watch()).rejects.toMatchObject({ code: 'invalid_input' })
    })

    test('a listener that throws undoes the change, and it comes again', async () => {
      let isBroken = true
      const bench = await start({
        onDeposit: async (_tx, _deposit, change) => {
          if (isBroken && change === 'confirmed') throw new Error('broken listener')
        },
      })
      const [one, two] = [await bench.take('trd_1'), await bench.take('trd_2')]
      bench.chain.deposit(one, FIVE)
      bench.chain.deposit(two, FIVE)
      bench.chain.mine(4)
      await expect(bench.watch()).rejects.toThrow('broken listener')
      expect(await states(bench)).toEqual(['seen', 'seen'])
      isBroken = false
      await bench.watch()
      expect(await states(bench)).toEqual(['confirmed', 'confirmed'])
    })
  })
})

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing')
  return value
}
