import {
  defineProvider,
  type Provider,
  type Secret,
  type StatementSource,
  type WebhookSource,
} from '@lastro/core/spec'
import { createClient } from './client.ts'
import { type PaymentSettings, type Settings, type StripeOptions, settingsOf } from './options.ts'
import { createPayments, type StripePayments } from './payments/index.ts'
import { createStatements } from './statements.ts'
import { VERSION } from './version.ts'
import { createWebhooks } from './webhooks.ts'

export type { StripeOptions, StripePaymentOptions, StripeWebhookOptions } from './options.ts'
export type { StripePayments } from './payments/index.ts'

/** What `stripe` gives without `payments`: webhooks. */
export type StripeProvider = Provider<{ readonly webhooks: WebhookSource }> & { readonly id: 'stripe' }

/** What `stripe` gives with `payments`: money in, and Stripe's own account of it. */
export type StripePaymentProvider = Provider<{
  readonly payments: StripePayments
  readonly statements: StatementSource
  readonly webhooks: WebhookSource
}> & { readonly id: 'stripe' }

const takesMoney = (settings: Settings): settings is PaymentSettings =>
  settings.payments !== undefined && settings.apiKey !== undefined

/**
 * Stripe. Makes no call by itself.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function stripe(
  options: StripeOptions & {
    readonly apiKey: string | Secret
    readonly payments: NonNullable<StripeOptions['payments']>
  },
): StripePaymentProvider
export function stripe(options: StripeOptions): StripeProvider
export function stripe(options: StripeOptions): StripeProvider | StripePaymentProvider {
  const settings = settingsOf(options)
  const webhooks = createWebhooks(settings)
  if (!takesMoney(settings)) return defineProvider({ id: 'stripe', version: VERSION, webhooks })
  const client = createClient(settings)
  return defineProvider({
    id: 'stripe',
    version: VERSION,
    payments: createPayments({ client, settings }),
    statements: createStatements(client),
    webhooks,
  })
}
