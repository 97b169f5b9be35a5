import { createHash } from 'node:crypto'
import type { AssetId, BlockRef } from '@lastro/core/spec'
import type { ChainFault } from '../../conformance/index.ts'
import { transportError } from '../flaw.ts'

/** A transaction as the network keeps it. */
export interface Transaction {
  readonly hash: string
  readonly from: string
  readonly to: string
  readonly asset: AssetId
  readonly amount: bigint
  readonly sequence: bigint
  readonly succeeded: boolean
}

/** A block and what is in it. */
export interface Block {
  readonly ref: BlockRef
  readonly transactions: readonly Transaction[]
}

/** What the node answers to signed bytes. */
export type Sent = 'taken' | 'known' | 'sequence_used'

/** A network in memory, as its node is asked by adapters. */
export interface ChainNode {
  latest(): Block
  blockAt(height: bigint): Block | null
  /** Null for a block that is not on the chain, orphaned or never there. */
  blockByHash(hash: string): Block | null
  /** @throws Error with a transport's code. */
  send(raw: string): Sent
  transaction(hash: string): { readonly transaction: Transaction; readonly block: Block | null } | null
}

/** The network itself, as the world moves it. */
export interface MemoryChain {
  readonly node: ChainNode
  balance(address: string, asset: AssetId): bigint
  /** How many transactions of this sender were mined. */
  count(from: string): bigint
  /** Puts a transaction of somebody else into the pool, and answers its hash. */
  put(transaction: Omit<Transaction, 'hash' | 'sequence'>): string
  mine(blocks?: number): bigint
  reorg(depth: number): void
  fault(kind: ChainFault): void
  mend(): void
}

/** The hash of a text, as everything on this network is named. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The transaction inside signed bytes. */
export function parseRaw(raw: string): Transaction {
  const body = JSON.parse(Buffer.from(raw, 'hex').toString())
  const { from, to, asset, amount, sequence } = body
  const hash = hashOf(raw)
  return { hash, from, to, asset, amount: BigInt(amount), sequence: BigInt(sequence), succeeded: true }
}

function child(
  parent: Block | null,
  { transactions, branch }: { transactions: readonly Transaction[]; branch: number },
): Block {
  const height = parent === null ? 0n : parent.ref.height + 1n
  const parentHash = parent?.ref.hash ?? hashOf('before the first block')
  const hash = hashOf(`${parentHash} ${branch} ${transactions.map((entry) => entry.hash).join()}`)
  const time = new Date(Date.UTC(2026, 2, 2) + 1_000 * Number(height))
  return { ref: { height, hash, parentHash, time }, transactions }
}

/** Everything the network remembers. */
interface State {
  blocks: readonly Block[]
  pool: readonly Transaction[]
  /** Tells the blocks of one branch from those of another. */
  branch: number
  strangers: number
  isDown: boolean
  losesNext: boolean
}

const minedIn = ({ blocks }: State): readonly Transaction[] => blocks.flatMap((block) => block.transactions)

function countOf(state: State, from: string): bigint {
  return BigInt(minedIn(state).filter((entry) => entry.from === from).length)
}

function balanceOf(state: State, { address, asset }: { address: string; asset: AssetId }): bigint {
  const moved = minedIn(state).filter((entry) => entry.succeeded && entry.asset === asset)
  const sum = (side: 'from' | 'to') =>
    moved.filter((entry) => entry[side] === address).reduce((total, { amount }) => total + amount, 0n)
  return sum('to') - sum('from')
}

function mine(state: State, howMany: number): bigint {
  for (let made = 0; made < howMany; made++) {
    const block = child(state.blocks.at(-1) ?? null, { transactions: state.pool, branch: state.branch })
    state.blocks = [...state.blocks, block]
    state.pool = []
  }
  return state.blocks.at(-1)?.ref.height ?? 0n
}

function take(state: State, transaction: Transaction): Sent {
  const all = [...minedIn(state), ...state.pool]
  if (all.some(({ hash }) => hash === transaction.hash)) return 'known'
  const waiting = state.pool.filter(({ from }) => from === transaction.from).length
  if (transaction.sequence < countOf(state, transaction.from) + BigInt(waiting)) return 'sequence_used'
  state.pool = [...state.pool, transaction]
  return 'taken'
}

function createNode(state: State): ChainNode {
  const connect = () => {
    if (state.isDown) throw transportError('ECONNREFUSED')
  }
  const find = (matches: (block: Block) => boolean) => {
    connect()
    return state.blocks.find(matches) ?? null
  }
  return {
    latest() {
      connect()
      return state.blocks.at(-1) ?? child(null, { transactions: [], branch: state.branch })
    },
    blockAt: (height) => find(({ ref }) => ref.height === height),
    blockByHash: (hash) => find(({ ref }) => ref.hash === hash),
    send(raw) {
      connect()
      const sent = take(state, parseRaw(raw))
      if (!state.losesNext) return sent
      state.losesNext = false
      throw transportError('UND_ERR_SOCKET')
    },
    transaction(hash) {
      const block = find(({ transactions }) => transactions.some((entry) => entry.hash === hash))
      const transaction = [...(block?.transactions ?? state.pool)].find((entry) => entry.hash === hash)
      return transaction === undefined ? null : { transaction, block }
    },
  }
}

/** A network with some empty blocks. */
export function createMemoryChain(): MemoryChain {
  const state: State = { blocks: [], pool: [], branch: 0, strangers: 0, isDown: false, losesNext: false }
  mine(state, 3)
  return {
    node: createNode(state),
    balance: (address, asset) => balanceOf(state, { address, asset }),
    count: (from) => countOf(state, from),
    put(transaction) {
      state.strangers += 1
      const hash = hashOf(`stranger ${state.strangers}`)
      state.pool = [...state.pool, { ...transaction, hash, sequence: 0n }]
      return hash
    },
    mine: (blocks = 1) => mine(state, blocks),
    reorg(depth) {
      state.branch += 1
      state.blocks = state.blocks.slice(0, -depth)
      mine(state, depth)
    },
    fault(kind) {
      if (kind === 'unreachable') state.isDown = true
      else state.losesNext = true
    },
    mend() {
      state.isDown = false
    },
  }
}
