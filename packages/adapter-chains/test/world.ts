import { type EvmOptions, type EvmProvider, evm } from '@lastro/adapter-chains/evm'
import { createKeystore, localKeystore } from '@lastro/adapter-chains/keystore'
import {
  type AssetId,
  type BlockRef,
  Money,
  type Network,
  type NetworkFee,
  type Signer,
} from '@lastro/core/spec'
import {
  type DeployedOutsider,
  type DeployedToken,
  deployErc20,
  deployOutsider,
  type RunningAnvil,
  startAnvil,
} from '@lastro/testing/anvil'
import { getAddress } from 'ethers'

export const NATIVE: AssetId = 'ETH.anvil/18'
export const USD: AssetId = 'USD.anvil/6'
/** Its `transfer` answers nothing, like USDT's. */
export const SILENT: AssetId = 'SILENT.anvil/6'

export const ANVIL_NETWORK: Network = {
  id: 'anvil',
  family: 'evm',
  caip2: 'eip155:31337',
  name: 'Anvil',
  nativeAsset: NATIVE,
  finality: { by: 'tag', tag: 'finalized', fallbackBlocks: 8 },
  explorerUrl: null,
  isTest: true,
}

export interface World {
  readonly anvil: RunningAnvil
  readonly usd: DeployedToken
  readonly silent: DeployedToken
  /** A token that is not accepted. */
  readonly foreign: DeployedToken
  readonly outsider: DeployedOutsider
  readonly provider: EvmProvider
  readonly signer: Signer
  /** The system wallet: 1 of the native asset, 1,000 USD, 1,000 SILENT. EIP-55. */
  readonly wallet: string
  /** The same world through other options, such as a `fetch` that loses answers. */
  through(options: Partial<EvmOptions>): EvmProvider
  /** An address that nobody ever used. EIP-55. */
  freshAddress(): string
  block(height: bigint): Promise<BlockRef>
}

export async function startWorld(): Promise<World> {
  const anvil = await startAnvil()
  const [usd, silent, foreign, outsider] = [
    await deployErc20(anvil),
    await deployErc20(anvil, { returns: 'nothing' }),
    await deployErc20(anvil),
    await deployOutsider(anvil),
  ]
  const tokens = [
    { asset: USD, network: 'anvil', symbol: 'USD', contract: usd.address },
    { asset: SILENT, network: 'anvil', symbol: 'SILENT', contract: silent.address },
  ]
  const through: World['through'] = (options) =>
    evm({ network: ANVIL_NETWORK, rpcUrl: anvil.url, tokens, ...options })
  const provider = through({})
  const passphrase = 'only for tests'
  const json = await createKeystore({ passphrase, scryptN: 2 ** 14 })
  const { signer } = localKeystore({ json, passphrase })
  const wallet = provider.chain.addressOf(await signer.publicKey(provider.chain.keyRef(0)))
  await anvil.setBalance(wallet, 10n ** 18n)
  await usd.mint(wallet, 1_000_000_000n)
  await silent.mint(wallet, 1_000_000_000n)
  await anvil.mine()
  let fresh = 0xa11ce000n
  return {
    ...{ anvil, usd, silent, foreign, outsider, provider, signer, wallet, through },
    freshAddress() {
      fresh += 1n
      return getAddress(`0x${fresh.toString(16).padStart(40, '0')}`)
    },
    async block(height) {
      const block = await provider.chain.blockAt(height)
      if (block === null) throw new Error(`There is no block ${height}.`)
      return block
    },
  }
}

/** Signs a transfer from the system wallet with the next sequence and a fresh fee, unless told otherwise. */
export async function build(
  { provider, signer, wallet }: World,
  transfer: { to: string; amount: Money; sequence?: bigint; fee?: NetworkFee },
) {
  const { chain } = provider
  const { to, amount } = transfer
  const sequence = transfer.sequence ?? (await chain.sequence(wallet))
  const fee = transfer.fee ?? (await chain.estimateFee({ from: wallet, to, amount }))
  const signed = await chain.sign({ from: wallet, key: chain.keyRef(0), to, amount, sequence, fee }, signer)
  return { sequence, fee, signed }
}

/** Native money in wei. */
export const native = (amount: bigint) => Money.of(amount, NATIVE)
