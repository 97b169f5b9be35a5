import type { Clock } from '@lastro/core/spec'
import type { Connection } from '../executors/executor.ts'

/** A clock that tells when it is moved, such as the manual clock of `@lastro/testing`. */
export interface MovedClock extends Clock {
  follow(listener: (now: Date) => Promise<void>): Promise<() => void>
}

/** True for a clock that a test moves. */
export function isMoved(clock: Clock): clock is MovedClock {
  return 'follow' in clock && typeof clock.follow === 'function'
}

/** All SQL of the queue reads this function, pg-boss' own too. */
const readTime = (jobsSchema: string, body: string) => `
create or replace function "${jobsSchema}".job_now() returns timestamp with time zone as $$
  ${body}
$$ language sql stable`

/** Makes the queue's time in SQL follow a moved clock. Answers what ends it. */
export async function followClock(
  sql: Connection,
  { jobsSchema, clock }: { readonly jobsSchema: string; readonly clock: MovedClock },
): Promise<() => void> {
  const table = `"${jobsSchema}".lastro_clock`
  await sql.script(`
    create table if not exists ${table} (only_row boolean primary key check (only_row), now timestamptz not null);
    ${readTime(jobsSchema, `select coalesce((select c.now from ${table} c limit 1), pg_catalog.now())`)}`)
  const set = `
    insert into ${table} (only_row, now) values (true, $1::text::timestamptz)
    on conflict (only_row) do update set now = excluded.now`
  return clock.follow(async (now) => {
    await sql.query(set, [now.toISOString()])
  })
}

/** Gives a database that followed a moved clock the real time back. */
export async function endFollowedTime(sql: Connection, jobsSchema: string): Promise<void> {
  const [row] = await sql.query<{ exists: boolean }>(
    `select to_regclass('"${jobsSchema}".lastro_clock') is not null as "exists"`,
  )
  if (!row?.exists) return
  await sql.script(`
    ${readTime(jobsSchema, 'SELECT pg_catalog.now();')};
    drop table "${jobsSchema}".lastro_clock`)
}
