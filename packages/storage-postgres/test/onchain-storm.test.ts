/** The rail under random forks, faults, crashes and rivals: what must hold whatever happens. */
import { Money } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { next } from '../../core/src/platform/machine/index.ts'
import { custodyAccount, depositMachine, type OnchainTransfer } from '../../core/src/rails/onchain/index.ts'
import {
  type Bench,
  type BenchOptions,
  createBench,
  ready,
  seeded,
  sharedIds,
  sourceOf,
} from './onchain-bench.ts'
import { TOKEN } from './onchain-chain.ts'

const TEN = Money.of(10n, TOKEN)

type Step =
  | { readonly kind: 'deposit'; readonly owner: number; readonly amount: number }
  | { readonly kind: 'mine'; readonly blocks: number }
  | {
      readonly kind: 'reorg'
      readonly depth: number
      readonly more: number
      readonly drop: readonly number[]
    }
  | { readonly kind: 'watch' }

/** Depths up to `deepest`. The `finalized` tag is 3 blocks behind, so that deeper ones break a promise. */
const steps = (deepest: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('deposit' as const),
          owner: fc.nat(2),
          amount: fc.integer({ min: 1, max: 9 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('mine' as const), blocks: fc.integer({ min: 1, max: 4 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('reorg' as const),
          depth: fc.integer({ min: 1, max: deepest }),
          more: fc.nat(2),
          drop: fc.array(fc.nat(9), { maxLength: 3 }),
        }),
      },
      { weight: 4, arbitrary: fc.constant({ kind: 'watch' as const }) },
    ),
    { minLength: 4, maxLength: 24 },
  )

/** Every change of each deposit must be an arrow of its machine, from its beginning on. */
function expectLegal(told: Bench['told']): void {
  const EVENTS = { seen: 'see', orphaned: 'orphan', confirmed: 'confirm', lost: 'lose' } as const
  const state = new Map<string, keyof typeof EVENTS>()
  for (const { id, change } of told) {
    const to = change as keyof typeof EVENTS
    const from = state.get(id)
    expect(from === undefined ? depositMachine.initial : next(depositMachine, from, EVENTS[to])).toBe(to)
    state.set(id, to)
  }
}

eachDatabase((db) => {
  beforeAll(() => db.truncate())

  // One database for all: each bench has a name of its own, and sees nothing of the others.
  const ids = sharedIds()
  let count = 0
  const fresh = (made: BenchOptions = {}) => {
    count += 1
    return createBench(db, { provider: `test-${count}`, ids, ...made })
  }

  const play = async (script: readonly Step[]) => {
    const bench = await fresh()
    await bench.fill()
    const owners = [await bench.take('trd_0'), await bench.take('trd_1'), await bench.take('trd_2')]
    await bench.watch()
    bench.chain.mine(8)
    for (const step of script) {
      if (step.kind === 'deposit')
        bench.chain.deposit(owners[step.owner] ?? '', Money.of(BigInt(step.amount), TOKEN))
      if (step.kind === 'mine') bench.chain.mine(step.blocks)
      if (step.kind === 'watch') await bench.watch()
      if (step.kind === 'reorg') {
        const included = bench.chain.canonical().map(({ hash }) => hash)
        const drop = new Set(step.drop.map((place) => included.at(-1 - place) ?? ''))
        bench.chain.reorg(step.depth, { drop, grow: step.depth + step.more })
      }
    }
    bench.chain.pool.clear()
    bench.chain.mine(12)
    await bench.watch()
    return bench
  }

  describe('deposits', () => {
    test('that are confirmed are those on the final chain, whatever forks come before', {
      timeout: 120_000,
    }, async () => {
      const property = fc.asyncProperty(steps(3), async (script) => {
        const bench = await play(script)
        const deposits = await bench.deposits()
        const canonical = bench.chain.canonical()
        const confirmed = deposits.filter(({ state }) => state === 'confirmed')
        expect(confirmed.map(({ transactionHash }) => transactionHash).sort()).toEqual(
          canonical.map(({ hash }) => hash).sort(),
        )
        for (const { transactionHash, block } of confirmed) {
          const mined = canonical.find(({ hash }) => hash === transactionHash)
          expect(block.hash).toBe(mined?.block.hash)
        }
        expect(deposits.filter(({ state }) => state === 'lost' || state === 'seen')).toEqual([])
        expectLegal(bench.told)
        const sum = confirmed.reduce((total, { amount }) => total + amount.amount, 0n)
        expect((await bench.balance(custodyAccount(bench.provider, TOKEN)))?.posted ?? 0n).toBe(sum)
      })
      await fc.assert(property, { numRuns: db.name === 'postgres' ? 40 : 10 })
    })

    test('when forks break finality, nothing is lost in silence', { timeout: 120_000 }, async () => {
      const property = fc.asyncProperty(steps(7), async (script) => {
        const bench = await play(script)
        const deposits = await bench.deposits()
        const canonical = new Set(bench.chain.canonical().map(({ hash }) => hash))
        const lost = deposits.filter(({ state }) => state === 'lost')
        for (const { state, transactionHash } of deposits) {
          if (state === 'confirmed') expect(canonical).toContain(transactionHash)
          expect(state).not.toBe('seen')
        }
        const reported = (await bench.audit('deposit.lost')).map(({ subject }) => subject)
        for (const { id } of lost) expect(reported.filter((subject) => subject === id)).toEqual([id])
        expectLegal(bench.told)
        const sum = deposits.reduce(
          (total, { state, amount }) => total + (state === 'confirmed' ? amount.amount : 0n),
          0n,
        )
        expect((await bench.balance(custodyAccount(bench.provider, TOKEN)))?.posted ?? 0n).toBe(sum)
      })
      await fc.assert(property, { numRuns: db.name === 'postgres' ? 30 : 8 })
    })
  })

  /** Transfers to one payee each, so that what a payee has tells how often it was paid. */
  const createMany = async (bench: Bench, count: number) => {
    const made: OnchainTransfer[] = []
    for (let index = 0; index < count; index += 1) {
      made.push(
        await bench.onchain.transfers.create({
          provider: bench.provider,
          to: `payee-${index}`,
          amount: TEN,
          sourceAccount: sourceOf(TOKEN, bench.provider),
          idempotencyKey: `${bench.provider}:${index}`,
        }),
      )
    }
    return made
  }
  const pass = async (bench: Bench, ms: number) => {
    await db.clock.advance(ms)
    // What a process that died had claimed is free again once its time is over.
    await db.storage.queue.recover()
    await bench.track()
    await bench.drain()
  }
  const finish = async (bench: Bench, rounds = 30) => {
    for (let round = 0; round < rounds; round += 1) {
      bench.chain.mine(2)
      await pass(bench, 30_000)
      const open = (await bench.transfers()).filter(
        ({ state }) => state !== 'confirmed' && state !== 'failed',
      )
      if (open.length === 0) return
    }
  }
  const expectPaidOnce = async (bench: Bench, count: number) => {
    const payments = (await bench.transfers()).filter(({ kind }) => kind === 'payment')
    expect(payments.map(({ state }) => state)).toEqual(payments.map(() => 'confirmed'))
    expect(payments).toHaveLength(count)
    for (let index = 0; index < count; index += 1) {
      expect(bench.chain.balance(`payee-${index}`, TOKEN), `payee ${index}`).toBe(10n)
    }
    expect(await bench.balance(sourceOf(TOKEN, bench.provider))).toEqual({
      posted: -10n * BigInt(count),
      out: 0n,
    })
    expect(await bench.storage.read((tx) => tx.ledger.verify({ limit: 10 }))).toEqual([])
  }

  describe('transfers', () => {
    test('fifty at once from one wallet use fifty sequences without a gap', { timeout: 60_000 }, async () => {
      const bench = await fresh()
      await ready(bench)
      const made = await createMany(bench, 50)
      const work = [...made, ...made].map(({ id, provider, from }) =>
        bench.run('onchain.send', { transferId: id, provider, from }),
      )
      await Promise.all(work)
      const sequences = (await bench.transfers()).map(({ sequence }) => sequence ?? -1n)
      expect([...sequences].sort((left, right) => Number(left - right))).toEqual(
        Array.from({ length: 50 }, (_, index) => BigInt(index)),
      )
      await finish(bench)
      await expectPaidOnce(bench, 50)
    })

    const seeds = db.name === 'postgres' ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1, 2]
    test.each(seeds)(
      'storm %i: lost answers, forks and foreign transactions',
      { timeout: 120_000 },
      async (seed) => {
        const random = seeded(seed)
        const chance = (share: number) => random() < share
        const bench = await fresh()
        const system = await ready(bench)
        bench.chain.mine(5)
        bench.chain.onBroadcast(() => {
          const drawn = random()
          if (drawn < 0.15) return 'lose_before'
          if (drawn < 0.3) return 'lose_after'
          return drawn < 0.4 ? 'not_sent' : null
        })
        await createMany(bench, 6)
        for (let round = 0; round < 30; round += 1) {
          if (chance(0.5)) bench.chain.mine()
          if (chance(0.2)) bench.chain.reorg(1 + Math.floor(random() * 3), chance(0.5) ? { drop: 'all' } : {})
          if (chance(0.1)) bench.chain.setMinimumFee(BigInt(900 + Math.floor(random() * 400)))
          if (chance(0.06)) {
            bench.chain.foreign(system, { sequence: String(bench.chain.head().sequences.get(system) ?? 0n) })
          }
          await pass(bench, 1_000 + Math.floor(random() * 20_000))
        }
        bench.chain.onBroadcast(() => null)
        await finish(bench, 60)
        await expectPaidOnce(bench, 6)
      },
    )
  })

  describe('a crash', () => {
    /** Dies at its n-th step: before or after a commit, or before a call of the provider. */
    const dying = (at: number) => {
      let count = 0
      return () => {
        count += 1
        if (count >= at) throw new Error('crash')
        return count
      }
    }
    const survive = async (scenario: {
      readonly calm: Bench
      readonly at: number
      readonly story: (bench: Bench) => Promise<void>
    }) => {
      const { calm, at, story } = scenario
      const { chain, provider } = calm
      const die = dying(at)
      chain.onCall(() => void die())
      const bench = await createBench(db, { provider, ids, chain, options, onCommit: () => void die() })
      const isCrashed = await story(bench).then(
        () => false,
        (error: Error) => {
          if (error.message !== 'crash') throw error
          return true
        },
      )
      chain.onCall(() => undefined)
      return isCrashed
    }
    const options = { freeAddresses: 1 }
    const stride = db.name === 'postgres' ? 1 : 7

    test('at any step of a transfer never pays twice, and never stops it', { timeout: 120_000 }, async () => {
      let at = 1
      for (let isCrashed = true; isCrashed; at += stride) {
        const calm = await fresh({ options })
        await ready(calm)
        await createMany(calm, 1)
        const story = async (bench: Bench) => {
          await bench.drain()
          bench.chain.mine()
          await pass(bench, 10_000)
          bench.chain.reorg(1, { drop: 'all' })
          await pass(bench, 10_000)
          await pass(bench, 10_000)
          bench.chain.mine(4)
          await pass(bench, 10_000)
        }
        isCrashed = await survive({ calm, at, story })
        await finish(calm)
        await expectPaidOnce(calm, 1)
      }
      expect(at).toBeGreaterThan(40)
    })

    test('at any step of a deposit books it once', { timeout: 120_000 }, async () => {
      let at = 1
      for (let isCrashed = true; isCrashed; at += stride) {
        const calm = await fresh({ options })
        await calm.fill()
        const address = await calm.take('trd_1')
        await calm.watch()
        const { chain } = calm
        chain.deposit(address, TEN)
        chain.mine(2)
        const story = async (bench: Bench) => {
          await bench.watch()
          chain.reorg(2, { grow: 3 })
          await bench.watch()
          chain.mine(3)
          await bench.watch()
        }
        isCrashed = await survive({ calm, at, story })
        chain.mine(4)
        await calm.watch()
        expect((await calm.deposits()).map(({ state }) => state)).toEqual(['confirmed'])
        expect(await calm.balance(custodyAccount(calm.provider, TOKEN))).toMatchObject({ posted: 10n })
      }
      expect(at).toBeGreaterThan(20)
    })
  })
})
