import type { AssetId } from '@lastro/core/spec'

/** The two networks, by the name an option gives them. */
export type PiNetwork = 'mainnet' | 'testnet'

/** What tells one network from the other. */
export interface NetworkFacts {
  /** The chain's passphrase, which the API writes as a payment's `network` too: `Pi Network`, not `Pi Mainnet`. */
  readonly passphrase: string
  /** Testnet Pi has no value, so it is another asset. */
  readonly asset: AssetId
  /** Horizon servers that are known to serve this network; the first is the default. */
  readonly horizonUrls: readonly [string, ...string[]]
}

/** Passphrases and Horizon servers: pi-nodejs and pi-ruby; the second mainnet server is a third party's report. */
export const NETWORKS: Readonly<Record<PiNetwork, NetworkFacts>> = {
  mainnet: {
    passphrase: 'Pi Network',
    asset: 'PI/7',
    horizonUrls: ['https://api.mainnet.minepi.com', 'https://api2.mainnet.minepi.com'],
  },
  testnet: {
    passphrase: 'Pi Testnet',
    asset: 'PI.testnet/7',
    horizonUrls: ['https://api.testnet.minepi.com'],
  },
}

/** The platform's API (pi-platform-docs, `platform_API.md`). One address serves both networks. */
export const API_URL = 'https://api.minepi.com/v2'

/** The adapter's name in errors. */
export const PROVIDER = 'pi'
