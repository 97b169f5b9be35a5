import type { BlockRef, ChainHead } from '@lastro/core/spec'
import type { EvmContext } from './context.ts'
import type { Rpc } from './nodes.ts'
import { isMissingTag } from './rpc-errors.ts'
import { unexpectedAnswer } from './trouble.ts'
import { address, hash, list, object, quantity, toQuantity } from './wire.ts'

/** A transaction as its block holds it, with what we read of it. Addresses are lower case. */
export interface BlockTransaction {
  readonly hash: string
  readonly from: string
  /** Null for the creation of a contract. */
  readonly to: string | null
  /** In wei. */
  readonly value: bigint
}

/** A block with its transactions, in their order. */
export interface FullBlock {
  readonly ref: BlockRef
  readonly transactions: readonly BlockTransaction[]
}

/** The last second that a JavaScript date can hold. */
const MAX_SECONDS = 8_640_000_000_000n

function timeOf(id: string, seconds: bigint): Date {
  if (seconds > MAX_SECONDS) throw unexpectedAnswer(id, 'block.timestamp is no time.')
  return new Date(Number.parseInt(seconds.toString(), 10) * 1_000)
}

function blockRef(id: string, value: unknown): BlockRef {
  const block = object(value, { id, field: 'block' })
  return {
    height: quantity(block.number, { id, field: 'block.number' }),
    hash: hash(block.hash, { id, field: 'block.hash' }),
    parentHash: hash(block.parentHash, { id, field: 'block.parentHash' }),
    time: timeOf(id, quantity(block.timestamp, { id, field: 'block.timestamp' })),
  }
}

function blockTransaction(id: string, value: unknown): BlockTransaction {
  const transaction = object(value, { id, field: 'transaction' })
  const to = transaction.to ?? null
  return {
    hash: hash(transaction.hash, { id, field: 'transaction.hash' }),
    from: address(transaction.from, { id, field: 'transaction.from' }),
    to: to === null ? null : address(to, { id, field: 'transaction.to' }),
    value: quantity(transaction.value, { id, field: 'transaction.value' }),
  }
}

function fullBlock(id: string, value: unknown): FullBlock | null {
  if (value === null) return null
  const { transactions } = object(value, { id, field: 'block' })
  const rows = list(transactions, { id, field: 'block.transactions' })
  return { ref: blockRef(id, value), transactions: rows.map((row) => blockTransaction(id, row)) }
}

/**
 * The native value of each transaction of a block. One that the block does not list has none, but may have logs: some
 * nodes leave a network's own system transactions out of the list.
 */
export function nativeValues({ transactions }: FullBlock): (hash: string) => bigint {
  const values = new Map(transactions.map(({ hash, value }) => [hash, value]))
  return (hash) => values.get(hash) ?? 0n
}

/** The canonical block at a height, or null above the newest. */
export async function readBlockAt(rpc: Rpc, height: bigint): Promise<BlockRef | null> {
  const block = await rpc.call('eth_getBlockByNumber', [toQuantity(height), false])
  return block === null ? null : blockRef(rpc.id, block)
}

/** The same with its transactions. */
export async function readFullBlockAt(rpc: Rpc, height: bigint): Promise<FullBlock | null> {
  return fullBlock(rpc.id, await rpc.call('eth_getBlockByNumber', [toQuantity(height), true]))
}

/** A block by its hash, or null when the node does not know it. A node may also know orphaned ones. */
export async function readFullBlock(rpc: Rpc, blockHash: string): Promise<FullBlock | null> {
  const block = fullBlock(rpc.id, await rpc.call('eth_getBlockByHash', [blockHash, true]))
  if (block !== null && block.ref.hash !== blockHash.toLowerCase()) {
    throw unexpectedAnswer(rpc.id, 'the node answered with another block than asked for.')
  }
  return block
}

/** True while the block is on the chain that the node follows. */
export async function isCanonical(rpc: Rpc, block: { height: bigint; hash: string }): Promise<boolean> {
  const current = await readBlockAt(rpc, block.height)
  return current?.hash === block.hash.toLowerCase()
}

/** The newest block. */
export async function readLatest(rpc: Rpc): Promise<BlockRef> {
  return blockRef(rpc.id, await rpc.call('eth_getBlockByNumber', ['latest', false]))
}

/** The block of a tag, or null where the network or the node has no such tag, or none yet. */
export async function readTag(rpc: Rpc, tag: 'safe' | 'finalized'): Promise<BlockRef | null> {
  const answer = await rpc.ask('eth_getBlockByNumber', [tag, false])
  if (answer.kind === 'result') return answer.value === null ? null : blockRef(rpc.id, answer.value)
  if (isMissingTag(answer)) return null
  throw rpc.refusal('eth_getBlockByNumber', answer)
}

/** How far the network is. */
export function readHead({ nodes }: EvmContext, signal?: AbortSignal): Promise<ChainHead> {
  return nodes.read(async (rpc) => {
    const [safe, finalized] = await Promise.all([readTag(rpc, 'safe'), readTag(rpc, 'finalized')])
    // Last, so that no tag can be above it.
    const latest = await readLatest(rpc)
    return { latest, safe, finalized }
  }, signal)
}

/** The highest height that is final by the network's rule, or null when none is yet. */
export async function readFinalHeight({ network }: EvmContext, rpc: Rpc): Promise<bigint | null> {
  const { finality } = network
  if (finality.by === 'tag') {
    const block = await readTag(rpc, finality.tag)
    if (block !== null) return block.height
  }
  const blocks = finality.by === 'tag' ? finality.fallbackBlocks : finality.blocks
  const { height } = await readLatest(rpc)
  const final = height - BigInt(blocks) + 1n
  return final < 0n ? null : final
}
