// What the text around the fragments of a document says that they work with, as lines before each of them.

/** By the document's path. */
export const CONTEXT: Readonly<Record<string, readonly string[]>> = {
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
