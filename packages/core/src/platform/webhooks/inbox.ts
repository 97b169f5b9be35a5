import type { IncomingDelivery, Receipt } from './arrival.ts'
import { createIntake, type IntakeDeps } from './intake.ts'
import { readMetrics, type WebhookMetrics } from './metrics.ts'
import { createOperations, type InboxOperations } from './operate.ts'

/** Where every provider's webhooks arrive: verified, stored, deduplicated, applied once by a job, replayable. */
export interface Inbox extends InboxOperations {
  /**
   * Takes one delivery. Answer the sender with `status` and `headers`. What arrives at the same time is stored by one
   * commit, so it joins no transaction of the host. Throws when it could not be stored: answer 5xx, and the sender
   * tries again.
   * @throws LastroError `webhook_body_parsed` when the body is not raw bytes.
   */
  receive(provider: string, incoming: IncomingDelivery): Promise<Receipt>
  /** How the inbox stands, by provider and type. @throws LastroError `invalid_input`. */
  metrics(query?: { readonly windowMinutes?: number }): Promise<WebhookMetrics>
  /** Waits until everything received so far was answered. */
  drain(): Promise<void>
}

/** Makes the inbox. */
export function createInbox(deps: IntakeDeps): Inbox {
  return {
    ...createIntake(deps),
    ...createOperations(deps),
    metrics: (query) => readMetrics(deps, query),
  }
}
