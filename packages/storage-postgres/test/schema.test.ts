import { readFile } from 'node:fs/promises'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { expect, test } from 'vitest'
import { schemaText } from '../scripts/schema-text.ts'

eachDatabase((db) => {
  test('schema.sql is what the migrations make (node --conditions=@lastro/source scripts/generate.ts writes it)', async () => {
    const committed = await readFile(new URL('../schema.sql', import.meta.url), 'utf8')
    expect(await schemaText(db.sql)).toBe(committed)
  })
})
