import {
  type AssetId,
  type BlockRef,
  type ChainProvider,
  Money,
  type Outcome,
  type SignedTransfer,
  type Signer,
} from '@lastro/core/spec'
import { type Case, check, checkThrows, shown, type World } from './case.ts'

/** What a case may ask to go wrong. */
export type ChainFault =
  /** The next broadcast reaches the network, and the connection dies before the answer. */
  | 'lost_broadcast'
  /** No connection can be made, to anything, until `mend`. */
  | 'unreachable'

/** Where something was mined. */
export interface MinedAt {
  readonly transactionHash: string
  readonly height: bigint
}

/** Drives a network of its own behind a chain adapter: blocks are made only when the world is asked for them. */
export interface ChainWorld extends World {
  readonly chain: ChainProvider
  /** Holds the key `chain.keyRef(0)`, whose address has native money enough for a few transfers and their fees. */
  readonly signer: Signer
  /** An address nobody has used. */
  address(): Promise<string>
  /** Assets that deposits are made in: the native one, and a token where the adapter accepts tokens. */
  readonly depositAssets: readonly AssetId[]
  /** The largest deposit that the world can make, in smallest units. */
  largestDeposit(asset: AssetId): bigint
  /** Sends from somebody else, and mines it in a new block. */
  deposit(deposit: { readonly to: string; readonly amount: Money }): Promise<MinedAt>
  /**
   * Mines a block with what looks like deposits to an address and is none: zero amounts of every asset, a token that
   * the adapter does not accept, a transfer that failed, as far as the network has such things. Answers its height.
   */
  noise(to: string): Promise<bigint>
  mine(blocks: number): Promise<void>
  /** Replaces the last blocks by as many new ones, in which none of the old transactions are. */
  reorg(depth: number): Promise<void>
  /** A transaction that was mined and moved nothing; null where the network mines no such thing. */
  failed(): Promise<string | null>
  /** A hash in the network's form that no transaction has. */
  unknownHash(): string
  /** What the network itself says, asked without the adapter. */
  readonly witness: {
    balance(address: string, asset: AssetId): Promise<bigint>
    blockHash(height: bigint): Promise<string>
  }
  fault(kind: ChainFault): void
  /** Ends `unreachable`. */
  mend(): void
}

/** Amounts in smallest units that floats get wrong, from the least on. */
const AMOUNTS: readonly bigint[] = [1n, 1_999n, 2n ** 53n + 1n, 10n ** 18n + 1n, 123_456_789_012_345_678_901n]

const SENT = 1_234_567n

async function blockAt({ chain }: ChainWorld, height: bigint): Promise<BlockRef> {
  const block = await chain.blockAt(height)
  check(block !== null, `Block ${height} was mined, and the adapter does not know it.`)
  return block
}

/** A signed transfer of the native asset from the system wallet to an address. */
async function signTransfer({ chain, signer }: ChainWorld, to: string): Promise<SignedTransfer> {
  const key = chain.keyRef(0)
  const from = chain.addressOf(await signer.publicKey(key))
  const amount = Money.of(SENT, chain.network.nativeAsset)
  const sequence = await chain.sequence(from)
  const fee = await chain.estimateFee({ from, to, amount })
  return chain.sign({ from, key, to, amount, sequence, fee }, signer)
}

function expectKind(
  what: string,
  outcome: Outcome<unknown>,
  kinds: readonly Outcome<unknown>['kind'][],
): void {
  const wanted = kinds.map((kind) => `\`${kind}\``).join(' or ')
  check(kinds.includes(outcome.kind), `${what}: expected ${wanted}, got ${shown(outcome)}.`)
}

async function expectArrived({ chain, witness }: ChainWorld, to: string): Promise<void> {
  const found = await witness.balance(to, chain.network.nativeAsset)
  check(found === SENT, `Expected ${SENT} units to arrive, the network says ${found}.`)
}

const blocksLink: Case<ChainWorld> = {
  id: 'chain/blocks_link',
  rule: "each block names its parent's hash.",
  async run(world) {
    await world.mine(4)
    const { latest } = await world.chain.head()
    for (let height = latest.height; height > latest.height - 3n; height--) {
      const block = await blockAt(world, height)
      const parentHash = await world.witness.blockHash(height - 1n)
      check(block.height === height, `Asked for block ${height}, got ${shown(block)}.`)
      check(block.hash === (await world.witness.blockHash(height)), `Block ${height} has another hash.`)
      check(
        block.parentHash === parentHash,
        `Block ${height} names the parent ${block.parentHash}, not ${parentHash}.`,
      )
    }
    const next = await world.chain.blockAt(latest.height + 1n)
    check(next === null, `The block after the last one is ${shown(next)}.`)
  },
}

const depositsByHash: Case<ChainWorld> = {
  id: 'chain/deposits_by_hash',
  rule: "deposits are read by block hash, so an orphaned block's deposits are never told as canonical.",
  async run(world) {
    const to = await world.address()
    const addresses = new Set([to])
    const amount = Money.of(SENT, world.chain.network.nativeAsset)
    const orphan = await world.deposit({ to, amount })
    const block = await blockAt(world, orphan.height)
    const told = await world.chain.deposits({ block, addresses })
    const hashes = told?.map((deposit) => deposit.transactionHash)
    check(
      hashes?.includes(orphan.transactionHash) === true,
      `The deposit is not told before the reorg: ${shown(told)}.`,
    )
    await world.mine(1)
    await world.reorg(2)
    const again = await world.chain.deposits({ block, addresses })
    check(again === null, `The block was orphaned: expected \`null\`, got ${shown(again)}.`)
    const canonical = await blockAt(world, orphan.height)
    const now = await world.chain.deposits({ block: canonical, addresses })
    check(now?.length === 0, `Nothing was paid in the block that took its place, got ${shown(now)}.`)
  },
}

async function expectDeposit(
  world: ChainWorld,
  { to, amount }: { to: string; amount: Money },
): Promise<void> {
  const { transactionHash, height } = await world.deposit({ to, amount })
  const block = await blockAt(world, height)
  const told = await world.chain.deposits({ block, addresses: new Set([to]) })
  const [deposit] = told ?? []
  const isExact =
    told?.length === 1 && deposit?.transactionHash === transactionHash && Money.equals(deposit.amount, amount)
  check(isExact, `${shown(amount)} was paid, the adapter told ${shown(told)}.`)
}

const depositExact: Case<ChainWorld> = {
  id: 'chain/deposit_exact',
  rule: 'native and token deposits are told to the last unit; zero amounts and foreign tokens are not told.',
  async run(world) {
    for (const asset of world.depositAssets) {
      const units = AMOUNTS.filter((amount) => amount <= world.largestDeposit(asset))
      for (const amount of units) {
        await expectDeposit(world, { to: await world.address(), amount: Money.of(amount, asset) })
      }
    }
    const to = await world.address()
    const block = await blockAt(world, await world.noise(to))
    const told = await world.chain.deposits({ block, addresses: new Set([to]) })
    check(told?.length === 0, `Nothing was paid, the adapter told ${shown(told)}.`)
  },
}

const sameBytesOnce: Case<ChainWorld> = {
  id: 'chain/same_bytes_once',
  rule: 'the same signed bytes may be broadcast again, and land once.',
  async run(world) {
    const to = await world.address()
    const signed = await signTransfer(world, to)
    expectKind('First', await world.chain.broadcast(signed), ['accepted'])
    expectKind('Again, while pending', await world.chain.broadcast(signed), ['accepted', 'unknown'])
    await world.mine(1)
    expectKind('Again, once mined', await world.chain.broadcast(signed), ['accepted', 'unknown'])
    await world.mine(1)
    await expectArrived(world, to)
  },
}

const lostBroadcast: Case<ChainWorld> = {
  id: 'chain/lost_broadcast_is_unknown',
  rule: 'a broadcast whose answer is lost is `unknown`.',
  async run(world) {
    const to = await world.address()
    const signed = await signTransfer(world, to)
    world.fault('lost_broadcast')
    expectKind('The answer was lost', await world.chain.broadcast(signed), ['unknown'])
    await world.mine(1)
    await expectArrived(world, to)
  },
}

const statusAbsent: Case<ChainWorld> = {
  id: 'chain/status_absent',
  rule: 'a hash the network never saw is `absent`; trouble throws.',
  async run(world) {
    const hash = world.unknownHash()
    const status = await world.chain.status(hash)
    check(status.kind === 'absent', `Expected \`absent\`, got ${shown(status)}.`)
    world.fault('unreachable')
    await checkThrows('status, unreachable', () => world.chain.status(hash))
    world.mend()
  },
}

async function expectMined(
  world: ChainWorld,
  { hash, succeeded }: { hash: string; succeeded: boolean },
): Promise<void> {
  const status = await world.chain.status(hash)
  const isTold = status.kind === 'mined' && status.succeeded === succeeded
  check(isTold, `Expected \`mined\` with succeeded ${succeeded}, got ${shown(status)}.`)
}

const failedIsTold: Case<ChainWorld> = {
  id: 'chain/failed_is_told',
  rule: 'a transaction that was mined and reverted is told as not succeeded.',
  async run(world) {
    const amount = Money.of(SENT, world.chain.network.nativeAsset)
    const paid = await world.deposit({ to: await world.address(), amount })
    await expectMined(world, { hash: paid.transactionHash, succeeded: true })
    const failed = await world.failed()
    if (failed !== null) await expectMined(world, { hash: failed, succeeded: false })
  },
}

/** The rules of `ChainProvider`. */
export const chainCases: readonly Case<ChainWorld>[] = [
  blocksLink,
  depositsByHash,
  depositExact,
  sameBytesOnce,
  lostBroadcast,
  statusAbsent,
  failedIsTold,
]
