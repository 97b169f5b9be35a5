/** A network made of plain data, with forks, a pool and faults on request: what the rail is tested against. */
import { createHash } from 'node:crypto'
import {
  type AssetId,
  accepted,
  type BlockRef,
  type ChainDeposit,
  type ChainProvider,
  declined,
  type Finality,
  Money,
  type NetworkFee,
  type Outcome,
  ProviderError,
  type SignedTransfer,
  unknown,
} from '@lastro/core/spec'

export const NATIVE = 'ETH.testnet/18'
export const TOKEN = 'USDT.testnet/6'
export const OUTSIDER = 'outsider'

/** What a transaction of this network says. `salt` makes two signatures of one transfer differ, as an HSM's do. */
export interface FakeTransaction {
  readonly from: string
  readonly to: string
  readonly amount: string
  readonly asset: AssetId
  readonly sequence: string
  /** What it pays, all told; blocks take none below the network's minimum. */
  readonly fee: string
  readonly salt: string
}

interface Included extends FakeTransaction {
  readonly hash: string
  readonly succeeded: boolean
}

interface Block extends BlockRef {
  readonly transactions: readonly Included[]
  /** The next sequence of each sender, after this block. */
  readonly sequences: ReadonlyMap<string, bigint>
  readonly balances: ReadonlyMap<string, bigint>
}

/** A fault that strikes a broadcast. */
export type BroadcastFault = 'lose_before' | 'lose_after' | 'not_sent' | 'refuse' | 'no_funds'

export interface FakeChainOptions {
  readonly finality?: Finality
  /** Blocks between the newest and the `finalized` one. Null: the node has no such tag. Default 3. */
  readonly finalizedLag?: number | null
}

export function hashOf(value: unknown): string {
  return `0x${createHash('sha256').update(JSON.stringify(value)).digest('hex')}`
}

const key = (address: string, asset: AssetId) => `${address} ${asset}`

/** An empty network at its first block. */
export function createFakeChain(options: FakeChainOptions = {}) {
  const finality: Finality = options.finality ?? { by: 'tag', tag: 'finalized', fallbackBlocks: 4 }
  const lag = options.finalizedLag === undefined ? 3 : options.finalizedLag
  const blocks = new Map<string, Block>()
  const pool = new Map<string, FakeTransaction>()
  const reverting = new Set<string>()
  const broadcasts: string[] = []
  const world = { head: '', count: 0, minimumFee: 1n, minutes: 0, hidden: new Set<string>() }
  let broadcastFault: (signed: SignedTransfer) => BroadcastFault | null = () => null
  let beforeCall: (operation: string) => Promise<void> | void = () => undefined

  const head = (): Block => must(blocks.get(world.head))
  const add = (parent: Block | null, included: readonly (readonly [string, FakeTransaction])[]): Block => {
    world.count += 1
    const height = parent === null ? 0n : parent.height + 1n
    const sequences = new Map(parent?.sequences)
    const balances = new Map(parent?.balances)
    const transactions: Included[] = []
    for (const [hash, transaction] of included) {
      const outcome = apply(transaction, { sequences, balances, reverting })
      if (outcome !== null) transactions.push({ ...transaction, hash, succeeded: outcome })
    }
    const hash = hashOf(['block', world.count])
    const time = new Date(Date.UTC(2026, 2, 2, 12, 0, world.count))
    const parentHash = parent?.hash ?? hashOf('nothing')
    const block: Block = { height, hash, parentHash, time, transactions, sequences, balances }
    blocks.set(hash, block)
    return block
  }
  world.head = add(null, []).hash

  const path = (from: Block): Block[] => {
    const found: Block[] = []
    for (let at: Block | undefined = from; at !== undefined; at = blocks.get(at.parentHash)) found.push(at)
    return found.reverse()
  }
  const at = (height: bigint): Block | null => path(head())[Number(height)] ?? null
  const take = () => {
    const ready = [...pool].filter(([, transaction]) => BigInt(transaction.fee) >= world.minimumFee)
    // Of two with one sequence the dearer one comes first, and leaves no room for the other.
    const order = (left: FakeTransaction, right: FakeTransaction) =>
      BigInt(left.sequence) - BigInt(right.sequence) || BigInt(right.fee) - BigInt(left.fee)
    return ready.sort(([, left], [, right]) => Number(order(left, right)))
  }
  const mine = (count = 1): Block => {
    for (let left = count; left > 0; left -= 1) {
      const block = add(head(), take())
      world.head = block.hash
      for (const [hash, transaction] of pool) {
        const used = block.sequences.get(transaction.from) ?? 0n
        if (BigInt(transaction.sequence) < used) pool.delete(hash)
      }
    }
    return head()
  }
  const post = (transaction: FakeTransaction): string => {
    const hash = hashOf(transaction)
    pool.set(hash, transaction)
    return hash
  }
  const send = (from: string, to: string, amount: Money, more: Partial<FakeTransaction> = {}): string => {
    const pending = [...pool.values()].filter((transaction) => transaction.from === from)
    const next = (head().sequences.get(from) ?? 0n) + BigInt(pending.length)
    return post({
      from,
      to,
      amount: amount.amount.toString(),
      asset: amount.asset,
      sequence: next.toString(),
      fee: '1000',
      salt: String(world.count) + String(pool.size),
      ...more,
    })
  }

  const provider = createProvider({
    finality,
    call: async (operation) => beforeCall(operation),
    head,
    at,
    blocks,
    pool,
    finalized: () => (lag === null ? null : at(max(0n, head().height - BigInt(lag)))),
    fault: (signed) => broadcastFault(signed),
    broadcasts,
    hidden: world.hidden,
    minimumFee: () => world.minimumFee,
  })

  return {
    provider,
    pool,
    broadcasts,
    reverting,
    /** Hashes that the node denies to know, as a lagging one would. */
    hidden: world.hidden,
    head,
    at,
    mine,
    post,
    /** Somebody pays; mined with the next block. */
    deposit: (to: string, amount: Money, from = OUTSIDER) => send(from, to, amount),
    /** A transaction that spends from one of our addresses, and that we did not make. */
    foreign: (from: string, more: Partial<FakeTransaction> = {}) =>
      send(from, OUTSIDER, Money.of(1n, NATIVE), { fee: '1000000', ...more }),
    fund: (address: string, money: Money) => {
      const block = head()
      const balances = new Map(block.balances)
      balances.set(key(address, money.asset), (balances.get(key(address, money.asset)) ?? 0n) + money.amount)
      blocks.set(block.hash, { ...block, balances })
    },
    /** Drops the last blocks and mines others; what was in them goes back to the pool, unless it is left out. */
    reorg: (
      depth: number,
      change: { readonly drop?: ReadonlySet<string> | 'all'; readonly grow?: number } = {},
    ) => {
      const kept = must(at(head().height - BigInt(depth)))
      const lost = path(head()).slice(Number(kept.height) + 1)
      for (const { hash, ...included } of lost.flatMap((block) => block.transactions)) {
        const { succeeded: _, ...transaction } = included
        if (change.drop !== 'all' && !change.drop?.has(hash)) pool.set(hash, transaction)
      }
      world.head = kept.hash
      return mine(change.grow ?? depth)
    },
    /** Every transaction on the chain as it is now. */
    canonical: () => path(head()).flatMap((block) => block.transactions.map((row) => ({ ...row, block }))),
    balance: (address: string, asset: AssetId) => head().balances.get(key(address, asset)) ?? 0n,
    setMinimumFee: (fee: bigint) => {
      world.minimumFee = fee
    },
    onBroadcast: (fault: (signed: SignedTransfer) => BroadcastFault | null) => {
      broadcastFault = fault
    },
    /** Runs before every call of the provider; may throw. */
    onCall: (hook: (operation: string) => Promise<void> | void) => {
      beforeCall = hook
    },
  }
}

export type FakeChain = ReturnType<typeof createFakeChain>

function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('The fake network has no such thing.')
  return value
}

const max = (left: bigint, right: bigint) => (left > right ? left : right)

interface State {
  readonly sequences: Map<string, bigint>
  readonly balances: Map<string, bigint>
  readonly reverting: ReadonlySet<string>
}

/** Null: not valid in this block. Else whether it moved anything; the fee is taken either way. */
function apply(transaction: FakeTransaction, { sequences, balances, reverting }: State): boolean | null {
  const { from, to, asset } = transaction
  if ((sequences.get(from) ?? 0n) !== BigInt(transaction.sequence)) return null
  const amount = BigInt(transaction.amount)
  const has = (wanted: AssetId) => balances.get(key(from, wanted)) ?? 0n
  const isRich = from.startsWith(OUTSIDER)
  const fee = BigInt(transaction.fee)
  const needed = asset === NATIVE ? amount + fee : fee
  if (!isRich && has(NATIVE) < needed) return null
  sequences.set(from, BigInt(transaction.sequence) + 1n)
  if (!isRich) balances.set(key(from, NATIVE), has(NATIVE) - fee)
  if (reverting.has(to) || (!isRich && has(asset) < amount)) return false
  if (!isRich) balances.set(key(from, asset), has(asset) - amount)
  balances.set(key(to, asset), (balances.get(key(to, asset)) ?? 0n) + amount)
  return true
}

interface Node {
  readonly finality: Finality
  call(operation: string): Promise<void>
  head(): Block
  at(height: bigint): Block | null
  finalized(): Block | null
  readonly blocks: ReadonlyMap<string, Block>
  readonly pool: Map<string, FakeTransaction>
  readonly broadcasts: string[]
  readonly hidden: ReadonlySet<string>
  minimumFee(): bigint
  fault(signed: SignedTransfer): BroadcastFault | null
}

function createProvider(node: Node): ChainProvider {
  let salt = 0
  const find = (hash: string) => {
    for (let at: Block | undefined = node.head(); at !== undefined; at = node.blocks.get(at.parentHash)) {
      const found = at.transactions.find((transaction) => transaction.hash === hash)
      if (found !== undefined) return { block: at, found }
    }
    return null
  }
  const isOnChain = (block: BlockRef) => node.at(block.height)?.hash === block.hash
  return {
    specVersion: 1,
    network: {
      id: 'testnet',
      family: 'evm',
      caip2: 'eip155:31337',
      name: 'Testnet',
      nativeAsset: NATIVE,
      finality: node.finality,
      explorerUrl: null,
      isTest: true,
    },
    assets: [NATIVE, TOKEN],
    addressOf: (publicKey) => `addr_${Buffer.from(publicKey).toString('hex')}`,
    keyRef: (index) => ({ curve: 'secp256k1', path: `m/0/${index}` }),
    parseAddress: (text) =>
      text.includes(' ') ? { ok: false, rule: 'private_key' } : { ok: true, address: text },
    head: async () => {
      await node.call('head')
      return { latest: refOf(node.head()), safe: null, finalized: refOrNull(node.finalized()) }
    },
    blockAt: async (height) => {
      await node.call('blockAt')
      return refOrNull(node.at(height))
    },
    deposits: async ({ block, addresses }) => {
      await node.call('deposits')
      const found = node.blocks.get(block.hash)
      if (found === undefined || !isOnChain(block)) return null
      return found.transactions.filter(({ to, succeeded }) => succeeded && addresses.has(to)).map(depositOf)
    },
    balance: async ({ address, asset }) => {
      await node.call('balance')
      return Money.of(node.head().balances.get(key(address, asset)) ?? 0n, asset)
    },
    history: async () => [],
    sequence: async (address) => {
      await node.call('sequence')
      return node.head().sequences.get(address) ?? 0n
    },
    estimateFee: async ({ replaces }) => {
      await node.call('estimateFee')
      const least = replaces === undefined ? 0n : (replaces.max.amount * 1_125n) / 1_000n + 1n
      return feeOf(max(least, max(1_000n, node.minimumFee())))
    },
    sign: async (transfer, signer) => {
      await node.call('sign')
      await signer.sign(transfer.key, new Uint8Array(32))
      salt += 1
      const transaction: FakeTransaction = {
        from: transfer.from,
        to: transfer.to,
        amount: transfer.amount.amount.toString(),
        asset: transfer.amount.asset,
        sequence: transfer.sequence.toString(),
        fee: transfer.fee.max.amount.toString(),
        salt: `signature ${salt}`,
      }
      return { raw: JSON.stringify(transaction), hash: hashOf(transaction) }
    },
    broadcast: async (signed) => {
      await node.call('broadcast')
      return broadcast(node, signed, find)
    },
    status: async (hash) => {
      await node.call('status')
      if (node.hidden.has(hash)) return { kind: 'absent' }
      const mined = find(hash)
      if (mined === null) return node.pool.has(hash) ? { kind: 'pending' } : { kind: 'absent' }
      const { height, hash: blockHash } = mined.block
      const fee = Money.of(BigInt(mined.found.fee), NATIVE)
      return { kind: 'mined', block: { height, hash: blockHash }, succeeded: mined.found.succeeded, fee }
    },
  }
}

type Find = (hash: string) => object | null

function broadcast(node: Node, signed: SignedTransfer, find: Find): Outcome<{ readonly hash: string }> {
  const fault = node.fault(signed)
  const cause = new Error('the answer was lost')
  if (fault === 'not_sent') return { kind: 'not_sent', cause }
  if (fault === 'refuse') return declined('refused', 'never valid')
  if (fault === 'no_funds') return declined('insufficient_funds')
  if (fault === 'lose_before') return unknown(cause)
  const answer = admit(node, signed, find)
  node.broadcasts.push(signed.hash)
  return fault === 'lose_after' ? unknown(cause) : answer
}

function admit(node: Node, { raw, hash }: SignedTransfer, find: Find): Outcome<{ readonly hash: string }> {
  const transaction: FakeTransaction = JSON.parse(raw)
  if (find(hash) !== null || node.pool.has(hash)) return accepted({ hash })
  const used = node.head().sequences.get(transaction.from) ?? 0n
  if (BigInt(transaction.sequence) < used) return declined('expired')
  for (const [rival, other] of node.pool) {
    if (other.from !== transaction.from || other.sequence !== transaction.sequence) continue
    if (BigInt(other.fee) * 110n > BigInt(transaction.fee) * 100n) return unknown(new Error('underpriced'))
    node.pool.delete(rival)
  }
  node.pool.set(hash, transaction)
  return accepted({ hash })
}

function depositOf(transaction: Included): ChainDeposit {
  const { hash, from, to, asset } = transaction
  const amount = Money.of(BigInt(transaction.amount), asset)
  return { transactionHash: hash, position: asset === NATIVE ? 'native' : 'log:0', from, to, amount }
}

function feeOf(amount: bigint): NetworkFee {
  return { max: Money.of(amount, NATIVE), parameters: { price: amount.toString() } }
}

function refOf({ height, hash, parentHash, time }: Block): BlockRef {
  return { height, hash, parentHash, time }
}

function refOrNull(block: Block | null): BlockRef | null {
  return block === null ? null : refOf(block)
}

/** Trouble of the node, as a read throws it. */
export function unavailable(): ProviderError {
  return new ProviderError({ provider: 'fake', kind: 'unavailable', message: 'the node is down' })
}
