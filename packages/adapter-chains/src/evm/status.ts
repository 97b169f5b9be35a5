import { Money, type TransactionStatus } from '@lastro/core/spec'
import { isCanonical } from './blocks.ts'
import type { EvmContext } from './context.ts'
import { readReceipt } from './receipts.ts'
import { invalidRequest } from './trouble.ts'

/**
 * What the network says of a transaction. A receipt counts only while its block is on the chain; a transaction whose
 * block was orphaned is `absent`, or `pending` where the node put it back into its pool.
 */
export function readStatus(
  context: EvmContext,
  hash: string,
  signal?: AbortSignal,
): Promise<TransactionStatus> {
  const { id, network, nodes } = context
  if (!/^0x[0-9a-fA-F]{64}$/.test(hash)) throw invalidRequest(id, 'hash must be 32 bytes as 0x hex.')
  return nodes.read(async (rpc): Promise<TransactionStatus> => {
    const receipt = await readReceipt(rpc, hash)
    if (receipt !== null && (await isCanonical(rpc, receipt.block))) {
      const { block, succeeded, fee } = receipt
      return { kind: 'mined', block, succeeded, fee: Money.of(fee, network.nativeAsset) }
    }
    const transaction = await rpc.call('eth_getTransactionByHash', [hash])
    return transaction === null || receipt !== null ? { kind: 'absent' } : { kind: 'pending' }
  }, signal)
}
