import { isProviderError, type Probe } from '@lastro/core/spec'
import type { HeleketClient } from './client.ts'
import type { Settings } from './options.ts'

/** Asks for the balance and, where there is a payout key, for the payout services: both keys and the network at once. */
export function createProbe(client: HeleketClient, { payoutKeys }: Pick<Settings, 'payoutKeys'>): Probe {
  return {
    specVersion: 1,
    async probe(signal) {
      try {
        const balance = await client.read({ path: '/v1/balance', subject: 'the balance', signal })
        if (balance === null) return { ok: false, detail: 'heleket: there is no balance for this merchant.' }
        if (payoutKeys.length === 0)
          return { ok: true, detail: 'heleket: the payment key works; there is no payout key.' }
        await client.read({ path: '/v1/payout/services', subject: 'the payout services', signal })
        return { ok: true, detail: 'heleket: the payment key works, and so does the payout key.' }
      } catch (error) {
        return { ok: false, detail: isProviderError(error) ? error.message : 'heleket: unexplained trouble.' }
      }
    },
  }
}
