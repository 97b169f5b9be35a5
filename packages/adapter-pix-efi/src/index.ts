import {
  defineProvider,
  type PayoutProvider,
  type Probe,
  type Provider,
  type StatementSource,
} from '@lastro/core/spec'
import { createAutomatic, type EfiAutomatic } from './automatic/index.ts'
import { createCharges, type EfiCharges } from './charges/index.ts'
import { createClient } from './client.ts'
import { createMed, type EfiMed } from './med/index.ts'
import { type EfiOptions, settingsOf } from './options.ts'
import { createPayments, type EfiPayments } from './payments/index.ts'
import { createPayouts } from './payouts.ts'
import { createProbe } from './probe.ts'
import { createStatements } from './statements.ts'
import { VERSION } from './version.ts'
import { createWebhooks, type EfiWebhooks } from './webhooks.ts'

export type { EfiAutomatic } from './automatic/index.ts'
export type {
  EfiAttempt,
  EfiEnding,
  EfiRecurrence,
  EfiRecurrenceLocation,
  EfiRecurrenceRequest,
  EfiRecurringCharge,
} from './automatic/read.ts'
export type { EfiCharges } from './charges/index.ts'
export type { EfiPage, EfiWindow } from './charges/list.ts'
export type { EfiLocation } from './charges/locations.ts'
export type { EfiCharge } from './charges/read.ts'
export { idEnvioOf } from './id-envio.ts'
export type { EfiClaim, EfiClaimPage } from './med/claims.ts'
export type { EfiMed } from './med/index.ts'
export type { EfiCertificate, EfiOptions, EfiWebhookOptions } from './options.ts'
export { keyOfPixId, pixIdOf } from './pix-id.ts'

/** What `efi` gives: money in and out by Pix, statements, webhooks, a health check, and what only Efí has. */
export type EfiProvider = Provider<{
  readonly payments: EfiPayments
  readonly payouts: Required<PayoutProvider>
  readonly statements: StatementSource
  readonly webhooks: EfiWebhooks
  readonly probe: Probe
  /** Charges by kind, lists, changes, codes and locations. */
  readonly charges: EfiCharges
  /** Pix Automático: recurrences, requests, charges. */
  readonly automatic: EfiAutomatic
  /** Claims of fraud about money that was received. */
  readonly med: EfiMed
}> & { readonly id: 'efi' }

/**
 * Pix through Efí. Makes no call by itself.
 *
 * Payments are found at Efí by `pixIdOf(idempotencyKey)` and payouts by `idEnvioOf(idempotencyKey)`, which are also their
 * provider refs.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function efi(options: EfiOptions): EfiProvider {
  const settings = settingsOf(options)
  const client = createClient(settings)
  const context = { client, settings }
  return defineProvider({
    id: 'efi',
    version: VERSION,
    payments: createPayments(context),
    payouts: createPayouts(client, settings),
    statements: createStatements(client, settings),
    webhooks: createWebhooks(client, settings),
    probe: createProbe(client),
    charges: createCharges(context),
    automatic: createAutomatic(context),
    med: createMed(context),
  })
}
