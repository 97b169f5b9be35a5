import { isProviderError, type Probe } from '@lastro/core/spec'
import type { BankClient } from './client.ts'

/** Asks every institution for a token: certificate, registration and network in one answer each. */
export function createProbe(clients: readonly BankClient[]): Probe {
  const check = async ({ institution, token }: BankClient, signal: AbortSignal | undefined) => {
    const { organisationId } = institution
    return token('payments', signal).then(
      () => null,
      (error: unknown) =>
        `${organisationId}: ${isProviderError(error) ? error.message : 'unexplained trouble.'}`,
    )
  }
  return {
    specVersion: 1,
    async probe(signal) {
      const found = await Promise.all(clients.map((client) => check(client, signal)))
      const trouble = found.filter((text) => text !== null)
      if (trouble.length > 0) return { ok: false, detail: trouble.join(' ') }
      return { ok: true, detail: `open-finance: ${clients.length} institutions gave a token.` }
    },
  }
}
