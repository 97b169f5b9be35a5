import { CONTRACTS } from './contracts.ts'
import type { RunningAnvil } from './start.ts'

/** How a token is deployed. */
export interface DeployErc20Options {
  /** Decimal places. Default: 6. */
  readonly decimals?: number
  /** What `transfer` answers: `bool` as the standard says, or `nothing` as USDT on Ethereum. Default: bool. */
  readonly returns?: 'bool' | 'nothing'
}

/**
 * A token for tests. Its verbs send a transaction and answer the hash; with `manual` mining nothing is mined yet.
 * Senders are accounts of Anvil, the first by default; amounts are in the token's smallest unit.
 */
export interface DeployedToken {
  /** Lower case. */
  readonly address: string
  readonly decimals: number
  /** Makes tokens from nothing: a `Transfer` from the zero address. */
  mint(to: string, amount: bigint): Promise<string>
  transfer(transfer: {
    readonly from?: string
    readonly to: string
    readonly amount: bigint
  }): Promise<string>
  /** Several transfers in one transaction, each with its own log. */
  transferMany(
    transfers: readonly { readonly to: string; readonly amount: bigint }[],
    from?: string,
  ): Promise<string>
  balanceOf(address: string): Promise<bigint>
}

/** A contract that is no token, for the tricks that deposits must not fall for. */
export interface DeployedOutsider {
  /** Lower case. */
  readonly address: string
  /** Emits a `Transfer` log although nothing moved. */
  forge(lie: { readonly from: string; readonly to: string; readonly amount: bigint }): Promise<string>
  /** Emits such a log first, then truly transfers tokens that this contract holds: log 0 lies, log 1 is true. */
  forgeThenTransfer(transfer: {
    readonly token: string
    readonly to: string
    readonly amount: bigint
  }): Promise<string>
  /** Sends native value through this contract: it arrives with no log, in a transaction to another address. */
  forward(transfer: { readonly to: string; readonly amount: bigint }): Promise<string>
}

const word = (value: string | bigint | number) =>
  (typeof value === 'string' ? value.toLowerCase().replace('0x', '') : value.toString(16)).padStart(64, '0')
const call = (selector: string, ...words: readonly (string | bigint | number)[]) =>
  selector + words.map(word).join('')

/** Sends the creation code, mines it when nothing else does, and answers the contract's address. */
async function deploy(anvil: RunningAnvil, data: string): Promise<string> {
  const hash = await anvil.send({ data })
  const receipt = () => anvil.rpc<{ contractAddress: string } | null>('eth_getTransactionReceipt', hash)
  if ((await receipt()) === null) await anvil.mine()
  const mined = await receipt()
  if (mined === null) throw new Error('The contract was not mined.')
  return mined.contractAddress
}

/** Deploys a token that anyone may mint, in a block of its own. */
export async function deployErc20(
  anvil: RunningAnvil,
  options: DeployErc20Options = {},
): Promise<DeployedToken> {
  const decimals = options.decimals ?? 6
  const { bytecode, selectors } = CONTRACTS[options.returns === 'nothing' ? 'SilentToken' : 'Token']
  const address = await deploy(anvil, bytecode + word(decimals))
  const send = (data: string, from?: string) =>
    anvil.send({ to: address, data, ...(from === undefined ? {} : { from }) })
  return {
    address,
    decimals,
    mint: (to, amount) => send(call(selectors.mint, to, amount)),
    transfer: ({ from, to, amount }) => send(call(selectors.transfer, to, amount), from),
    transferMany(transfers, from) {
      const count = transfers.length
      const to = transfers.map((entry) => entry.to)
      const amounts = transfers.map((entry) => entry.amount)
      const arrays = [count, ...to, count, ...amounts]
      return send(call(selectors.transferMany, 64, 64 + 32 * (count + 1), ...arrays), from)
    },
    async balanceOf(holder) {
      const data = call(selectors.balanceOf, holder)
      return BigInt(await anvil.rpc<string>('eth_call', { to: address, data }, 'latest'))
    },
  }
}

/** Deploys the contract of tricks, in a block of its own. */
export async function deployOutsider(anvil: RunningAnvil): Promise<DeployedOutsider> {
  const { bytecode, selectors } = CONTRACTS.Outsider
  const address = await deploy(anvil, bytecode)
  const send = (data: string, value = 0n) => anvil.send({ to: address, data, value })
  return {
    address,
    forge: ({ from, to, amount }) => send(call(selectors.forge, from, to, amount)),
    forgeThenTransfer: ({ token, to, amount }) => send(call(selectors.forgeThenTransfer, token, to, amount)),
    forward: ({ to, amount }) => send(call(selectors.forward, to), amount),
  }
}
