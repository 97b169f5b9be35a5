import { type ChainProvider, Money, type NetworkFee } from '../../spec/index.ts'
import type { OnchainTransfer } from './transfer.ts'

/**
 * Whether a wallet can pay. `reserved`: it could, were it not for transfers under way. `unfunded`: it could not even
 * without them.
 */
export type Funds = 'enough' | 'reserved' | 'unfunded'

/** What a transfer takes from its wallet, per asset. Before its fee is known, only its amount. */
export function needsOf(transfer: Pick<OnchainTransfer, 'amount'>, fee: NetworkFee | null): readonly Money[] {
  const { amount } = transfer
  if (fee === null) return [amount]
  return fee.max.asset === amount.asset ? [Money.add(amount, fee.max)] : [amount, fee.max]
}

/** Compares what is needed with what the address holds. What is under way was read before: it is never too little. */
export async function checkFunds(
  chain: ChainProvider,
  wallet: {
    readonly address: string
    readonly needs: readonly Money[]
    readonly outstanding: readonly Money[]
    readonly signal: AbortSignal
  },
): Promise<Funds> {
  const { address, needs, outstanding, signal } = wallet
  let funds: Funds = 'enough'
  for (const need of needs) {
    const { amount: held } = await chain.balance({ address, asset: need.asset, signal })
    if (held < need.amount) return 'unfunded'
    const promised = outstanding.filter(({ asset }) => asset === need.asset)
    const sum = promised.reduce((total, { amount }) => total + amount, need.amount)
    if (held < sum) funds = 'reserved'
  }
  return funds
}
