/** Runs one suite of tests on the embedded database and on a real server, with vitest. */
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { openPglite, openPostgres, type TestDatabase } from './storage.ts'

const OPENERS = {
  pglite: () => openPglite(),
  postgres: () => openPostgres({ url: serverUrl() }),
}

/**
 * Runs a suite twice, each time on a database of this test file's own: PGlite, then PostgreSQL. Only `db.name` may be
 * used before the tests begin. Between tests nothing is emptied: call `beforeEach(() => db.truncate())` for that.
 *
 * @example
 * eachDatabase((db) => {
 *   test('remembers', async () => {
 *     await db.transaction((sql) => ledgerStore(sql).insert(transfer))
 *   })
 * })
 */
export function eachDatabase(
  suite: (db: TestDatabase) => void,
  names: readonly TestDatabase['name'][] = databases(),
): void {
  for (const name of names) {
    describe(name, () => {
      let opened: TestDatabase | undefined
      beforeAll(async () => {
        opened = await OPENERS[name]()
      }, 60_000)
      afterAll(() => opened?.close())
      suite(lazily(name, () => opened))
    })
  }
}

/** Both, unless this run is about the server's version only: PGlite has none to choose. */
function databases(): readonly TestDatabase['name'][] {
  const chosen = inject('databases' as never) as readonly TestDatabase['name'][] | undefined
  return chosen ?? ['pglite', 'postgres']
}

function serverUrl(): string {
  const url = inject('postgresUrl' as never) as string | undefined
  if (url === undefined)
    throw new Error('No PostgreSQL: the global setup of this run provided no postgresUrl.')
  return url
}

/** The database that will be open once the tests run. */
function lazily(name: TestDatabase['name'], get: () => TestDatabase | undefined): TestDatabase {
  return new Proxy({ name } as TestDatabase, {
    get: (target, key) => {
      if (key === 'name') return target.name
      const opened = get()
      if (opened === undefined) throw new Error(`db.${String(key)} is only there while tests run.`)
      return opened[key as keyof TestDatabase]
    },
  })
}
