import { ASSETS, type AssetId } from '@lastro/core/spec'

/** Finds the asset of a code on a network. */
export type AssetFinder = (coin: {
  readonly currency?: string | null | undefined
  readonly network?: string | null | undefined
}) => AssetId | null

/** Heleket's codes of the networks that the project's own list has, by our ids. */
const NETWORKS: Readonly<Record<string, string>> = {
  ethereum: 'eth',
  polygon: 'polygon',
  bsc: 'bsc',
  arbitrum: 'arbitrum',
  avalanche: 'avalanche',
}

/**
 * Coins on networks that the list does not have yet, and fiat. Scales: project fact sheet on chains, sections 2.1 and 2.3;
 * of BCH, DASH and XMR the protocols' own. Heleket still writes TON for the coin that is called Gram since June 2026.
 */
const OTHERS: Readonly<Record<string, AssetId>> = {
  'BTC.btc': 'BTC.bitcoin/8',
  'LTC.ltc': 'LTC.litecoin/8',
  'DOGE.doge': 'DOGE.dogecoin/8',
  'SOL.sol': 'SOL.solana/9',
  'USDC.sol': 'USDC.solana/6',
  'USDT.sol': 'USDT.solana/6',
  'TRX.tron': 'TRX.tron/6',
  'USDT.tron': 'USDT.tron/6',
  'TON.ton': 'GRAM.ton/9',
  'GRAM.ton': 'GRAM.ton/9',
  'USDT.ton': 'USDT.ton/6',
  'BCH.bch': 'BCH/8',
  'DASH.dash': 'DASH/8',
  'XMR.xmr': 'XMR/12',
  // The name before September 2024, which Heleket still takes.
  'MATIC.polygon': 'POL.polygon/18',
  USD: 'USD/2',
  EUR: 'EUR/2',
  BRL: 'BRL/2',
}

const KNOWN: readonly (readonly [string, AssetId])[] = [
  ...ASSETS.flatMap(({ asset, network, symbol }) => {
    const code = NETWORKS[network]
    return code === undefined ? [] : [[`${symbol}.${code}`, asset] as const]
  }),
  ...Object.entries(OTHERS),
]

/**
 * The assets by Heleket's codes, the host's own first. A token's scale differs by network (USDT has 18 places on BSC), so a
 * coin without its network has no asset. Null: nobody told us, and its amounts cannot be read.
 */
export function assetFinder(own: Readonly<Record<string, AssetId>>): AssetFinder {
  const table = new Map([...KNOWN, ...Object.entries(own)])
  return ({ currency, network }) => {
    const code = (currency ?? '').toUpperCase()
    const onNetwork = table.get(`${code}.${(network ?? '').toLowerCase()}`)
    return onNetwork ?? table.get(code) ?? null
  }
}
