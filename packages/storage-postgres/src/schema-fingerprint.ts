import { fingerprint } from './migrate.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { JOBS_VERSION } from './queue/install.ts'
import { jobIndexes } from './queue/statements.ts'

/** Changes with every change of the schema: the name under which tests may cache a migrated database. */
export function schemaFingerprint(): string {
  const jobs = { number: JOBS_VERSION, name: 'jobs', sql: `${JOBS_VERSION} ${jobIndexes('lastro_jobs')}` }
  return fingerprint([...MIGRATIONS, jobs])
}
