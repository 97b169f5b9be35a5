import { defineProvider, type Probe, type Provider } from '@lastro/core/spec'
import { createClient } from './client.ts'
import { type PluggyOptions, settingsOf } from './options.ts'
import { createProbe } from './probe.ts'
import { VERSION } from './version.ts'
import { createWebhooks, type PluggyWebhooks } from './webhooks.ts'

export type { PluggyHmacOptions, PluggyOptions, PluggyWebhookOptions } from './options.ts'

/** What `pluggy` gives: webhooks and a health check. */
export type PluggyProvider = Provider<{
  readonly webhooks: PluggyWebhooks
  readonly probe: Probe
}> & { readonly id: 'pluggy' }

/**
 * Pluggy's webhooks: items, connectors, transactions, and initiated payments read again before they are believed. Makes
 * no call by itself.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function pluggy(options: PluggyOptions): PluggyProvider {
  const settings = settingsOf(options)
  const client = createClient(settings)
  return defineProvider({
    id: 'pluggy',
    version: VERSION,
    webhooks: createWebhooks(client, settings),
    probe: createProbe(client),
  })
}
