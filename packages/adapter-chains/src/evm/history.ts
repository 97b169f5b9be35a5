import { type ChainMovement, Money } from '@lastro/core/spec'
import { requireAddress } from './address.ts'
import { type FullBlock, isCanonical, nativeValues, readFullBlockAt } from './blocks.ts'
import type { EvmContext } from './context.ts'
import type { Rpc } from './nodes.ts'
import { inParallel } from './parallel.ts'
import { type Receipt, readReceipts } from './receipts.ts'
import { logMarks, logQuery, transfersOf } from './transfers.ts'
import { invalidRequest, unavailable } from './trouble.ts'
import { quantity, toQuantity } from './wire.ts'

/** A range of heights, both ends included, in the life of one address. */
export interface RangeQuery {
  readonly address: string
  readonly fromHeight: bigint
  readonly toHeight: bigint
  readonly signal?: AbortSignal
}

interface Scan {
  readonly movements: ChainMovement[]
  /** What the address paid for transactions, in wei. */
  fees: bigint
}

const MAX_HEIGHTS = 10_000n
const BLOCKS_AT_ONCE = 8
/** Heights whose blocks are held in memory at a time; small enough for every provider's limit on log ranges. */
const WINDOW = 50n

function checkRange(context: EvmContext, { address, fromHeight, toHeight }: RangeQuery): string {
  const { id } = context
  if (fromHeight < 0n || toHeight < fromHeight) {
    throw invalidRequest(id, 'fromHeight must be zero or more, and toHeight not below it.')
  }
  if (toHeight - fromHeight >= MAX_HEIGHTS) {
    throw invalidRequest(id, `fromHeight to toHeight may span ${MAX_HEIGHTS} heights at most.`)
  }
  return requireAddress(context, { field: 'address', text: address })
}

const moved = (id: string) => unavailable(id, 'the chain moved while it was read: ask again.')

async function readWindow(rpc: Rpc, heights: readonly bigint[]): Promise<readonly FullBlock[]> {
  return inParallel(heights, { limit: BLOCKS_AT_ONCE }, async (height) => {
    const block = await readFullBlockAt(rpc, height)
    if (block === null) throw unavailable(rpc.id, `the node has no block ${height} yet.`)
    return block
  })
}

/** Hashes by block, of the transactions that concern the address; their receipts decide. */
async function candidates(
  rpc: Rpc,
  { id, tokens }: EvmContext,
  { address, blocks }: { readonly address: string; readonly blocks: readonly FullBlock[] },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const lower = address.toLowerCase()
  const found = new Map(
    blocks.map(({ ref, transactions }) => {
      const own = transactions.filter(({ from, to, value }) => from === lower || (to === lower && value > 0n))
      return [ref.hash, new Set(own.map(({ hash }) => hash))]
    }),
  )
  const [first, last] = [blocks[0]?.ref, blocks.at(-1)?.ref]
  if (tokens.length === 0 || first === undefined || last === undefined) return found
  const scope = { fromHeight: first.height, toHeight: last.height }
  for (const party of [
    { from: [address], to: null },
    { from: null, to: [address] },
  ]) {
    for (const mark of logMarks(id, await rpc.call('eth_getLogs', logQuery(tokens, scope, party)))) {
      const hashes = found.get(mark.blockHash)
      if (hashes === undefined) throw moved(id)
      hashes.add(mark.transactionHash)
    }
  }
  return found
}

function movementsOf(
  context: EvmContext,
  facts: { readonly address: string; readonly value: bigint; readonly receipt: Receipt },
): readonly ChainMovement[] {
  const { address, value, receipt } = facts
  return transfersOf(context, { value, receipt }).flatMap(({ from, to, ...transfer }) => {
    const line = { ...transfer, block: receipt.block }
    const out = { ...line, direction: 'out' as const, counterparty: to }
    const into = { ...line, direction: 'in' as const, counterparty: from }
    return [...(from === address ? [out] : []), ...(to === address ? [into] : [])]
  })
}

/** Reads a range block by block, and makes sure that the blocks are links of one chain. */
async function scan(rpc: Rpc, context: EvmContext, query: RangeQuery): Promise<Scan> {
  const { id } = context
  const { address, fromHeight, toHeight } = query
  const result: Scan = { movements: [], fees: 0n }
  let last: FullBlock | undefined
  for (let start = fromHeight; start <= toHeight; start += WINDOW) {
    const end = start + WINDOW - 1n < toHeight ? start + WINDOW - 1n : toHeight
    const heights = Array.from(
      { length: Number.parseInt(`${end - start + 1n}`, 10) },
      (_, i) => start + BigInt(i),
    )
    const blocks = await readWindow(rpc, heights)
    for (const block of blocks) {
      if (last !== undefined && block.ref.parentHash !== last.ref.hash) throw moved(id)
      last = block
    }
    const found = await candidates(rpc, context, { address, blocks })
    for (const block of blocks) {
      const hashes = found.get(block.ref.hash) ?? new Set()
      const valueIn = nativeValues(block)
      for (const receipt of await readReceipts(rpc, { blockHash: block.ref.hash, hashes })) {
        result.movements.push(
          ...movementsOf(context, { address, value: valueIn(receipt.transactionHash), receipt }),
        )
        if (receipt.from === address.toLowerCase()) result.fees += receipt.fee
      }
    }
  }
  if (last !== undefined && !(await isCanonical(rpc, last.ref))) throw moved(id)
  return result
}

/**
 * Movements of an address in a range, oldest first. Fees are no movements. It reads every block of the range with its
 * transactions, since nodes keep no index by address: meant for reconciliation, not for a screen.
 * @throws ProviderError
 */
export function readHistory(context: EvmContext, query: RangeQuery): Promise<readonly ChainMovement[]> {
  const range = { ...query, address: checkRange(context, query) }
  return context.nodes.read(async (rpc) => (await scan(rpc, context, range)).movements, query.signal)
}

/**
 * By how much the native balance of an address changed in a range without a transaction that says so: money that a
 * contract passed on, a validator's withdrawal. Such money leaves no log, so `deposits` and `history` do not see it.
 * Needs a node that still has the balances of both ends of the range.
 * @throws ProviderError
 */
export async function readUnattributed(context: EvmContext, query: RangeQuery): Promise<Money> {
  const { id, network } = context
  const range = { ...query, address: checkRange(context, query) }
  if (range.fromHeight === 0n) throw invalidRequest(id, 'fromHeight must be 1 or more.')
  return context.nodes.read(async (rpc) => {
    const balanceAt = async (height: bigint) => {
      const answer = await rpc.call('eth_getBalance', [range.address, toQuantity(height)])
      return quantity(answer, { id, field: 'eth_getBalance' })
    }
    const before = await balanceAt(range.fromHeight - 1n)
    const after = await balanceAt(range.toHeight)
    const { movements, fees } = await scan(rpc, context, range)
    const native = movements.filter(({ amount }) => amount.asset === network.nativeAsset)
    const known = native.reduce(
      (sum, { amount, direction }) => sum + (direction === 'in' ? 1n : -1n) * amount.amount,
      0n,
    )
    return Money.of(after - before - known + fees, network.nativeAsset)
  }, query.signal)
}
