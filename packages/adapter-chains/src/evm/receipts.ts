import type { Rpc } from './nodes.ts'
import { inParallel } from './parallel.ts'
import { unavailable, unexpectedAnswer } from './trouble.ts'
import { address, bytes, hash, list, object, quantity } from './wire.ts'

/** One log. Addresses and hex are lower case. */
export interface Log {
  readonly contract: string
  readonly topics: readonly string[]
  readonly data: string
}

/** What a mined transaction did. */
export interface Receipt {
  readonly transactionHash: string
  readonly block: { readonly height: bigint; readonly hash: string }
  /** Its place in the block. */
  readonly index: bigint
  /** False: it moved nothing. */
  readonly succeeded: boolean
  readonly from: string
  readonly to: string | null
  /** All of its logs in their order: a log's place here is its place in the transaction. */
  readonly logs: readonly Log[]
  /** In wei: gas used at the price paid, and the layer-1 part where the network tells one. */
  readonly fee: bigint
}

const RECEIPTS_AT_ONCE = 8

/** A log as receipts and `eth_getLogs` tell it. @throws ProviderError `unexpected_answer`. */
export function readLog(id: string, value: unknown): Log {
  const log = object(value, { id, field: 'log' })
  return {
    contract: address(log.address, { id, field: 'log.address' }),
    topics: list(log.topics, { id, field: 'log.topics' }).map((topic) =>
      hash(topic, { id, field: 'log.topics' }),
    ),
    data: bytes(log.data, { id, field: 'log.data' }),
  }
}

/**
 * Gas used times the price paid. On OP-stack networks the receipt also carries `l1Fee`, which is charged on top;
 * Arbitrum counts its layer-1 part as gas.
 */
function readFee(id: string, receipt: Readonly<Record<string, unknown>>): bigint {
  const used = quantity(receipt.gasUsed, { id, field: 'receipt.gasUsed' })
  const price = quantity(receipt.effectiveGasPrice, { id, field: 'receipt.effectiveGasPrice' })
  const l1Fee = receipt.l1Fee ?? null
  return used * price + (l1Fee === null ? 0n : quantity(l1Fee, { id, field: 'receipt.l1Fee' }))
}

function parseReceipt(id: string, value: unknown): Receipt {
  const receipt = object(value, { id, field: 'receipt' })
  const to = receipt.to ?? receipt.contractAddress ?? null
  return {
    transactionHash: hash(receipt.transactionHash, { id, field: 'receipt.transactionHash' }),
    block: {
      height: quantity(receipt.blockNumber, { id, field: 'receipt.blockNumber' }),
      hash: hash(receipt.blockHash, { id, field: 'receipt.blockHash' }),
    },
    index: quantity(receipt.transactionIndex, { id, field: 'receipt.transactionIndex' }),
    succeeded: quantity(receipt.status, { id, field: 'receipt.status' }) === 1n,
    from: address(receipt.from, { id, field: 'receipt.from' }),
    to: to === null ? null : address(to, { id, field: 'receipt.to' }),
    logs: list(receipt.logs, { id, field: 'receipt.logs' }).map((log) => readLog(id, log)),
    fee: readFee(id, receipt),
  }
}

/** The receipt of a transaction, or null while it is in no block. */
export async function readReceipt(rpc: Rpc, transactionHash: string): Promise<Receipt | null> {
  const value = await rpc.call('eth_getTransactionReceipt', [transactionHash])
  if (value === null) return null
  const receipt = parseReceipt(rpc.id, value)
  if (receipt.transactionHash === transactionHash.toLowerCase()) return receipt
  throw unexpectedAnswer(rpc.id, 'the node answered with the receipt of another transaction.')
}

/**
 * The receipts of these transactions of one block, in their order in the block.
 * @throws ProviderError `unavailable` when one is not in that block (any more): the chain moved meanwhile.
 */
export async function readReceipts(
  rpc: Rpc,
  query: { readonly blockHash: string; readonly hashes: ReadonlySet<string> },
): Promise<readonly Receipt[]> {
  const { blockHash } = query
  const receipts = await inParallel(
    [...query.hashes],
    { limit: RECEIPTS_AT_ONCE },
    async (transactionHash) => {
      const receipt = await readReceipt(rpc, transactionHash)
      if (receipt !== null && receipt.block.hash === blockHash) return receipt
      throw unavailable(rpc.id, 'the chain moved while it was read: ask again.')
    },
  )
  return receipts.sort((a, b) => (a.index < b.index ? -1 : 1))
}
