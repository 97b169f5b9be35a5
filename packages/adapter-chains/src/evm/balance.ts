import { type AssetId, Money } from '@lastro/core/spec'
import { requireAddress } from './address.ts'
import { balanceCall, tokenOf } from './calls.ts'
import type { EvmContext } from './context.ts'
import { quantity } from './wire.ts'

/** What an address holds by the newest block. Pending transactions are not counted. */
export async function readBalance(
  context: EvmContext,
  query: { readonly address: string; readonly asset: AssetId; readonly signal?: AbortSignal },
): Promise<Money> {
  const { id, nodes } = context
  const token = tokenOf(context, query.asset)
  const address = requireAddress(context, { field: 'address', text: query.address })
  const answer = await nodes.read(
    (rpc) =>
      token === null
        ? rpc.call('eth_getBalance', [address, 'latest'])
        : rpc.call('eth_call', [balanceCall(token, address), 'latest']),
    query.signal,
  )
  // An empty answer means that no contract is there: odd, and not zero.
  return Money.of(quantity(answer, { id, field: `the balance in ${query.asset}` }), query.asset)
}

/** The next nonce by what is mined: pending transactions may be dropped. */
export async function readSequence(context: EvmContext, text: string, signal?: AbortSignal): Promise<bigint> {
  const { id, nodes } = context
  const address = requireAddress(context, { field: 'address', text })
  const answer = await nodes.read((rpc) => rpc.call('eth_getTransactionCount', [address, 'latest']), signal)
  return quantity(answer, { id, field: 'eth_getTransactionCount' })
}
