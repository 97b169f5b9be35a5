// What the text around the code of a document says that it works with, as lines before each block.

/** By the document's path. */
export const CONTEXT: Readonly<Record<string, readonly string[]>> = {
  'docs/keys.md': [
    'declare const hsm: {',
    '  publicKey(path: string): Promise<Uint8Array>',
    '  sign(path: string, digest: Uint8Array): Promise<Uint8Array>',
    '}',
  ],
  'docs/payments.md': [
    "import type { HostTx, PaymentId } from '@lastro/core'",
    'declare const id: PaymentId, tx: HostTx, providerRef: string, txid: string',
  ],
  'docs/webhooks.md': ['declare const cert: string, key: string, efiCa: string'],
  'packages/storage-postgres/README.md': [
    "import { sql } from 'drizzle-orm'",
    "import type { NodePgDatabase } from 'drizzle-orm/node-postgres'",
    "import { pgTable, text } from 'drizzle-orm/pg-core'",
    'declare const db: NodePgDatabase',
    "const orders = pgTable('orders', { id: text('id').primaryKey() })",
  ],
  // A store of the reader's own, and what it keeps.
  'packages/testing/src/storage-vitest.ts': [
    "import { test } from 'vitest'",
    'declare const ledgerStore: (sql: object) => { insert(transfer: object): Promise<void> }',
    'declare const transfer: object',
  ],
}
