/** Every statement of every store against the migrated schema, without running it. */
import { readdir } from 'node:fs/promises'
import type { PGlite } from '@electric-sql/pglite'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { describe, expect, test } from 'vitest'
import { jobStatements } from '../src/queue/statements.ts'

const FOLDER = new URL('../src/stores/', import.meta.url)

/** Objects of statements are exported as `THING_SQL`. */
async function statementsOf(file: string): Promise<Readonly<Record<string, string>>> {
  const module: Record<string, unknown> = await import(new URL(file, FOLDER).href)
  const groups = Object.entries(module).filter(([name]) => name.endsWith('_SQL'))
  return Object.assign({}, ...groups.map(([, statements]) => statements))
}

const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
const stores = await Promise.all(files.map(async (file) => [file, await statementsOf(file)] as const))
const withStatements = stores.filter(([, statements]) => Object.keys(statements).length > 0)
const all = [...withStatements, ['queue/statements.ts', jobStatements('lastro_jobs')] as const]

/** As query builders send it that number parameters by themselves: each place its own parameter. */
function renumbered(text: string): string {
  let count = 0
  return text.replace(/\$\d+/g, () => {
    count += 1
    return `$${count}`
  })
}

/**
 * Types that all drivers encode and read alike: booleans, bytes, whole numbers, text; in results also JSON and times,
 * but no whole number of 8 bytes, which is a number, a bigint or a text.
 */
const PARAMETERS = new Set([16, 17, 20, 23, 25, 1043])
const RESULTS = new Set([16, 17, 23, 25, 114, 1043, 1184, 3802])

test('the stores of every domain export their statements', () => {
  expect(withStatements.map(([file]) => file)).toEqual(
    expect.arrayContaining([
      'audit.ts',
      'deliveries-sql.ts',
      'events.ts',
      'idempotency.ts',
      'ledger.ts',
      'payouts.ts',
      'rates.ts',
      'schedules.ts',
      'trades.ts',
    ]),
  )
})

eachDatabase(
  (db) => {
    const describeQuery = (text: string) => (db.driver as PGlite).describeQuery(text)

    for (const [file, statements] of all) {
      describe(file, () => {
        test.each(Object.entries(statements))('%s', async (_name, text) => {
          const { queryParams, resultFields } = await describeQuery(text)
          const again = await describeQuery(renumbered(text))
          for (const { dataTypeID } of [...queryParams, ...again.queryParams])
            expect(PARAMETERS).toContain(dataTypeID)
          for (const { name, dataTypeID } of resultFields)
            expect(RESULTS, `column ${name}`).toContain(dataTypeID)
        })
      })
    }

    test('a misspelt column is noticed', async () => {
      await expect(describeQuery('select subjekt from lastro.event')).rejects.toThrow('subjekt')
    })
  },
  ['pglite'],
)
