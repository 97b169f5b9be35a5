import { readFile } from 'node:fs/promises'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { expect, inject, test } from 'vitest'
import { schemaText } from '../scripts/schema-text.ts'

eachDatabase((db) => {
  /** PostgreSQL's own wording of a definition changes between versions; PGlite speaks as 18 does. */
  const isWorded = db.name === 'pglite' || inject('postgresVersion') === '18'

  test.runIf(isWorded)(
    'schema.sql is what the migrations make (node --conditions=@lastro/source scripts/generate.ts writes it)',
    async () => {
      const committed = await readFile(new URL('../schema.sql', import.meta.url), 'utf8')
      expect(await schemaText(db.sql)).toBe(committed)
    },
  )
})
