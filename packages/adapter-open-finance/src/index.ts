import { defineProvider, type Probe, type Provider } from '@lastro/core/spec'
import { createClients } from './client.ts'
import { type OpenFinanceOptions, settingsOf } from './options.ts'
import { createProbe } from './probe.ts'
import { VERSION } from './version.ts'
import { createWebhooks, type OpenFinanceWebhooks } from './webhooks.ts'

export type {
  OpenFinanceCertificate,
  OpenFinanceClientAuthentication,
  OpenFinanceInstitution,
  OpenFinanceOptions,
} from './options.ts'

/** What `openFinance` gives: webhooks and a health check. */
export type OpenFinanceProvider = Provider<{
  readonly webhooks: OpenFinanceWebhooks
  readonly probe: Probe
}> & { readonly id: 'open-finance' }

/**
 * Webhooks between participants of Open Finance Brasil, as a payment initiator receives them: known by the sender's
 * certificate, and believed only once the resource was read and its signature checked. Makes no call by itself.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function openFinance(options: OpenFinanceOptions): OpenFinanceProvider {
  const settings = settingsOf(options)
  const clients = createClients(settings)
  return defineProvider({
    id: 'open-finance',
    version: VERSION,
    webhooks: createWebhooks(clients, settings),
    probe: createProbe(clients),
  })
}
