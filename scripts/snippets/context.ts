// What the text around the code of a document says that it works with, as lines before each block.
// A block goes without a line whose first name it declares itself.

/** By the document's path. */
export const CONTEXT: Readonly<Record<string, readonly string[]>> = {
  'docs/keys.md': [
    'declare const hsm: {',
    '  publicKey(path: string): Promise<Uint8Array>',
    '  sign(path: string, digest: Uint8Array): Promise<Uint8Array>',
    '}',
  ],
  'docs/payments.md': [
    "import type { HostTx, Lastro, PaymentId } from '@lastro/core'",
    "import type { PaymentProvider, Provider } from '@lastro/core/spec'",
    'type Payments = Provider<{ readonly payments: PaymentProvider }>',
    'declare const id: PaymentId, tx: HostTx, providerRef: string, txid: string',
    'declare const lastro: Lastro<{ efi: Payments; acquirer: Payments; pi: Payments }>',
  ],
  'docs/reconciliation.md': [
    "import type { DriftId, ReconciliationReport } from '@lastro/core'",
    'declare const id: DriftId',
    'declare const from: Date, to: Date, report: ReconciliationReport',
  ],
  'docs/webhooks.md': ['declare const cert: string, key: string, efiCa: string'],
  'packages/adapter-chains/README.md': ['declare const archiveUrl: string, usdc: string'],
  'packages/adapter-pi/README.md': [
    "import type { Secret } from '@lastro/core/spec'",
    'declare const seedFromYourVault: Secret',
  ],
  'packages/adapter-pix-efi/README.md': [
    "import type { EfiProvider } from '@lastro/adapter-pix-efi'",
    'declare const provider: EfiProvider',
  ],
  'packages/storage-postgres/README.md': [
    "import { sql } from 'drizzle-orm'",
    "import type { NodePgDatabase } from 'drizzle-orm/node-postgres'",
    "import { pgTable, text } from 'drizzle-orm/pg-core'",
    'declare const db: NodePgDatabase',
    "const orders = pgTable('orders', { id: text('id').primaryKey() })",
  ],
  'packages/testing/src/efi/README.md': [
    "import type { FakeEfi } from '@lastro/testing/efi'",
    'declare const efi: FakeEfi',
    'declare const txid: string, id: string, idRec: string',
  ],
  'packages/testing/src/stripe/README.md': [
    "import type { FakeStripe } from '@lastro/testing/stripe'",
    'declare const stripe: FakeStripe',
    'declare const checkout: string, intent: string, charge: string, refund: string',
  ],
  // A store of the reader's own, and what it keeps.
  'packages/testing/src/storage-vitest.ts': [
    "import { test } from 'vitest'",
    'declare const ledgerStore: (sql: object) => { insert(transfer: object): Promise<void> }',
    'declare const transfer: object',
  ],
}
