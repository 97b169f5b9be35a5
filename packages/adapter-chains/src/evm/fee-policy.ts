/** How much may be paid for gas, in wei per gas. Every share is in basis points: 10,000 is the whole. */
export interface FeePolicy {
  /** Never offers more than this, whatever the network asks. */
  readonly maxFeePerGasCap: bigint
  /** Never tips less than this, however empty the last blocks were. */
  readonly minPriorityFeePerGas: bigint
  /** What `maxFeePerGas` allows the base fee to grow to: 20,000 doubles it, which six full blocks in a row reach. */
  readonly baseFeeMultiplierBps: bigint
  /** Added to the gas that the node estimates; what is not used is not paid. */
  readonly gasMarginBps: bigint
}

const GWEI = 1_000_000_000n

/**
 * Caps are far above usual fees, and only meant to stop an absurd one. Floors are our own choice but for Polygon,
 * whose validators want 25 gwei or more: project fact sheet on chains, section 2.2, where that value is unconfirmed.
 */
const DEFAULTS: Readonly<Record<string, { readonly cap: bigint; readonly floor: bigint }>> = {
  ethereum: { cap: 300n * GWEI, floor: GWEI / 10n },
  polygon: { cap: 3_000n * GWEI, floor: 30n * GWEI },
  bsc: { cap: 50n * GWEI, floor: GWEI / 10n },
  base: { cap: 20n * GWEI, floor: GWEI / 1_000n },
  arbitrum: { cap: 20n * GWEI, floor: 0n },
  optimism: { cap: 20n * GWEI, floor: GWEI / 1_000n },
  avalanche: { cap: 500n * GWEI, floor: GWEI / 1_000n },
}

/** The policy for a network when the host gives none. */
export function defaultFees(networkId: string): FeePolicy {
  const known = Object.hasOwn(DEFAULTS, networkId) ? DEFAULTS[networkId] : undefined
  return {
    maxFeePerGasCap: known?.cap ?? 300n * GWEI,
    minPriorityFeePerGas: known?.floor ?? GWEI / 10n,
    baseFeeMultiplierBps: 20_000n,
    gasMarginBps: 2_000n,
  }
}
