import type { StripeClient } from '../client.ts'
import type { PaymentSettings } from '../options.ts'

/** What the payment calls work with. */
export interface PaymentContext {
  readonly client: StripeClient
  readonly settings: PaymentSettings
}
