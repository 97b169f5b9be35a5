import { isProviderError, type Probe } from '@lastro/core/spec'
import { webhook } from './api.ts'
import type { PluggyClient } from './client.ts'
import { readList } from './reads.ts'

/** Asks for an API key and the webhooks: credentials and network in one answer, and webhooks that Pluggy switched off. */
export function createProbe(client: PluggyClient): Probe {
  return {
    specVersion: 1,
    async probe(signal) {
      try {
        const resource = { path: ['webhooks'], subject: 'the webhooks', schema: webhook }
        const there = await readList({ client, signal }, resource)
        const off = there.filter(({ disabledAt }) => typeof disabledAt === 'string').length
        return {
          ok: true,
          detail: `pluggy: an API key was given; ${there.length} webhooks, ${off} of them disabled.`,
        }
      } catch (error) {
        return { ok: false, detail: isProviderError(error) ? error.message : 'pluggy: unexplained trouble.' }
      }
    },
  }
}
