// One PostgreSQL server for the whole test run, started only when a file that is about to run asks for its URL:
//   import { inject } from 'vitest'
//   const url = inject('postgresUrl')
// LASTRO_POSTGRES=15 runs on that version instead of 18: the oldest that is supported.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../packages/testing/src/postgres.ts'

const NEEDS = /postgresUrl|eachDatabase/

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
    /** The major version that was asked for; a test asserts that it is the one that runs. */
    postgresVersion: string
    /** Where suites for each database run, if not on all: PGlite is the same whatever the server's version. */
    databases: readonly string[]
  }
}

export default async function setup(project: TestProject) {
  if (!(await needsServer(project))) return
  const version = process.env.LASTRO_POSTGRES ?? '18'
  const binaries = version === '18' ? {} : { binaries: await import(`postgres-${version}`) }
  const server = await startPostgres({ fast: true, ...binaries })
  project.provide('postgresUrl', server.url)
  project.provide('postgresVersion', version)
  if (version !== '18') project.provide('databases', ['postgres'])
  return server.stop
}

/** A test file needs the server when it, or a helper in its folder, says `postgresUrl` or `eachDatabase`. */
async function needsServer(project: TestProject): Promise<boolean> {
  const { filenamePattern: pattern } = project.vitest as { filenamePattern?: string[] }
  const { testFiles } = await project.globTestFiles(pattern?.length ? pattern : undefined)
  const folders = new Set(testFiles.map((file) => dirname(file)))
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (name.endsWith('.ts') && NEEDS.test(await readFile(join(folder, name), 'utf8'))) return true
    }
  }
  return false
}
