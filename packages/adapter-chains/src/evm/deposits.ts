import { type BlockRef, type ChainDeposit, isProviderError } from '@lastro/core/spec'
import { type FullBlock, isCanonical, nativeValues, readFullBlock } from './blocks.ts'
import type { EvmContext } from './context.ts'
import type { Rpc } from './nodes.ts'
import { readReceipts } from './receipts.ts'
import { logMarks, logQuery, type Transfer, transfersOf } from './transfers.ts'

/** What `deposits` is asked. */
export interface DepositsQuery {
  readonly block: BlockRef
  readonly addresses: ReadonlySet<string>
  readonly signal?: AbortSignal
}

/**
 * Above this, the block's token transfers are all read and sorted out here: one block has hundreds of them, while
 * thousands of addresses would make many requests and tell the node who our customers are.
 */
const ADDRESSES_IN_QUERY = 250

interface Search {
  readonly block: FullBlock
  /** Lower case. */
  readonly watched: ReadonlySet<string>
}

/** Hashes of the transactions that may hold a deposit; their receipts decide. */
async function candidates(
  rpc: Rpc,
  { id, tokens }: EvmContext,
  { block, watched }: Search,
): Promise<ReadonlySet<string>> {
  const paying = block.transactions.filter(({ to, value }) => to !== null && value > 0n && watched.has(to))
  const hashes = new Set(paying.map((transaction) => transaction.hash))
  if (tokens.length === 0 || watched.size === 0) return hashes
  const to = watched.size > ADDRESSES_IN_QUERY ? null : [...watched]
  const query = logQuery(tokens, { block: block.ref }, { from: null, to })
  for (const mark of logMarks(id, await rpc.call('eth_getLogs', query))) {
    if (watched.has(mark.to)) hashes.add(mark.transactionHash)
  }
  return hashes
}

async function readBlockDeposits(
  rpc: Rpc,
  context: EvmContext,
  search: Search,
): Promise<readonly ChainDeposit[]> {
  const { block, watched } = search
  const hashes = await candidates(rpc, context, search)
  const receipts = await readReceipts(rpc, { blockHash: block.ref.hash, hashes })
  const valueIn = nativeValues(block)
  // Money sent from an address to itself is not money that arrived.
  const isDeposit = ({ from, to }: Transfer) => from !== to && watched.has(to.toLowerCase())
  return receipts.flatMap((receipt) =>
    transfersOf(context, { value: valueIn(receipt.transactionHash), receipt }).filter(isDeposit),
  )
}

/**
 * What arrived in one block, read by its hash. Null when the node does not know the block, or knows it as orphaned:
 * some nodes go on answering for dead branches, so the block's place on the chain is checked last.
 *
 * A node that is behind answers null as well: null says "not canonical here and now", never "gone for ever".
 * @throws ProviderError
 */
export function readDeposits(
  context: EvmContext,
  query: DepositsQuery,
): Promise<readonly ChainDeposit[] | null> {
  const { nodes } = context
  const watched = new Set([...query.addresses].map((address) => address.toLowerCase()))
  return nodes.read(async (rpc) => {
    const block = await readFullBlock(rpc, query.block.hash)
    if (block === null) return null
    const stands = () => isCanonical(rpc, block.ref)
    try {
      const found = await readBlockDeposits(rpc, context, { block, watched })
      return (await stands()) ? found : null
    } catch (error) {
      // The block may have been orphaned half-way: that is an answer, not trouble.
      if (isProviderError(error) && !(await stands())) return null
      throw error
    }
  }, query.signal)
}
