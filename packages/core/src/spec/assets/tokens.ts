import type { AssetId } from '../money.ts'

/** A token that is accepted on a network: by exact contract, never by symbol. */
export interface ChainAssetRow {
  readonly asset: AssetId
  readonly network: string
  readonly symbol: string
  /** The token's contract, or null for the network's native asset. */
  readonly contract: string | null
}

type Row = readonly [symbol: string, scale: number, contract: string | null]

const BY_NETWORK: Readonly<Record<string, readonly Row[]>> = {
  ethereum: [
    ['ETH', 18, null],
    ['USDC', 6, '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'],
    ['USDT', 6, '0xdAC17F958D2ee523a2206206994597C13D831ec7'],
  ],
  polygon: [
    ['POL', 18, null],
    ['USDC', 6, '0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359'],
    ['USDC.e', 6, '0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174'],
    ['USDT', 6, '0xc2132D05D31c914a87C6611C10748AEb04B58e8F'],
  ],
  bsc: [
    ['BNB', 18, null],
    // Binance-Peg tokens have 18 places on BSC: the classic million-fold mistake.
    ['USDT', 18, '0x55d398326f99059fF775485246999027B3197955'],
    ['USDC', 18, '0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d'],
  ],
  base: [
    ['ETH', 18, null],
    ['USDC', 6, '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'],
  ],
  arbitrum: [
    ['ETH', 18, null],
    ['USDC', 6, '0xaf88d065e77c8cC2239327C5EDb3A432268e5831'],
    ['USDC.e', 6, '0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8'],
    ['USDT0', 6, '0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9'],
  ],
  optimism: [
    ['ETH', 18, null],
    ['USDC', 6, '0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85'],
    ['USDC.e', 6, '0x7F5c764cBc14f9669B88837ca1490cCa17c31607'],
    ['USDT0', 6, '0x01bFF41798a0BcF287b996046Ca68b395DbC1071'],
    ['USDT', 6, '0x94b008aA00579c1307B0EF2c499aD98a8ce58e58'],
  ],
  avalanche: [
    ['AVAX', 18, null],
    ['USDC', 6, '0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E'],
    ['USDT', 6, '0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7'],
  ],
}

/**
 * Native assets and stablecoins by network. Contracts and decimals: Uniswap default token list 22.21.0 and Circle's
 * USDC contract list, as collected in the project fact sheet on chains, section 2.3.
 */
export const ASSETS: readonly ChainAssetRow[] = Object.entries(BY_NETWORK).flatMap(([network, rows]) =>
  rows.map(
    ([symbol, scale, contract]) =>
      ({ asset: `${symbol}.${network}/${scale}`, network, symbol, contract }) as const,
  ),
)

/** The row of an asset, or null for an asset that is on no network (`BRL/2`) or not in the table. */
export function assetRow(asset: AssetId): ChainAssetRow | null {
  return ASSETS.find((entry) => entry.asset === asset) ?? null
}
