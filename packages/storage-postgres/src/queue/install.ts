import { LastroError } from '@lastro/core/storage'
import type { Connection, Executor } from '../executors/executor.ts'
import { MIGRATION_TIMEOUTS } from '../executors/executor.ts'
import type { Sql } from '../sql.ts'
import { jobIndexes } from './statements.ts'

/** The version of pg-boss' schema that the pinned pg-boss makes. A test compares it with what it really makes. */
export const JOBS_VERSION = 43

const exists = (jobsSchema: string) => `select to_regclass('"${jobsSchema}".version') is not null as "exists"`
const version = (jobsSchema: string) => `select version from "${jobsSchema}".version`

/**
 * Brings pg-boss' schema up to date with pg-boss' own statements, and adds our indexes.
 * @throws LastroError `storage_from_future`
 */
export async function installJobs(executor: Executor, jobsSchema: string): Promise<void> {
  const later = await executor.transaction((sql) => installInside(sql, jobsSchema), MIGRATION_TIMEOUTS)
  // Builds of indexes that lock nothing, which may not run inside a transaction.
  for (const statement of later) await executor.autocommit.script(statement)
}

async function installInside(sql: Connection, jobsSchema: string): Promise<readonly string[]> {
  await sql.script(`select pg_advisory_xact_lock(7051205)`)
  const found = await versionFound(sql, jobsSchema)
  if (found > JOBS_VERSION) throw new LastroError('storage_from_future', { found, known: JOBS_VERSION })
  const plan = found === JOBS_VERSION ? null : await planFrom(found, jobsSchema)
  if (plan !== null) await sql.script(plan.inside)
  await sql.script(jobIndexes(jobsSchema))
  return plan?.afterwards ?? []
}

/** pg-boss' plan, without the transaction that it brings along: it runs in ours. */
async function planFrom(found: number, jobsSchema: string) {
  const boss = await import('pg-boss')
  const text = found === 0 ? boss.getConstructionPlans(jobsSchema) : boss.getMigrationPlans(jobsSchema, found)
  const [, inside = '', rest = ''] = /^\s*BEGIN;(.*)\n\s*COMMIT;(.*)$/s.exec(text) ?? []
  if (inside === '') throw new Error('The plan of this version of pg-boss has another form than expected.')
  const statements = rest.split(';').map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
  return { inside, afterwards: statements.filter((statement) => statement !== '') }
}

/**
 * Refuses a queue whose schema is not exactly at our version.
 * @throws LastroError `storage_not_migrated`, `storage_from_future`
 */
export async function checkJobs(sql: Sql, jobsSchema: string): Promise<void> {
  const found = await versionFound(sql, jobsSchema)
  if (found > JOBS_VERSION) throw new LastroError('storage_from_future', { found, known: JOBS_VERSION })
  if (found < JOBS_VERSION) throw new LastroError('storage_not_migrated', { found, expected: JOBS_VERSION })
}

async function versionFound(sql: Sql, jobsSchema: string): Promise<number> {
  const [installed] = await sql.query<{ exists: boolean }>(exists(jobsSchema))
  if (!installed?.exists) return 0
  const [row] = await sql.query<{ version: number }>(version(jobsSchema))
  return row?.version ?? 0
}
