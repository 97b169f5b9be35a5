import type { Network } from './network.ts'

// Chain ids, native assets and default finality: project fact sheet on chains, sections 2.1 and 2.2, whose sources
// are named there (CAIP-2, Polygon PIP-11, BNB Chain finality API, Arbitrum/Base/Optimism finality pages). The fallback
// depths of Base, Optimism and Arbitrum are ours: the time their finality takes, in blocks of 2 s and 0.25 s.
function evm(row: Omit<Network, 'family' | 'isTest'>): Network {
  return { family: 'evm', isTest: false, ...row }
}

const finalized = (fallbackBlocks: number) => ({ by: 'tag', tag: 'finalized', fallbackBlocks }) as const

/** The EVM main networks, one row each. */
export const EVM_NETWORKS = {
  ethereum: evm({
    id: 'ethereum',
    caip2: 'eip155:1',
    name: 'Ethereum',
    nativeAsset: 'ETH.ethereum/18',
    finality: finalized(64),
    explorerUrl: 'https://etherscan.io/tx/{hash}',
  }),
  polygon: evm({
    id: 'polygon',
    caip2: 'eip155:137',
    name: 'Polygon',
    nativeAsset: 'POL.polygon/18',
    finality: finalized(128),
    explorerUrl: 'https://polygonscan.com/tx/{hash}',
  }),
  bsc: evm({
    id: 'bsc',
    caip2: 'eip155:56',
    name: 'BNB Smart Chain',
    nativeAsset: 'BNB.bsc/18',
    finality: finalized(96),
    explorerUrl: 'https://bscscan.com/tx/{hash}',
  }),
  base: evm({
    id: 'base',
    caip2: 'eip155:8453',
    name: 'Base',
    nativeAsset: 'ETH.base/18',
    finality: finalized(900),
    explorerUrl: 'https://basescan.org/tx/{hash}',
  }),
  arbitrum: evm({
    id: 'arbitrum',
    caip2: 'eip155:42161',
    name: 'Arbitrum One',
    nativeAsset: 'ETH.arbitrum/18',
    finality: finalized(4800),
    explorerUrl: 'https://arbiscan.io/tx/{hash}',
  }),
  optimism: evm({
    id: 'optimism',
    caip2: 'eip155:10',
    name: 'OP Mainnet',
    nativeAsset: 'ETH.optimism/18',
    finality: finalized(900),
    explorerUrl: 'https://optimistic.etherscan.io/tx/{hash}',
  }),
  avalanche: evm({
    id: 'avalanche',
    caip2: 'eip155:43114',
    name: 'Avalanche C-Chain',
    nativeAsset: 'AVAX.avalanche/18',
    finality: finalized(1),
    explorerUrl: 'https://snowtrace.io/tx/{hash}',
  }),
} as const satisfies Readonly<Record<string, Network>>
