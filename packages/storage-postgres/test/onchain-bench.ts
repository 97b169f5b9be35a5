/** The rail on a test database and a fake network, with its jobs run by hand. */
import { type AssetId, type ChainProvider, type Id, type Ids, Money, type Signer } from '@lastro/core/spec'
import type { LastroTx } from '@lastro/core/storage'
import type { TestDatabase } from '@lastro/testing/storage'
import { openAccounts } from '../../core/src/books/ledger/index.ts'
import type { JobHandler } from '../../core/src/platform/jobs/index.ts'
import { createRail, insideTransaction } from '../../core/src/platform/policies/index.ts'
import type { UnitOfWork } from '../../core/src/platform/storage/index.ts'
import {
  createOnchain,
  type Deposit,
  type DepositListener,
  type OnchainOptions,
  type OnchainTransfer,
  type TransferListener,
} from '../../core/src/rails/onchain/index.ts'
import { createFakeChain, type FakeChain, NATIVE, TOKEN } from './onchain-chain.ts'

export const PROVIDER = 'test'
/** The account that pays for transfers in tests. */
export const sourceOf = (asset: AssetId, provider = PROVIDER) => `source:${provider}:${asset}`

export const fakeSigner: Signer = {
  specVersion: 1,
  publicKey: async ({ path }) => Buffer.from(path),
  sign: async () => new Uint8Array(64),
}

export interface BenchOptions {
  readonly chain?: FakeChain
  /** A real chain provider, in place of the fake network's. */
  readonly port?: ChainProvider
  /** Its name in the database. Benches of different names do not see each other's rows. */
  readonly provider?: string
  readonly options?: OnchainOptions
  readonly onDeposit?: DepositListener<LastroTx>
  readonly onTransfer?: TransferListener<LastroTx>
  /** Runs before and after every transaction; may throw. */
  readonly onCommit?: (moment: 'before' | 'after') => void
  readonly ids?: Ids
  readonly signer?: Signer | null
}

/** Ids that count, without repeating in one database. */
export function sharedIds(): Ids {
  let count = 0
  return {
    next: <const P extends string>(prefix: P): Id<P> => {
      count += 1
      return `${prefix}_${String(count).padStart(6, '0')}`
    },
  }
}

/** Numbers from 0 up to 1 that depend on nothing but the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export async function createBench(db: TestDatabase, made: BenchOptions = {}) {
  const chain = made.chain ?? createFakeChain()
  const provider = made.provider ?? PROVIDER
  const told: { readonly id: string; readonly change: string }[] = []
  // Every transaction is marked, so that a provider call inside one throws.
  const storage: UnitOfWork<LastroTx> = {
    transaction: async (work, options) => {
      made.onCommit?.('before')
      const result = await db.storage.transaction((tx) => insideTransaction(() => work(tx)), options)
      made.onCommit?.('after')
      return result
    },
    read: (work, options) => db.storage.read(work, options),
  }
  const onchain = createOnchain<LastroTx>({
    storage,
    chains: { [provider]: made.port ?? chain.provider },
    signer: made.signer === undefined ? fakeSigner : made.signer,
    clock: { now: () => db.clock.now() },
    ids: made.ids ?? sharedIds(),
    rails: { [provider]: createRail(provider, { failuresToOpen: 1_000_000 }) },
    options: { freeAddresses: 3, displaceAfterMs: 60_000, ...made.options },
    onDeposit: async (tx, deposit, change) => {
      await made.onDeposit?.(tx, deposit, change)
      told.push({ id: deposit.id, change })
    },
    onTransfer: async (tx, transfer, change) => {
      await made.onTransfer?.(tx, transfer, change)
      told.push({ id: transfer.id, change })
    },
  })
  await db.storage.queue.prepare(onchain.jobs.map((handler) => handler.definition))
  const handlers = new Map<string, JobHandler>(
    onchain.jobs.map((handler) => [handler.definition.name, handler]),
  )
  const run = (name: string, input: object = { provider }) => {
    const handler = handlers.get(name)
    if (handler === undefined) throw new Error(`There is no job ${name}.`)
    return handler.run(input, { attempt: 1, isLastAttempt: false, signal: new AbortController().signal })
  }
  const bench = {
    db,
    provider,
    chain,
    onchain,
    storage,
    told,
    run,
    watch: () => run('onchain.watch'),
    fill: () => run('onchain.fill_addresses'),
    track: () => run('onchain.track'),
    /** Runs every due job of these kinds, in one process. */
    drain: () => drain(db, { provider, handlers }),
    inside: <R>(work: (tx: LastroTx) => Promise<R>) => storage.transaction(work),
    take: async (owner: string) => {
      const taken = await storage.transaction((tx) => onchain.takeAddress(tx, { provider, owner }))
      if (taken === null) throw new Error('No address is free.')
      return taken.address
    },
    system: async () => {
      const found = await storage.read((tx) => tx.onchain.addresses.byIndex({ provider, index: 0 }))
      if (found === null) throw new Error('There is no system wallet.')
      return found.address
    },
    deposits: async (): Promise<readonly Deposit[]> =>
      (await onchain.deposits.list({ provider, limit: 200 })).items,
    transfers: async (): Promise<readonly OnchainTransfer[]> =>
      (await onchain.transfers.list({ provider, limit: 200 })).items,
    audit: async (action: string) =>
      (await storage.read((tx) => tx.audit.list({ action, limit: 200 }))).items,
    balance: async (account: string) => {
      const found = await storage.read((tx) => tx.ledger.getAccount(account))
      return found === null
        ? null
        : { posted: found.balance.posted.amount, out: found.balance.pendingOut.amount }
    },
  }
  return bench
}

export type Bench = Awaited<ReturnType<typeof createBench>>

/** Addresses, and a system wallet with money on the network and in the books. */
export async function ready(bench: Bench): Promise<string> {
  await bench.fill()
  const system = await bench.system()
  bench.chain.fund(system, { amount: 10n ** 18n, asset: NATIVE })
  bench.chain.fund(system, { amount: 10n ** 9n, asset: TOKEN })
  await bench.inside(async (tx) => {
    const accounts = ([NATIVE, TOKEN] as const).map((asset) => {
      return { id: sourceOf(asset, bench.provider), asset, normalSide: 'credit', constraint: 'none' } as const
    })
    await openAccounts(tx, { accounts, at: bench.db.clock.now() })
  })
  return system
}

async function drain(
  db: TestDatabase,
  own: { readonly provider: string; readonly handlers: ReadonlyMap<string, JobHandler> },
): Promise<number> {
  const { provider, handlers } = own
  const names = [...handlers.keys()]
  let count = 0
  for (;;) {
    const jobs = await db.storage.queue.claim({ names, limit: 10 })
    if (jobs.length === 0) return count
    for (const job of jobs) {
      const handler = handlers.get(job.name)
      if (handler === undefined) throw new Error(`No handler for ${job.name}.`)
      const context = { attempt: job.attempt, isLastAttempt: false, signal: new AbortController().signal }
      // What another bench left behind in this database is not ours to run.
      if ((job.input as { provider: string }).provider === provider) {
        count += 1
        await handler.run(job.input, context).catch(async (error: Error) => {
          // A process that died tells nobody. One that met trouble puts the job back.
          const retryAt = new Date(db.clock.now().getTime() + 1_000)
          if (error.message !== 'crash') await db.storage.queue.fail(job, { error: error.message, retryAt })
          throw error
        })
      }
      await db.storage.queue.complete(job)
    }
  }
}

/** Asks for one transfer of tokens to `payee`. */
export function create(
  bench: Bench,
  key = 'k1',
  amount: Money = Money.of(10n, TOKEN),
): Promise<OnchainTransfer> {
  return bench.onchain.transfers.create({
    provider: bench.provider,
    to: 'payee',
    amount,
    sourceAccount: sourceOf(amount.asset, bench.provider),
    idempotencyKey: key,
  })
}

/** The only transfer there is. */
export async function only(bench: Bench): Promise<OnchainTransfer> {
  const [transfer, ...more] = await bench.transfers()
  if (transfer === undefined || more.length > 0) throw new Error('Expected one transfer.')
  return transfer
}

/** Later, so that whatever waits is due: looks after what is under way, and runs what that wakes. */
export async function pass(bench: Bench, ms = 10_000): Promise<void> {
  await bench.db.clock.advance(ms)
  await bench.track()
  await bench.drain()
}
