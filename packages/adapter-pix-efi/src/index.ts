import {
  defineProvider,
  type PayoutProvider,
  type Probe,
  type Provider,
  type WebhookSource,
} from '@lastro/core/spec'
import { createClient } from './client.ts'
import { type EfiOptions, settingsOf } from './options.ts'
import { createPayouts } from './payouts.ts'
import { createProbe } from './probe.ts'
import { createWebhooks } from './webhooks.ts'

export { idEnvioOf } from './id-envio.ts'
export type { EfiCertificate, EfiOptions, EfiWebhookOptions } from './options.ts'

/** What `efi` gives: payouts by Pix, webhooks and a health check. */
export type EfiProvider = Provider<{
  readonly payouts: Required<PayoutProvider>
  readonly webhooks: Required<WebhookSource>
  readonly probe: Probe
}> & { readonly id: 'efi' }

/**
 * Pix through Efí. Makes no call by itself.
 *
 * Payouts are found at Efí by `idEnvioOf(idempotencyKey)`, which is also their provider ref.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function efi(options: EfiOptions): EfiProvider {
  const settings = settingsOf(options)
  const client = createClient(settings)
  return defineProvider({
    id: 'efi',
    payouts: createPayouts(client, settings),
    webhooks: createWebhooks(client, settings),
    probe: createProbe(client),
  })
}
