import { defineProvider, type Probe, type Provider } from '@lastro/core/spec'
import { createClient } from './client.ts'
import { type HeleketOptions, settingsOf } from './options.ts'
import { createProbe } from './probe.ts'
import { VERSION } from './version.ts'
import { createWebhooks, type HeleketWebhooks } from './webhooks.ts'

export type { HeleketOptions, HeleketWebhookOptions } from './options.ts'

/** What `heleket` gives: webhooks and a health check. */
export type HeleketProvider = Provider<{
  readonly webhooks: HeleketWebhooks
  readonly probe: Probe
}> & { readonly id: 'heleket' }

/**
 * Heleket's webhooks: crypto payments, static wallets and payouts, each asked for again before it is believed. Makes no
 * call by itself.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function heleket(options: HeleketOptions): HeleketProvider {
  const settings = settingsOf(options)
  const client = createClient(settings)
  return defineProvider({
    id: 'heleket',
    version: VERSION,
    webhooks: createWebhooks(client, settings),
    probe: createProbe(client, settings),
  })
}
