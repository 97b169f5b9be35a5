import type { NetworkFee } from '../../spec/index.ts'
import { chainOf, type OnchainParts } from './context.ts'
import { checkFunds, needsOf } from './funds.ts'
import type { OnchainTransfer } from './transfer.ts'

/** What a transfer would cost now, and the network's count of its wallet; or why it must wait. */
export type Appraisal =
  | { readonly kind: 'ready'; readonly fee: NetworkFee; readonly chainSequence: bigint }
  /** `reserved`: transfers under way take the money first. `dear`: the fee is above the host's limit. */
  | { readonly kind: 'unfunded' | 'reserved' | 'dear' }

/** Asks the network for all that a transfer needs before it is given a sequence. */
export async function appraise(
  context: OnchainParts,
  transfer: OnchainTransfer,
  signal: AbortSignal,
): Promise<Appraisal> {
  const { provider, from, to, amount } = transfer
  const chain = chainOf(context, provider)
  const except = { provider, address: from, except: transfer.id }
  // Before the balance: what is mined between the two counts twice, which only makes us wait.
  const outstanding = await context.storage.read((tx) => tx.onchain.transfers.outstanding(except))
  const wallet = { address: from, outstanding: transfer.kind === 'fill' ? [] : outstanding, signal }
  // The amount first: a node does not estimate what it cannot run.
  const first = await checkFunds(chain, { ...wallet, needs: needsOf(transfer, null) })
  if (first !== 'enough') return { kind: first }
  const fee = await chain.estimateFee({ from, to, amount, signal })
  const limit = context.options.chains[provider]?.maxNetworkFee
  if (limit !== undefined && fee.max.amount > limit.amount) return { kind: 'dear' }
  const second = await checkFunds(chain, { ...wallet, needs: needsOf(transfer, fee) })
  if (second !== 'enough') return { kind: second }
  return { kind: 'ready', fee, chainSequence: await chain.sequence(from, signal) }
}
