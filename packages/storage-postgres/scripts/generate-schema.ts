/** Writes `schema.sql`. */
import { writeFile } from 'node:fs/promises'
import { openPglite } from '@lastro/testing/storage'
import { schemaText } from './schema-text.ts'

/** Migrates an embedded database and writes down what it holds. */
export async function generateSchema(): Promise<void> {
  const db = await openPglite()
  await writeFile(new URL('../schema.sql', import.meta.url), await schemaText(db.sql))
  await db.close()
}
