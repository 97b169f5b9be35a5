import { createHash } from 'node:crypto'
import { LastroError } from '@lastro/core/storage'
import { type Connection, type Executor, MIGRATION_TIMEOUTS } from './executors/executor.ts'
import type { Migration, Sql } from './sql.ts'

/** What a step of the schema was when it ran. */
interface AppliedRow {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

/** Any number: migrating processes meet here before the table that they lock exists. */
const MEETING_POINT = 7_051_203

/** Oldest PostgreSQL whose features our statements use: `min` of transaction ids came with 15. */
const MIN_SERVER = 150_000

const SERVER = `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`

const EXISTS = `select to_regclass('lastro.migration') is not null as "exists"`

const LIST = 'select number, name, checksum from lastro.migration order by number'

const INSERT = `
  insert into lastro.migration (number, name, checksum, applied_at)
  values ($1::int, $2::text, $3::text, $4::text::timestamptz)`

const createTable = (schema: string) => `
  create schema if not exists "${schema}";
  create table if not exists lastro.migration (
    number int primary key check (number > 0),
    name text not null,
    checksum text not null,
    applied_at timestamptz not null
  );
  lock table lastro.migration in exclusive mode`

/** Brings one schema up to date. */
export interface MigrateOptions {
  readonly schema: string
  readonly migrations: readonly Migration[]
  readonly now: () => Date
}

/**
 * Applies the steps that are missing, each in its own transaction. Processes that migrate at once wait for each other.
 * @throws LastroError `storage_from_future`, `storage_migration_changed`
 */
export async function migrate(
  executor: Executor,
  options: MigrateOptions,
): Promise<{ readonly from: number; readonly to: number }> {
  await checkServer(executor.autocommit)
  let from: number | null = null
  for (;;) {
    const step = await executor.transaction((sql) => applyNext(sql, options), MIGRATION_TIMEOUTS)
    from ??= step.found
    if (step.isDone) return { from, to: step.found }
  }
}

async function checkServer(sql: Sql): Promise<void> {
  const [server] = await sql.query<{ number: number; name: string }>(SERVER)
  if (server !== undefined && server.number >= MIN_SERVER) return
  throw new Error(`PostgreSQL 15 or later is needed; this server is ${server?.name}.`)
}

async function applyNext(sql: Connection, { schema, migrations, now }: MigrateOptions) {
  await sql.script(`select pg_advisory_xact_lock(${MEETING_POINT})`)
  await sql.script(createTable(schema))
  const found = await foundIn(sql, migrations)
  const next = migrations.find((migration) => migration.number > found)
  if (next === undefined) return { found, isDone: true }
  if (next.sql.trim() !== '') await sql.script(next.sql)
  await sql.query(INSERT, [next.number, next.name, checksumOf(next), now().toISOString()])
  return { found, isDone: false }
}

/**
 * Refuses a database that is not exactly at the last of these steps.
 * @throws LastroError `storage_not_migrated`, `storage_from_future`, `storage_migration_changed`
 */
export async function checkMigrated(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  const [row] = await sql.query<{ exists: boolean }>(EXISTS)
  const found = row?.exists ? await foundIn(sql, migrations) : 0
  const expected = lastNumber(migrations)
  if (found < expected) throw new LastroError('storage_not_migrated', { found, expected })
}

async function foundIn(sql: Sql, migrations: readonly Migration[]): Promise<number> {
  const applied = await sql.query<AppliedRow>(LIST)
  const found = applied.at(-1)?.number ?? 0
  const known = lastNumber(migrations)
  if (found > known) throw new LastroError('storage_from_future', { found, known })
  for (const row of applied) {
    const migration = migrations.find(({ number }) => number === row.number)
    if (migration === undefined || checksumOf(migration) !== row.checksum) {
      throw new LastroError('storage_migration_changed', { number: row.number, name: row.name })
    }
  }
  return found
}

const lastNumber = (migrations: readonly Migration[]): number => migrations.at(-1)?.number ?? 0

function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex')
}

/** Changes with every change of a step: the name under which a migrated database may be cached. */
export function fingerprint(migrations: readonly Migration[]): string {
  return createHash('sha256').update(migrations.map(checksumOf).join(' ')).digest('hex').slice(0, 16)
}
