import { isProviderError, type Probe } from '@lastro/core/spec'
import type { PiClient } from './client.ts'
import type { Horizon } from './horizon.ts'
import type { Wallet } from './wallet.ts'

/** Asks Pi with the key, the chain for its passphrase, and the wallet where there is one. */
export function createProbe(given: {
  readonly client: PiClient
  readonly horizon: Horizon
  readonly wallet: Wallet | null
}): Probe {
  const { client, horizon, wallet } = given
  return {
    specVersion: 1,
    async probe(signal) {
      try {
        const open = await client.incomplete(signal)
        const head = await horizon.head(signal)
        const facts = [
          `${open.length} unfinished`,
          `Horizon ${head.version}`,
          `ledger of ${new Date(head.closedAtMs).toISOString()}`,
        ]
        if (wallet !== null) {
          const account = await horizon.account(wallet.open().address, signal)
          if (account === null) return { ok: false, detail: "pi: the app's wallet is not on this chain." }
          facts.push('the wallet is there')
        }
        return { ok: true, detail: `pi: ${facts.join(', ')}.` }
      } catch (error) {
        return { ok: false, detail: isProviderError(error) ? error.message : 'pi: unexplained trouble.' }
      }
    },
  }
}
