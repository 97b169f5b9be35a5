import { isProviderError, type Probe } from '@lastro/core/spec'
import { readBalance } from './balance.ts'
import type { EfiClient } from './client.ts'

/** Asks for a token and the balance: certificate, credentials, scope and network in one answer. */
export function createProbe(client: EfiClient): Probe {
  return {
    specVersion: 1,
    async probe(signal) {
      try {
        await readBalance(client, signal)
        return { ok: true, detail: 'efi: a token was given and the balance was read.' }
      } catch (error) {
        return { ok: false, detail: isProviderError(error) ? error.message : 'efi: unexplained trouble.' }
      }
    },
  }
}
